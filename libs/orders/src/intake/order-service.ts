/** Accepts the orders of one connector. The service stores each order once, and returns a response within the time limit. */
import {
  decodeId,
  ORDER_KINDS,
  GatewayUnavailableError,
  type OrderKind,
  type OrderRequest,
} from '@tributary/connector-api';
import { createUnprocessableError } from '@tributary/connector-api/contract';
import type { ImmutableOrderFields, OrderChange, StoredOrder } from '@tributary/feed';
import type { PendingResponses } from '../publication/pending-responses.js';
import { checkOrderLimits } from './check-order-limits.js';
import { RESERVED_NAMESPACE } from '../model/stored-order-details.js';
import type { OrderStateWriter } from '../publication/order-state-writer.js';
import { createMethodName } from '../execution/order-plugin-caller.js';
import { deriveOrderId, derivePspKey } from './derive-ids.js';
import { CallDeduplicator } from './call-deduplicator.js';
import { toCanonicalRequest } from '../model/order-request.js';
import type { OrdersContext } from '../runtime/orders-context.js';
import { recordResponseSentAgain } from '../publication/publish-order.js';
import type { OrderWorker } from '../execution/order-worker.js';

/**
 * Delay in ms between two reads of the store while a request waits for a response. The store is read because another process may write the
 * response. The delay doubles up to the maximum.
 */
const INITIAL_RESPONSE_POLL_MS = 100;
const MAX_RESPONSE_POLL_MS = 1_000;
/**
 * Extra time in ms in which the store must write a response that is due. After this time the client gets an error and must send its request
 * again.
 */
const RESPONSE_GRACE_MS = 400;
const STORE_TOO_SLOW_MESSAGE =
  'the store is too slow for the orders that come in: this one may have been taken; send it again with the same idempotencyKey';
const ORDER_LOST_MESSAGE =
  'the store no longer has the order that it had stored, as can happen after a failover: send it again with the same idempotencyKey';
/**
 * Delay in ms after which another process may start a new order. Normally the process that stored the order starts it at once, so the delay
 * matters only if that process died.
 */
const TAKEOVER_DELAY_MS = 2_000;

/** Accepts orders and waits for their responses. One instance serves one connector. */
export class OrderService {
  /** The kinds of orders that the plugin can create. */
  readonly supportedKinds: ReadonlySet<OrderKind>;
  private readonly insertions = new CallDeduplicator<{ order: StoredOrder; fresh: boolean }>();
  private readonly lateResponses = new CallDeduplicator<string>();
  private readonly repeatedResponses = new CallDeduplicator<string>();

  constructor(
    private readonly writer: OrderStateWriter,
    private readonly worker: OrderWorker,
    private readonly pendingResponses: PendingResponses,
    private readonly context: OrdersContext,
  ) {
    const { client } = writer.connector;
    this.supportedKinds = new Set(ORDER_KINDS.filter((kind) => client[createMethodName(kind)] !== undefined));
  }

  /**
   * Stores an order, starts its execution, and waits for its response.
   * @returns a JSON object of the contract's type `Payout` or `Transfer`. The same key and request always return the same bytes
   * @throws ContractError 422 when the key was used for another request, or when no feed has served an account id of the request
   * @throws GatewayUnavailableError when the store is too slow to accept the order or to write its response in time
   */
  submit(kind: OrderKind, request: OrderRequest): Promise<string> {
    const { clock, timings } = this.context;
    const deadline = clock.now() + timings.responseTimeoutMs;
    const response = this.storeAndRespond(kind, request, deadline);
    return new Promise((resolve, reject) => {
      const cancel = clock.after(timings.responseTimeoutMs + RESPONSE_GRACE_MS, () =>
        reject(new GatewayUnavailableError(STORE_TOO_SLOW_MESSAGE)),
      );
      void response.then(resolve, reject).finally(cancel);
    });
  }

  private async storeAndRespond(kind: OrderKind, request: OrderRequest, deadline: number): Promise<string> {
    const order = this.createNewOrder(kind, request);
    const received = await this.findOrInsert(order, request);
    if (received.order.request !== order.request) throw idempotencyKeyReused(request.idempotencyKey);
    if (received.fresh) return this.startAndRespond(received.order, deadline);
    if (received.order.response !== undefined) return this.repeatResponse(received.order);
    // A load balancer may have sent this request here because another gateway stopped responding. The client's timeout began with its first
    // request, so the deadline is calculated from the creation of the order.
    const responseDueAt = Math.min(
      deadline,
      received.order.createdAt + this.context.timings.responseTimeoutMs,
    );
    return (
      (await this.waitForResponse(received.order.id, responseDueAt, true)) ??
      this.respondNow(received.order.id)
    );
  }

