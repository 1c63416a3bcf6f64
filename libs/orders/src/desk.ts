/** Accepts the orders of one connector: stores each order once and returns its response in time. */
import {
  decodeId,
  ORDER_KINDS,
  UnavailableError,
  type OrderKind,
  type OrderRequest,
} from '@tributary/connector-api';
import { unprocessable } from '@tributary/connector-api/contract';
import type { NewOrder, OrderChange, StoredOrder } from '@tributary/feed';
import type { Answers } from './answers.js';
import { checkLimits } from './limits.js';
import { OURS } from './order-details.js';
import type { OrderLedger } from './order-ledger.js';
import { createMethod } from './psp-calls.js';
import { orderId, pspKey } from './order-names.js';
import { canonicalRequest } from './order-request.js';
import type { OrdersContext } from './orders-context.js';
import { answeredAgain } from './publication.js';
import type { OrderWorker } from './worker.js';

/**
 * Delays in ms between two reads of the store while a request waits for a response that another process may store. The delay
 * doubles up to the maximum.
 */
const FIRST_LOOK = 100;
const LONGEST_LOOK = 1_000;
/** Extra time in ms for the store to write a response that is due. After it the client gets an error and must send the order again. */
const OVERTIME = 400;
const TOO_SLOW =
  'the store is too slow for the orders that come in: this one may have been taken; send it again with the same idempotencyKey';
/** The process that stored a new order starts it at once. Another process may start it after this delay in ms. */
const HEAD_START = 2_000;

/** Accepts orders and waits for their responses. One instance serves one connector. */
export class OrderDesk {
  /** Kinds of orders that the plugin can create. */
  readonly kinds: ReadonlySet<OrderKind>;

  constructor(
    private readonly ledger: OrderLedger,
    private readonly worker: OrderWorker,
    private readonly answers: Answers,
    private readonly context: OrdersContext,
  ) {
    const { psp } = ledger.connector;
    this.kinds = new Set(ORDER_KINDS.filter((kind) => psp[createMethod(kind)] !== undefined));
  }

  /**
   * Stores an order, starts its execution and waits for its response.
   * @returns a JSON object of the contract's type `Payout` or `Transfer`. The same key and request always return the same bytes.
   * @throws ContractError 422 when the key was used for another request, or when an account id was never served
   * @throws UnavailableError when the store is too slow to accept the order or to write its response in time
   */
  pay(kind: OrderKind, request: OrderRequest): Promise<string> {
    const { clock, pace } = this.context;
    const until = clock.now() + pace.answerWithin;
    const answer = this.take(kind, request, until);
    return new Promise((resolve, reject) => {
      const cancel = clock.after(pace.answerWithin + OVERTIME, () => reject(new UnavailableError(TOO_SLOW)));
      void answer.then(resolve, reject).finally(cancel);
    });
  }

  private async take(kind: OrderKind, request: OrderRequest, until: number): Promise<string> {
    const order = this.newOrder(kind, request);
    const received = await this.ledger.receive(order, (takenToday) => this.begin(order, request, takenToday));
    if (received.order.request !== order.request) throw keyWasUsed(request.idempotencyKey);
    if (received.fresh) return this.answerFirst(received.order, until);
    if (received.order.answer !== undefined) return this.answerAgain(received.order);
    // A load balancer may have sent the same client here after another gateway stopped responding. Its timeout runs from the first request.
    const due = Math.min(until, received.order.createdAt + this.context.pace.answerWithin);
    return (await this.wait(received.order.id, due, true)) ?? this.answerNow(received.order.id);
  }

  private newOrder(kind: OrderKind, request: OrderRequest): NewOrder {
    const { path, terms } = this.ledger.connector;
    const { idempotencyKey, amount } = request;
    for (const id of [request.sourceAccountId, request.destinationAccountId]) {
      if (decodeId(id) === undefined) throw unservable(`the id ${JSON.stringify(id)} was never served`);
    }
    return {
      id: orderId(path, idempotencyKey),
      idempotencyKey,
      pspKey: pspKey(path, idempotencyKey, terms.key),
      kind,
      request: canonicalRequest(kind, request),
      amount: amount.amount,
      asset: amount.asset,
      createdAt: this.context.clock.now(),
    };
  }

  private begin(
    order: NewOrder,
    { destinationAccountId, amount }: OrderRequest,
    takenToday: bigint,
  ): OrderChange {
    const limited = { kind: order.kind, amount, destinationAccountId, takenToday };
    const refusal = checkLimits(limited, this.ledger.connector.limits);
    if (!refusal) return { set: { state: 'received', nextAt: order.createdAt + HEAD_START }, event: 'taken' };
    const details = JSON.stringify({ reason: { by: OURS, ...refusal } });
    return { set: { state: 'failed', details }, event: `a limit refused it: ${refusal.message}` };
  }

  private async answerFirst(order: StoredOrder, until: number): Promise<string> {
    if (order.answer !== undefined) return order.answer;
    // The execution is not awaited: the response can be due before the PSP has responded.
    void this.worker.work(order.id);
    return (await this.wait(order.id, until, false)) ?? this.answerNow(order.id);
  }

  /**
   * Waits for the response to an order.
   * @param elsewhere whether the store is polled too, because another process may store the response
   * @returns `undefined` when the time is over
   */
  private wait(id: string, until: number, elsewhere: boolean): Promise<string | undefined> {
    const { clock } = this.context;
    return new Promise((resolve, reject) => {
      let ended = false;
      let cancelLook = () => {};
      const end = (answer?: string) => {
        ended = true;
        stopWaiting();
        cancelDeadline();
        cancelLook();
        resolve(answer);
      };
      const look = (pause: number) => {
        const again = (answer?: string) => {
          if (answer !== undefined) end(answer);
          else if (!ended) look(Math.min(pause * 2, LONGEST_LOOK));
        };
        const ask = () => void this.ledger.find(id).then((order) => again(order?.answer), reject);
        cancelLook = clock.after(pause, ask);
      };
      const stopWaiting = this.answers.await(id, end);
      const cancelDeadline = clock.after(until - clock.now(), () => end());
      // Polling also helps when this process executes the order: the response may have been stored before the registration above.
      if (elsewhere) look(FIRST_LOOK);
    });
  }

  /** Stores a response from what is known now. If another process has stored one meanwhile, returns that one. */
  private async answerNow(id: string): Promise<string> {
    const order = await this.ledger.answer(id);
    if (order?.answer === undefined)
      throw new Error(`order ${id} was stored, and has no answer when it is due`);
    return order.answer;
  }

  /** Returns the stored response, and records when it was returned. */
  private async answerAgain({ id, answer = '' }: StoredOrder): Promise<string> {
    await this.ledger.change(id, () => answeredAgain(this.context.clock.now()));
    return answer;
  }
}

function keyWasUsed(key: string) {
  return unprocessable(
    'Idempotency key already used',
    `The idempotencyKey ${JSON.stringify(key.slice(0, 100))} belongs to another order of this connector: its body was different, ` +
      'or it was of the other kind. Nothing was sent for this request; use a new key for a new order.',
  );
}

function unservable(reason: string) {
  return unprocessable('Invalid order', `${reason}. Nothing was stored, and nothing was sent.`);
}
