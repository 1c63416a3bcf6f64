/** Checks of faults while an order is submitted: it is paid once, with its own key, and an unknown outcome is reported as unknown. */
import type { PspErrorKind } from '../../../errors.js';
import type { Plugin } from '../../../plugin.js';
import type { Fault } from '../../fault-injection.js';
import { expectThat, fail, requireFixturePart } from '../assertions.js';
import type { Check } from '../check.js';
import { expectPayments, forEachOrderKind } from '../order-harness.js';
import type { OrderHarness } from '../order-harness.js';
import { expectPspError, expectErrorKind } from '../expect-psp-error.js';

/** Real timeout of requests, and real delay of responses, in checks of slow responses (ms). */
const SHORT_TIMEOUT_MS = 150;
const SLOW_RESPONSE_MS = 600;

/** Kinds after which the gateway assumes that the PSP may have received the order. */
const UNKNOWN_OUTCOME_KINDS: readonly PspErrorKind[] = ['unknown-outcome', 'unavailable'];

interface FaultCase {
  name: string;
  fault: Fault;
  kinds: readonly PspErrorKind[];
  /** Tells whether the PSP executed the payment despite the fault. */
  isPaid: boolean;
}

const FAULT_CASES: readonly FaultCase[] = [
  { name: 'an answer that is lost', fault: 'answer-lost', kinds: UNKNOWN_OUTCOME_KINDS, isPaid: true },
  { name: 'an answer that is cut off', fault: 'truncated', kinds: UNKNOWN_OUTCOME_KINDS, isPaid: true },
  { name: 'JSON that ends in the middle', fault: 'broken-json', kinds: UNKNOWN_OUTCOME_KINDS, isPaid: true },
  {
    name: 'an answer that is too slow',
    fault: { delayMs: SLOW_RESPONSE_MS },
    kinds: UNKNOWN_OUTCOME_KINDS,
    isPaid: true,
  },
  { name: 'a connection that is reset', fault: 'reset', kinds: UNKNOWN_OUTCOME_KINDS, isPaid: false },
  { name: '500', fault: { status: 500 }, kinds: UNKNOWN_OUTCOME_KINDS, isPaid: false },
  { name: 'HTML instead of JSON', fault: 'html', kinds: UNKNOWN_OUTCOME_KINDS, isPaid: false },
  { name: '401', fault: { status: 401 }, kinds: ['unauthorized'], isPaid: false },
  { name: '403', fault: { status: 403 }, kinds: ['unauthorized', 'rejected'], isPaid: false },
  { name: '429', fault: { status: 429, retryAfter: '3600' }, kinds: ['rate-limited'], isPaid: false },
];

/** Faults that make a lookup impossible. */
const LOOKUP_FAULTS: readonly Fault[] = [
  { status: 500 },
  { status: 401 },
  { status: 429 },
  'reset',
  'truncated',
  'html',
];

export const ORDER_FAULT_CHECKS: readonly Check[] = [
  ...FAULT_CASES.map((one) =>
    createOrderCheck(`order faults: ${one.name}`, (orderHarness) => runFaultCase(orderHarness, one)),
  ),
  createOrderCheck(
    'order faults: findOrder never takes a PSP that cannot be asked for one that knows nothing',
    async (orderHarness) => {
      const { psp, harness } = orderHarness;
      if (psp.findOrder === undefined) return;
      const { fake } = requireFixturePart(harness.fixture.http, 'http');
      const order = orderHarness.createOrder();
      const { id } = await orderHarness.submit(order);
      for (const fault of LOOKUP_FAULTS) {
        fake.injectFault({ fault, times: Infinity });
        const find = () => psp.findOrder!({ ...order, pspId: id });
        await expectPspError(
          find,
          ['unauthorized', 'rate-limited', 'unavailable', 'unknown-outcome'],
          `findOrder that met ${JSON.stringify(fault)}`,
        );
        fake.clearFaults();
      }
    },
  ),
];

async function runFaultCase(
  orderHarness: OrderHarness,
  { name, fault, kinds, isPaid }: FaultCase,
): Promise<void> {
  const { harness, fixture, psp } = orderHarness;
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  const order = orderHarness.createOrder();
  fake.injectFault({
    fault,
    ...requireFixturePart(fixture.submitRequest, 'orders.submitRequest'),
    times: Infinity,
  });
  if (typeof fault === 'object' && 'delayMs' in fault) harness.clock.timeoutOverrideMs = SHORT_TIMEOUT_MS;
  await expectPspError(() => orderHarness.submit(order), kinds, `an order that met ${name}`);
  harness.clock.timeoutOverrideMs = undefined;
  fake.clearFaults();
  await expectPayments(orderHarness, isPaid ? [order] : [], `after ${name}`);
  if (psp.findOrder) {
    const found = await psp.findOrder(order);
    expectThat(
      (found !== undefined) === isPaid,
      `after ${name} the order was ${isPaid ? 'paid' : 'not paid'}, but findOrder finds ${found?.status ?? 'nothing'}`,
    );
  }
  // The gateway resends the order next, while the PSP's idempotency window lasts.
  await orderHarness.submit(order).catch((thrown: unknown) => {
    const again = `the same order again, after ${name}`;
    if (!isPaid) fail(`${again}: expected it to be taken now, found ${String(thrown)}`);
    expectErrorKind(thrown, UNKNOWN_OUTCOME_KINDS, again);
  });
  await expectPayments(orderHarness, [order], `the same order again, after ${name}`);
}

function createOrderCheck(name: string, run: (orderHarness: OrderHarness) => Promise<void>): Check {
  return {
    name,
    appliesTo: (plugin: Plugin) => plugin.orders !== undefined,
    run: (context) => forEachOrderKind(context, run),
  };
}