  /**
   * Stores an order if it is new. The function first reads the order, because most requests to a slow store are repeats, and a read takes
   * one round trip and waits for no lock. While this process is storing the order, a repeat waits for the same write.
   */
  private async findOrInsert(
    order: ImmutableOrderFields,
    request: OrderRequest,
  ): Promise<{ order: StoredOrder; fresh: boolean }> {
    if (!this.insertions.isRunning(order.id)) {
      const stored = await this.writer.find(order.id);
      if (stored) return { order: stored, fresh: false };
    }
    return this.insertions.run(order.id, () =>
      this.writer.insertOrGet(order, (orderedTodayTotal) =>
        this.decideFirstChange(order, request, orderedTodayTotal),
      ),
    );
  }

  private createNewOrder(kind: OrderKind, request: OrderRequest): ImmutableOrderFields {
    const { path, originalPath = path, idempotency } = this.writer.connector;
    const { idempotencyKey, amount } = request;
    for (const id of [request.sourceAccountId, request.destinationAccountId]) {
      if (decodeId(id) === undefined) throw invalidOrder(`the id ${JSON.stringify(id)} was never served`);
    }
    return {
      id: deriveOrderId(originalPath, idempotencyKey),
      idempotencyKey,
      pspKey: derivePspKey(originalPath, idempotencyKey, idempotency.keyFormat),
      kind,
      request: toCanonicalRequest(kind, request),
      amount: amount.amount,
      asset: amount.asset,
      createdAt: this.context.clock.now(),
    };
  }

  private decideFirstChange(
    order: ImmutableOrderFields,
    { destinationAccountId, amount }: OrderRequest,
    orderedTodayTotal: bigint,
  ): OrderChange {
    const checkInput = { kind: order.kind, amount, destinationAccountId, orderedTodayTotal };
    const violation = checkOrderLimits(checkInput, this.writer.connector.limits);
    if (!violation)
      return {
        set: { state: 'received', nextActionAt: order.createdAt + TAKEOVER_DELAY_MS },
        event: 'taken',
      };
    const details = JSON.stringify({ reason: { by: RESERVED_NAMESPACE, ...violation } });
    return { set: { state: 'failed', details }, event: `a limit refused it: ${violation.message}` };
  }

  private async startAndRespond(order: StoredOrder, deadline: number): Promise<string> {
    if (order.response !== undefined) return order.response;
    // The execution is not awaited, because the response can be due before the PSP has responded.
    void this.worker.process(order.id);
    return (await this.waitForResponse(order.id, deadline, false)) ?? this.respondNow(order.id);
  }

  /**
   * Waits for the response to an order.
   * @param isStorePolled true if the store is also polled, because another process may write the response
   * @returns `undefined` when the deadline has passed
   */
  private waitForResponse(id: string, deadline: number, isStorePolled: boolean): Promise<string | undefined> {
    const { clock } = this.context;
    return new Promise((resolve, reject) => {
      let hasEnded = false;
      let cancelPoll = () => {};
      const end = (response?: string) => {
        hasEnded = true;
        stopWaiting();
        cancelDeadline();
        cancelPoll();
        resolve(response);
      };
      const pollStore = (delayMs: number) => {
        const endOrPollAgain = (response?: string) => {
          if (response !== undefined) end(response);
          else if (!hasEnded) pollStore(Math.min(delayMs * 2, MAX_RESPONSE_POLL_MS));
        };
        const readOrder = () =>
          void this.writer.find(id).then((order) => endOrPollAgain(order?.response), reject);
        cancelPoll = clock.after(delayMs, readOrder);
      };
      const stopWaiting = this.pendingResponses.waitFor(id, end);
      const cancelDeadline = clock.after(deadline - clock.now(), () => end());
      // Polling is also needed when this process executes the order, because the response may have been written before the callback was
      // registered.
      if (isStorePolled) pollStore(INITIAL_RESPONSE_POLL_MS);
    });
  }

  /**
   * Stores a response from the present state of the order, because the client cannot wait longer. If another process has already stored a
   * response, the function returns that response.
   */
  private respondNow(id: string): Promise<string> {
    return this.lateResponses.run(id, async () => {
      const order = await this.writer.ensureResponse(id);
      // The store may have lost the order in a failover without synchronous replication. The client gets an error and repeats its request,
      // and the repeat stores the order again.
      if (order?.response === undefined) throw new GatewayUnavailableError(ORDER_LOST_MESSAGE);
      return order.response;
    });
  }

  /** Returns the stored response, and records the time at which it was returned. */
  private repeatResponse({ id, response = '' }: StoredOrder): Promise<string> {
    return this.repeatedResponses.run(id, async () => {
      await this.writer.update(id, () => recordResponseSentAgain(this.context.clock.now()));
      return response;
    });
  }
}

function idempotencyKeyReused(key: string) {
  return createUnprocessableError(
    'Idempotency key already used',
    `The idempotencyKey ${JSON.stringify(key.slice(0, 100))} belongs to another order of this connector: its body was different, ` +
      'or it was of the other kind. Nothing was sent for this request; use a new key for a new order.',
  );
}

function invalidOrder(reason: string) {
  return createUnprocessableError('Invalid order', `${reason}. Nothing was stored, and nothing was sent.`);
}
