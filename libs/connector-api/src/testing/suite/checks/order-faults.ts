/**
 * Checks of faults while an order is submitted. The order must be paid only once, with its own key. If its outcome is unknown, the plugin
 * must report this.
 */
import type { PspErrorKind } from '../../../errors.js';
import { JsonNumber } from '../../../http/json-number.js';
import { isRequestOf } from '../../fake-route.js';
import type { Fault } from '../../fault-injection.js';
import { expectThat, failCheck, requireFixturePart } from '../assertions.js';
import type { Check } from '../check.js';
import { createOrderCheck, expectPayments } from '../order-harness.js';
import type { OrderHarness } from '../order-harness.js';
import { changeJsonProperties, changeJsonValues } from '../change-json-properties.js';
import { expectPspError, expectErrorKind } from '../expect-psp-error.js';
import { ORDER_LOOKUP_FAULT_CHECKS } from './order-lookup-faults.js';

/**
 * The timeout of requests and the delay of responses in checks of slow responses, in ms. Both are real time, in contrast to the manual
 * clock.
 */
const SHORT_TIMEOUT_MS = 150;
const SLOW_RESPONSE_MS = 600;
const SECOND_MS = 1000;

/** The kinds of error after which the gateway assumes that the PSP may have received the order. */
const UNKNOWN_OUTCOME_KINDS: readonly PspErrorKind[] = ['unknown-outcome', 'unavailable'];

interface FaultCase {
  name: string;
  fault: Fault;
  kinds: readonly PspErrorKind[];
  /** Whether the PSP executed the payment despite the fault. */
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

/** Faults because of which an order cannot be looked up. */
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
  createOrderCheck('order faults: an unknown status', expectUnknownStatusIsPending),
  createOrderCheck('order faults: an error code of another type', expectCodesOfAnyType),
  createOrderCheck('order faults: the error for a repeated order has another text', expectErrorsOfAnyText),
  createOrderCheck('order faults: a bank changes the text that contains the key', expectKeyInChangedText),
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
  ...ORDER_LOOKUP_FAULT_CHECKS,
];

/** The names that the property with the status of a payment can have. */
const STATUS_NAMES = ['status', 'state'];
/** The names that the property with the code of an error can have. */
const CODE_NAMES = ['code', 'error_code', 'errorCode'];

/**
 * Checks that an order with an unknown status is PENDING, and that the plugin still returns the order's id. A PSP can add new statuses
 * later.
 */
async function expectUnknownStatusIsPending(orderHarness: OrderHarness): Promise<void> {
  const { harness, fixture } = orderHarness;
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  const submitRequest = requireFixturePart(fixture.submitRequest, 'orders.submitRequest');
  fake.transformResponse = (request, body) =>
    isRequestOf(submitRequest, request)
      ? changeJsonProperties(body, STATUS_NAMES, (value) =>
          typeof value === 'string' ? 'a-status-of-2040' : value,
        )
      : body;
  const order = orderHarness.createOrder();
  const { id, status } = await orderHarness.submit(order);
  fake.transformResponse = undefined;
  expectThat(id !== '' && status === 'PENDING', `an order with an unknown status is ${status}`);
  await expectPayments(orderHarness, [order], 'an order with an unknown status');
}

/** Checks that an error code has the same meaning as a string and as a number. */
async function expectCodesOfAnyType(orderHarness: OrderHarness): Promise<void> {
  const { harness } = orderHarness;
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  fake.transformResponse = (_request, body) => changeJsonProperties(body, CODE_NAMES, changeTypeOfCode);
  const order = orderHarness.createOrder();
  const first = await orderHarness.submit(order);
  const again = await orderHarness.submit({ ...order, pspId: first.id }).catch((thrown: unknown) => {
    expectErrorKind(thrown, UNKNOWN_OUTCOME_KINDS, 'the same order again, with the code of another type');
    return first;
  });
  expectThat(
    again.id === first.id && again.status !== 'FAILED',
    `the same order again, with the code of another type, is ${again.id} ${again.status}; it was ${first.id}`,
  );
  await expectPayments(orderHarness, [order], 'the same order twice, with the code of another type');
}

