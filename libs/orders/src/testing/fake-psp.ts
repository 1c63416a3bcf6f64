/**
 * A fake PSP for tests. It stores payments, recognises repeats by the idempotency key, and handles each attempt as the script of the test
 * defines.
 */
import {
  PspError,
  type Order,
  type OrderResult,
  type OrderStatus,
  type PspClient,
} from '@tributary/connector-api';

export interface FakePayment {
  id: string;
  key: string;
  status: OrderStatus;
  reason?: { code: string; message: string };
}

/**
 * The behaviour of the fake PSP for one attempt. To execute the payment before it returns or throws, a script calls `psp.executePayment`.
 */
export type AttemptScript = (order: Order, psp: FakePsp) => Promise<OrderResult> | OrderResult;

export class FakePsp implements PspClient {
  /** The payments that were executed. Two payments with the same key mean that the money left twice. */
  readonly payments: FakePayment[] = [];
  /** The idempotency keys of all attempts that reached the PSP. */
  readonly attemptedKeys: string[] = [];
  /** The idempotency keys of all lookups. */
  readonly lookedUpKeys: string[] = [];
  /** The scripts of the next attempts, in sequence. Attempts without a script succeed. */
  attemptScripts: AttemptScript[] = [];
  /** The scripts of the next lookups, in sequence. Lookups without a script return the payment, if it exists. */
  lookupScripts: ((order: Order) => Promise<OrderResult | undefined> | OrderResult | undefined)[] = [];
  /** True if an attempt with a key that was used before returns the first payment. */
  recognizesRepeats = true;
  /** Status of a new payment. */
  initialStatus: OrderStatus = 'SUCCEEDED';
  findOrder: PspClient['findOrder'] = async (order) => {
    this.lookedUpKeys.push(order.idempotencyKey);
    const script = this.lookupScripts.shift();
    if (script) return script(order);
    const payment = this.payments.find(({ key }) => key === order.idempotencyKey);
    return payment && toOrderResult(payment);
  };

  async *accounts() {}
  async *transactions() {}

  createPayout = async (order: Order): Promise<OrderResult> => {
    this.attemptedKeys.push(order.idempotencyKey);
    const script = this.attemptScripts.shift();
    return script ? script(order, this) : this.executePayment(order);
  };

  createTransfer = this.createPayout;

  executePayment({ idempotencyKey }: Order, status = this.initialStatus): OrderResult {
    const known = this.recognizesRepeats
      ? this.payments.find((payment) => payment.key === idempotencyKey)
      : undefined;
    if (known) return toOrderResult(known);
    const payment: FakePayment = { id: `psp-${this.payments.length + 1}`, key: idempotencyKey, status };
    this.payments.push(payment);
    return toOrderResult(payment);
  }

  setStatus(key: string, status: OrderStatus, reason?: FakePayment['reason']): void {
    const payment = this.payments.find((each) => each.key === key);
    if (!payment) throw new Error(`nothing was paid with ${key}`);
    payment.status = status;
    if (reason) payment.reason = reason;
  }
}

function toOrderResult({ id, status, reason }: FakePayment): OrderResult {
  return { id, status, ...(reason ? { reason } : {}), metadata: { 'com.fake.spec/seen': 'yes' } };
}

/** Executes the payment, and then closes the connection without a response. */
export const executeAndDropConnection: AttemptScript = (order, psp) => {
  psp.executePayment(order);
  throw new PspError('unknown-outcome', 'the connection was reset');
};

export const dropConnection: AttemptScript = () => {
  throw new PspError('unavailable', 'the connection was reset');
};

export const declineOrder: AttemptScript = () => {
  throw new PspError('rejected', 'insufficient funds', { status: 402 });
};

export const answerRateLimited =
  (retryAfterMs: number): AttemptScript =>
  () => {
    throw new PspError('rate-limited', 'too many requests', { status: 429, retryAfterMs });
  };

export const failWithUnauthorized: AttemptScript = () => {
  throw new PspError('unauthorized', 'the token has expired', { status: 401 });
};
