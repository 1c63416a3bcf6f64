/** Checks of faults while an order is submitted: it is paid once, with its own key, and an unknown outcome is reported as unknown. */
import type { PspErrorKind } from '../../../errors.js';
import type { Plugin } from '../../../plugin.js';
import type { Fault } from '../../fake-faults.js';
import { expectThat, fail, given } from '../assertions.js';
import type { Check } from '../check.js';
import { expectPaid, forEachKind } from '../orders.js';
import type { Desk } from '../orders.js';
import { expectError, expectKind } from '../psp-errors.js';

/** Real timeout of requests, and real delay of responses, in checks of slow responses (ms). */
const SHORT_DEADLINE = 150;
const SLOW = 600;

/** Kinds after which the gateway assumes that the PSP may have received the order. */
const UNKNOWN: readonly PspErrorKind[] = ['unknown-outcome', 'unavailable'];

interface FaultCase {
  name: string;
  fault: Fault;
  kinds: readonly PspErrorKind[];
  /** Tells whether the PSP executed the payment despite the fault. */
  paid: boolean;
}

const CASES: readonly FaultCase[] = [
  { name: 'an answer that is lost', fault: 'answer-lost', kinds: UNKNOWN, paid: true },
  { name: 'an answer that is cut off', fault: 'truncated', kinds: UNKNOWN, paid: true },
  { name: 'JSON that ends in the middle', fault: 'broken-json', kinds: UNKNOWN, paid: true },
  { name: 'an answer that is too slow', fault: { slow: SLOW }, kinds: UNKNOWN, paid: true },
  { name: 'a connection that is reset', fault: 'reset', kinds: UNKNOWN, paid: false },
  { name: '500', fault: { status: 500 }, kinds: UNKNOWN, paid: false },
  { name: 'HTML instead of JSON', fault: 'html', kinds: UNKNOWN, paid: false },
  { name: '401', fault: { status: 401 }, kinds: ['unauthorized'], paid: false },
  { name: '403', fault: { status: 403 }, kinds: ['unauthorized', 'rejected'], paid: false },
  { name: '429', fault: { status: 429, retryAfter: '3600' }, kinds: ['rate-limited'], paid: false },
];

/** Faults that make a lookup impossible. */
const DEAF: readonly Fault[] = [
  { status: 500 },
  { status: 401 },
  { status: 429 },
  'reset',
  'truncated',
  'html',
];

export const ORDER_FAULT_CHECKS: readonly Check[] = [
  ...CASES.map((one) => check(`order faults: ${one.name}`, (desk) => meet(desk, one))),
  check(
    'order faults: findOrder never takes a PSP that cannot be asked for one that knows nothing',
    async (desk) => {
      const { psp, scene } = desk;
      if (psp.findOrder === undefined) return;
      const { fake } = given(scene.world.http, 'http');
      const order = desk.order();
      const { id } = await desk.pay(order);
      for (const fault of DEAF) {
        fake.plan({ fault, times: Infinity });
        const find = () => psp.findOrder!({ ...order, pspId: id });
        await expectError(
          find,
          ['unauthorized', 'rate-limited', 'unavailable', 'unknown-outcome'],
          `findOrder that met ${JSON.stringify(fault)}`,
        );
        fake.clearFaults();
      }
    },
  ),
];

async function meet(desk: Desk, { name, fault, kinds, paid }: FaultCase): Promise<void> {
  const { scene, world, psp } = desk;
  const { fake } = given(scene.world.http, 'http');
  const order = desk.order();
  fake.plan({ fault, ...given(world.request, 'orders.request'), times: Infinity });
  if (typeof fault === 'object' && 'slow' in fault) scene.clock.shortDeadline = SHORT_DEADLINE;
  await expectError(() => desk.pay(order), kinds, `an order that met ${name}`);
  scene.clock.shortDeadline = undefined;
  fake.clearFaults();
  await expectPaid(desk, paid ? [order] : [], `after ${name}`);
  if (psp.findOrder) {
    const found = await psp.findOrder(order);
    expectThat(
      (found !== undefined) === paid,
      `after ${name} the order was ${paid ? 'paid' : 'not paid'}, but findOrder finds ${found?.status ?? 'nothing'}`,
    );
  }
  // The gateway resends the order next, while the PSP's idempotency window lasts.
  await desk.pay(order).catch((thrown: unknown) => {
    const again = `the same order again, after ${name}`;
    if (!paid) fail(`${again}: expected it to be taken now, found ${String(thrown)}`);
    expectKind(thrown, UNKNOWN, again);
  });
  await expectPaid(desk, [order], `the same order again, after ${name}`);
}

function check(name: string, run: (desk: Desk) => Promise<void>): Check {
  return {
    name,
    concerns: (plugin: Plugin) => plugin.orders !== undefined,
    run: (trial) => forEachKind(trial, run),
  };
}