/** Two words. Codes and ids consist of one word. */
const TEXT_PATTERN = /[a-z] [a-z]/i;

/**
 * Checks that a repeated order does not count as rejected if the PSP declines it with another text than usual. The first order may have been paid, and a PSP can change
 * its texts at any time.
 */
async function expectErrorsOfAnyText(orderHarness: OrderHarness): Promise<void> {
  const { harness, fixture } = orderHarness;
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  const submitRequest = requireFixturePart(fixture.submitRequest, 'orders.submitRequest');
  const order = orderHarness.createOrder();
  const first = await orderHarness.submit(order);
  const isText = (value: unknown) =>
    typeof value === 'string' && TEXT_PATTERN.test(value) && !value.includes(order.idempotencyKey);
  fake.transformResponse = (request, body) =>
    isRequestOf(submitRequest, request)
      ? changeJsonValues(body, (value) => (isText(value) ? 'Other words of 2040.' : value))
      : body;
  const again = await orderHarness.submit({ ...order, pspId: first.id }).catch((thrown: unknown) => {
    expectErrorKind(thrown, UNKNOWN_OUTCOME_KINDS, 'the same order again, with an error of another text');
    return first;
  });
  fake.transformResponse = undefined;
  expectThat(
    again.id === first.id && again.status !== 'FAILED',
    `the same order again, with an error of another text, is ${again.id} ${again.status}; it was ${first.id}`,
  );
  await expectPayments(orderHarness, [order], 'the same order twice, with an error of another text');
}

/**
 * Checks that a plugin finds an order by a key in a text, although a bank has broken the text into lines and converted it to upper case. A
 * key in a separate property is not changed.
 */
async function expectKeyInChangedText(orderHarness: OrderHarness): Promise<void> {
  const { harness } = orderHarness;
  const { fake, listingRequest } = requireFixturePart(harness.fixture.http, 'http');
  const order = orderHarness.createOrder();
  const { idempotencyKey: key } = order;
  await orderHarness.submit(order);
  const isRecognised = async () => {
    harness.clock.advance(harness.timings.detectionDelayMs + SECOND_MS);
    const feed = await harness.readFromStart('transactions');
    return feed.getTransactions().some(({ orderKey }) => orderKey === key);
  };
  // If the order is still found without the key, the plugin recognises it by the PSP's id, so the check does not apply.
  if (!(await isRecognised())) return;
  const half = key.length / 2;
  const changed = `${key.slice(0, half)} ${key.slice(half)}`.toUpperCase();
  fake.transformResponse = (request, body) =>
    isRequestOf(listingRequest, request)
      ? changeJsonValues(body, (value) =>
          typeof value === 'string' && value !== key ? value.replace(key, changed) : value,
        )
      : body;
  const isStillRecognised = await isRecognised();
  fake.transformResponse = undefined;
  expectThat(
    isStillRecognised,
    `no transaction has the orderKey of the order when its text contains "${changed}": find the key with extractOrderKey`,
  );
}

function changeTypeOfCode(value: unknown): unknown {
  if (value instanceof JsonNumber) return value.source;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && /^[1-9]\d*$/.test(value) ? new JsonNumber(value) : value;
}

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
  if (psp.findOrder && harness.plugin.orders?.findsOrdersByIdOnly !== true) {
    const found = await psp.findOrder(order);
    expectThat(
      (found !== undefined) === isPaid,
      `after ${name} the order was ${isPaid ? 'paid' : 'not paid'}, but findOrder finds ${found?.status ?? 'nothing'}`,
    );
  }
  // In this case, the gateway sends the order again, as long as the PSP recognises the idempotency key.
  await orderHarness.submit(order).catch((thrown: unknown) => {
    const again = `the same order again, after ${name}`;
    if (!isPaid) failCheck(`${again}: expected it to be taken now, found ${String(thrown)}`);
    expectErrorKind(thrown, UNKNOWN_OUTCOME_KINDS, again);
  });
  await expectPayments(orderHarness, [order], `the same order again, after ${name}`);
}
