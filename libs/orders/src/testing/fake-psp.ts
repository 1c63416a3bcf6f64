/** Fake PSP: stores payments, recognises repeats by the idempotency key, and handles each attempt as the test has scripted. */
import { PspError, type Order, type OrderResult, type OrderStatus, type Psp } from '@tributary/connector-api';

export interface Payment {
  id: string;
  key: string;
  status: OrderStatus;
  reason?: { code: string; message: string };
}

/** Scripted behaviour for one attempt. It can call `psp.pay` to execute the payment before it returns or throws. */
export type Fault = (order: Order, psp: FakePsp) => Promise<OrderResult> | OrderResult;

export class FakePsp implements Psp {
  /** Executed payments. Two payments with the same key mean that money left twice. */
  readonly payments: Payment[] = [];
  /** Idempotency keys of all attempts that reached the PSP. */
  readonly sent: string[] = [];
  /** Idempotency keys of all lookups. */
  readonly looked: string[] = [];
  /** Behaviour of the next attempts. Attempts after these succeed. */
  faults: Fault[] = [];
  /** Behaviour of the next lookups. Lookups after these return the payment, if there is one. */
  looks: ((order: Order) => Promise<OrderResult | undefined> | OrderResult | undefined)[] = [];
  /** Whether a repeat with a known key returns the first payment. */
  remembers = true;
  /** Status of a new payment. */
  first: OrderStatus = 'SUCCEEDED';
  findOrder: Psp['findOrder'] = async (order) => {
    this.looked.push(order.key);
    const look = this.looks.shift();
    if (look) return look(order);
    const payment = this.payments.find(({ key }) => key === order.key);
    return payment && resultOf(payment);
  };

  async *accounts() {}
  async *transactions() {}

  createPayout = async (order: Order): Promise<OrderResult> => {
    this.sent.push(order.key);
    const fault = this.faults.shift();
    return fault ? fault(order, this) : this.pay(order);
  };

  createTransfer = this.createPayout;

  pay({ key }: Order, status = this.first): OrderResult {
    const known = this.remembers ? this.payments.find((payment) => payment.key === key) : undefined;
    if (known) return resultOf(known);
    const payment: Payment = { id: `psp-${this.payments.length + 1}`, key, status };
    this.payments.push(payment);
    return resultOf(payment);
  }

  settle(key: string, status: OrderStatus, reason?: Payment['reason']): void {
    const payment = this.payments.find((each) => each.key === key);
    if (!payment) throw new Error(`nothing was paid with ${key}`);
    payment.status = status;
    if (reason) payment.reason = reason;
  }
}

function resultOf({ id, status, reason }: Payment): OrderResult {
  return { id, status, ...(reason ? { reason } : {}), metadata: { 'com.fake.spec/seen': 'yes' } };
}

/** Executes the payment, then drops the connection. */
export const paysAndDrops: Fault = (order, psp) => {
  psp.pay(order);
  throw new PspError('unknown-outcome', 'the connection was reset');
};

export const drops: Fault = () => {
  throw new PspError('unavailable', 'the connection was reset');
};

export const refuses: Fault = () => {
  throw new PspError('rejected', 'insufficient funds', { status: 402 });
};

export const limits =
  (retryAfter: number): Fault =>
  () => {
    throw new PspError('rate-limited', 'too many requests', { status: 429, retryAfter });
  };

export const lacksPermission: Fault = () => {
  throw new PspError('unauthorized', 'the token has expired', { status: 401 });
};
