/**
 * Matches the transactions that the PSP lists with orders. A matched transaction updates the status of its order, and is not served as a
 * separate row.
 */
import {
  isRejectedRecord,
  InvalidRecordError,
  normalizeOrderKey,
  tryEncodeId,
  serializeTransaction,
} from '@tributary/connector-api';
import type { OrderStatus, Transaction, TransactionStatus, SerializedRecord } from '@tributary/connector-api';
import type { MutableOrderFields, OrderChange, StoredOrder } from '@tributary/feed';
import type { MatchedPage, DeferredPage, TransactionMatcher } from '@tributary/sync';
import { applyPspStatus } from '../state-machine/apply-psp-status.js';
import { isDisputed, mergeDetails, parseDetails } from '../model/stored-order-details.js';
import type { OrderStateWriter } from './order-state-writer.js';
import type { OrdersContext } from '../runtime/orders-context.js';
import type { DecisionContext } from '../state-machine/state-machine.types.js';

/** The maximum difference in ms between the store's clock and the PSP's clock. */
const MAX_CLOCK_DIFFERENCE_MS = 10 * 60_000;

/** The maximum number of transactions that are stored because they contradict the status of an order. */
const MAX_CONTRADICTIONS = 10;

/** The relation of a listed transaction to an order. */
type TransactionMatch =
  | { kind: 'payment'; order: StoredOrder; status: OrderStatus | undefined }
  | { kind: 'return'; order: StoredOrder }
  /**
   * A partial return, a fee, or another transaction that refers to the payment of the order. It is served as a separate row. The row refers
   * to the order, because the payment itself is not served under the PSP's id.
   */
  | { kind: 'related'; order: StoredOrder }
  | { kind: 'none' };

export class OrderMatcher implements TransactionMatcher {
  /**
   * The time at which a transaction first deferred a page, by transaction id. A page is deferred (read again later) if one of its
   * transactions may be the payment of an order with an unknown outcome.
   */
  private readonly deferredSince = new Map<string, number>();

  constructor(
    private readonly writer: OrderStateWriter,
    private readonly context: OrdersContext,
  ) {}

  async match(items: readonly unknown[]): Promise<MatchedPage | DeferredPage> {
    const transactions = items.filter(isTransaction);
    // The orders without a PSP id are read first. If an order gets its PSP id between the two reads, the second read finds it. An order
    // that is sent after the first read cannot be in this page, because the page is older.
    const unidentified = await this.findUnidentifiedOrders(transactions);
    const orders = await this.findReferencedOrders(transactions);
    const matches = new Map(transactions.map((each) => [each, matchTransaction(each, orders)]));
    const unmatched = transactions.filter((each) => matches.get(each)?.kind === 'none');
    const deferredReason =
      (await this.findDeferReason(unmatched, unidentified)) ?? (await this.askAboutFailedOrders(matches));
    if (deferredReason !== undefined) return { deferredReason };
    const page: MatchedPage = { unmatchedItems: [], records: [] };
    for (const item of items) {
      const match = isTransaction(item) ? matches.get(item) : undefined;
      if (!match || !isTransaction(item) || !(await this.applyMatch(item, match, page)))
        page.unmatchedItems.push(item);
    }
    return page;
  }

  /** Finds the orders to which the transactions refer, by idempotency key or PSP id. */
  private async findReferencedOrders(transactions: readonly Transaction[]): Promise<OrdersByReference> {
    const ids = transactions.flatMap(({ id, relatedTransactionId }) => [id, relatedTransactionId]);
    const orders = await this.writer.findByPspReferences({
      pspKeys: transactions.map(readOrderKey).filter(isNonEmptyString),
      pspIds: ids.filter(isNonEmptyString),
    });
    const byKey = new Map(orders.map((order) => [order.pspKey, order]));
    const byId = new Map(orders.map((order) => [order.pspId ?? '', order]));
    // A page can contain both the payment of an order whose PSP id is not stored yet, and the fee of that payment.
    for (const transaction of transactions) {
      const { id, type } = transaction;
      const order = byKey.get(readOrderKey(transaction) ?? '');
      if (order?.kind === type && !byId.has(id)) byId.set(id, order);
    }
    return { byKey, byId };
  }

  /**
   * Applies a match.
   * @returns true if the transaction belongs to the order and is not served itself
   */
  private async applyMatch(
    transaction: Transaction,
    match: TransactionMatch,
    page: MatchedPage,
  ): Promise<boolean> {
    switch (match.kind) {
      case 'none':
        return false;
      case 'related':
        return addRelatedRow(transaction, match.order, page.records);
      case 'return':
        if (this.contradictsFailure(match)) return this.reportUnexpectedPayment(transaction, match.order);
        await this.applyReturn(transaction, match.order);
        return true;
      case 'payment':
        if (this.contradictsFailure(match)) return this.reportUnexpectedPayment(transaction, match.order);
        return this.applyPayment(transaction, match);
    }
  }

  /**
   * Applies the status of a payment to its order.
   * @returns false for a second payment of the same order, which must be served as a separate row
   */
  private async applyPayment(
    transaction: Transaction,
    { order, status }: TransactionMatch & { kind: 'payment' },
  ): Promise<boolean> {
    const { id } = transaction;
    let firstId: string | undefined;
    const decide = (stored: StoredOrder) => {
      const { movement } = parseDetails(stored);
      firstId = movement ?? id;
      if (firstId !== id) return undefined;
      const details = movement === id ? stored.details : mergeDetails(stored, { movement: id });
      return this.buildChange({ ...stored, details }, stored, transaction, status, id);
    };
    await this.updateIfNews(order, decide);
    if (firstId === id) {
      this.logDifferentAmount(transaction, order);
      return true;
    }
    this.context.logger.error(
      { connector: order.connector, order: order.id, reference: order.idempotencyKey },
      `${order.connector}: the PSP lists two movements of order ${order.id}, ${firstId} and ${id}: was it paid twice? ` +
        'The second is served as a row of its own',
    );
    return false;
  }

  /**
   * Logs an error if the listed amount differs from the ordered amount. Clients see only the ordered amount, so an operator must check the
   * payment.
   */
  private logDifferentAmount({ id, amount }: Transaction, order: StoredOrder): void {
    if (amount?.amount === order.amount && amount.asset === order.asset) return;
    this.context.logger.error(
      { connector: order.connector, order: order.id, reference: order.idempotencyKey },
      `${order.connector}: order ${order.id} is ${order.amount} of ${order.asset}, and the PSP lists it (${id}) with ` +
        `${amount?.amount} of ${amount?.asset}: ask the PSP what was paid`,
    );
  }

  /** Returns true if a transaction says that the money of an order left the account, although the PSP told that the order failed. */
  private contradictsFailure(match: TransactionMatch): boolean {
    if (match.kind !== 'payment' && match.kind !== 'return') return false;
    const { state, pspId } = match.order;
    const isBooked = match.kind === 'return' || match.status === 'SUCCEEDED' || match.status === 'RETURNED';
    const isAnswerable = this.writer.connector.client.findOrder !== undefined;
    return isBooked && isAnswerable && state === 'failed' && pspId !== undefined;
  }

  /**
   * Makes the gateway look up the failed orders whose money left the account according to these transactions. The page waits for the answer:
   * if the PSP corrects the status, the transaction is the payment of the order.
   * @returns the reason to defer the page, or `undefined` if no answer is awaited
   */
  private async askAboutFailedOrders(
    matches: ReadonlyMap<Transaction, TransactionMatch>,
  ): Promise<string | undefined> {
    const now = this.context.clock.now();
    let reason: string | undefined;
    for (const [{ id }, match] of matches) {
      if (match.kind === 'none' || !this.contradictsFailure(match)) continue;
      const { order } = match;
      const { contradictions = [] } = parseDetails(order);
      if (!contradictions.includes(id))
        await this.writer.update(order.id, (stored) => createDispute(stored, id, now));
      else if (!isDisputed(order)) continue;
      if (now >= this.firstDeferredAt(id, now) + this.context.timings.maxPageDeferMs) continue;
      reason ??= `movement ${id} belongs to order ${order.id}, which failed: its page waits for what the PSP says`;
    }
    return reason;
  }

  /**
   * Logs that the PSP lists the payment of an order and says at the same time that the order failed.
   * @returns false, because the transaction must be served as a separate row. Otherwise its money would be in no row
   */
  private reportUnexpectedPayment({ id }: Transaction, order: StoredOrder): false {
    this.context.logger.error(
      { connector: order.connector, order: order.id, reference: order.idempotencyKey },
      `${order.connector}: the PSP says that order ${order.id} failed, and it lists the movement ${id} of this order: ` +
        'ask the PSP whether it was paid before you pay again. The movement is served as a row of its own',
    );
    return false;
  }

  /** Applies the full return of a payment to its order. */
  private async applyReturn(transaction: Transaction, order: StoredOrder): Promise<void> {
    await this.updateIfNews(order, (stored) =>
      this.buildChange(stored, stored, transaction, 'RETURNED', stored.pspId ?? transaction.id),
    );
  }

  /**
   * Updates an order if the listing contains new information. The function first checks this without a lock, because most listings only
   * repeat what is stored and then need no transaction.
   */
  private async updateIfNews(
    order: StoredOrder,
    decide: (stored: StoredOrder) => OrderChange | undefined,
  ): Promise<void> {
    if (decide(order)) await this.writer.update(order.id, decide);
  }

  /**
   * Returns the change of an order that follows from a listed transaction.
   * @param order the order, with the details that this transaction adds
   * @param before the stored order, without these details
   * @returns `undefined` if the transaction contains no new information
   */
  private buildChange(
    order: StoredOrder,
    before: StoredOrder,
    { metadata }: Transaction,
    status: OrderStatus | undefined,
    pspId: string,
  ): OrderChange | undefined {
    const result = { id: pspId, status: status ?? 'PENDING', ...(metadata ? { metadata } : {}) };
    const change = status && applyPspStatus(order, result, {}, this.decisionContext());
    const set: Partial<MutableOrderFields> = { details: order.details, ...change?.set };
    return isUnchanged(before, set) && change?.event === undefined ? undefined : { ...change, set };
  }

  /** Returns the orders that have an unknown outcome and no PSP id. A listed transaction may be the payment of one of these orders. */
  private async findUnidentifiedOrders(transactions: readonly Transaction[]): Promise<StoredOrder[]> {
    if (!transactions.some(isPayment)) return [];
    const candidates = await this.writer.findByState(['sending', 'unknown'], Number.MAX_SAFE_INTEGER);
    return candidates.filter(({ pspId }) => pspId === undefined);
  }

  /**
   * Returns the reason to defer the page, or `undefined`. A page is deferred if one of its transactions may belong to an order with an
   * unknown outcome. The function also makes the lookup of such orders due at once.
   */
  private async findDeferReason(
    unmatched: readonly Transaction[],
    orders: readonly StoredOrder[],
  ): Promise<string | undefined> {
    const payments = unmatched.filter(isPayment);
    const ambiguous = await this.filterUnserved(
      payments.filter((each) => orders.some((order) => couldBeOrder(each, order))),
    );
    const now = this.context.clock.now();
    const waiting = ambiguous.filter(
      ({ id }) => now < this.firstDeferredAt(id, now) + this.context.timings.maxPageDeferMs,
    );
    const [first] = waiting;
    if (!first) return undefined;
    for (const order of orders.filter((each) =>
      waiting.some((transaction) => couldBeOrder(transaction, each)),
    )) {
      await this.lookUpNow(order);
    }
    return `movement ${first.id} may be an order whose outcome is not known yet: its page waits for that`;
  }

  /**
   * Returns the transactions that are not in the feed yet. A transaction in the feed was listed before the order was sent, so it cannot be
   * the payment of the order.
   */
  private async filterUnserved(transactions: readonly Transaction[]): Promise<Transaction[]> {
    if (transactions.length === 0) return [];
    const ids = transactions.map(({ id }) => tryEncodeId(id));
    const served = await this.writer.findServedIds(ids.filter(isNonEmptyString));
    return transactions.filter((_, index) => !served.has(ids[index] ?? ''));
  }

  /** Returns the time at which the transaction first deferred a page. The function also deletes old entries. */
  private firstDeferredAt(transactionId: string, now: number): number {
    const { maxPageDeferMs } = this.context.timings;
    for (const [id, since] of this.deferredSince)
      if (now > since + 10 * maxPageDeferMs) this.deferredSince.delete(id);
    const since = this.deferredSince.get(transactionId) ?? now;
    this.deferredSince.set(transactionId, since);
    return since;
  }

  /**
   * Makes the lookup of an order with an unknown outcome due now. The PSP's response shows whether the transaction belongs to the order.
   */
  private async lookUpNow({ id }: StoredOrder): Promise<void> {
    const { now } = this.decisionContext();
    await this.writer.update(id, ({ state, holder, nextActionAt = Infinity }): OrderChange | undefined =>
      state === 'unknown' && holder === undefined && nextActionAt > now
        ? { set: { nextActionAt: now } }
        : undefined,
    );
  }

  private decisionContext(): DecisionContext {
    const { clock, timings, holder } = this.context;
    const { connector, lastRestore: restore } = this.writer;
    return { now: clock.now(), connector, timings, holder, throttledUntil: 0, restore };
  }
}

/** The orders, indexed by the references that the PSP may use for them. */
interface OrdersByReference {
  byKey: ReadonlyMap<string, StoredOrder>;
  byId: ReadonlyMap<string, StoredOrder>;
}

/** Finds the order to which a transaction belongs, and how the transaction is related to the order. */
function matchTransaction(transaction: Transaction, { byKey, byId }: OrdersByReference): TransactionMatch {
  const { id, relatedTransactionId, type, status, amount } = transaction;
  const named = byKey.get(readOrderKey(transaction) ?? '');
  // A PSP can use one id for an order and another id for its payment. A row that belongs to the payment can also refer to the order by the
  // idempotency key.
  const related = relatedTransactionId === undefined ? undefined : (byId.get(relatedTransactionId) ?? named);
  if (status === 'REFUNDED' && related?.kind === type && related.pspId !== id) {
    const isFullReturn = amount?.amount === related.amount && amount.asset === related.asset;
    return { kind: isFullReturn ? 'return' : 'related', order: related };
  }
  // The key has priority over the id, because the gateway chose the key. A faulty PSP may use the same id twice.
  const order = named ?? byId.get(id);
  // Fees and similar transactions may contain the key of the order, but they are not its payment.
  if (order?.kind === type) return { kind: 'payment', order, status: toOrderStatus(status) };
  return related === undefined ? { kind: 'none' } : { kind: 'related', order: related };
}

/**
 * Converts the status of a transaction to a status of an order.
 * @returns `undefined` if the status does not show whether the money left the account
 */
function toOrderStatus(status: TransactionStatus): OrderStatus | undefined {
  switch (status) {
    case 'PENDING':
    case 'AUTHORISATION':
      return 'PENDING';
    case 'SUCCEEDED':
    case 'CAPTURE':
    case 'REFUNDED_FAILURE':
    case 'REFUND_REVERSED':
      return 'SUCCEEDED';
    case 'FAILED':
    case 'CANCELLED':
    case 'EXPIRED':
    case 'CAPTURE_FAILED':
      return 'FAILED';
    case 'REFUNDED':
      return 'RETURNED';
    case 'DISPUTE':
    case 'DISPUTE_WON':
    case 'DISPUTE_LOST':
    case 'OTHER':
      return undefined;
  }
}

/** Returns the change that makes the gateway look up a failed order, because a listed transaction contradicts its status. */
function createDispute(order: StoredOrder, transactionId: string, now: number): OrderChange | undefined {
  const { contradictions = [] } = parseDetails(order);
  if (order.state !== 'failed' || contradictions.includes(transactionId)) return undefined;
  const details = mergeDetails(order, {
    disputedAt: now,
    contradictions: [...contradictions, transactionId].slice(-MAX_CONTRADICTIONS),
  });
  return {
    set: { details, nextActionAt: now },
    event: `the listing contains the payment ${transactionId}: asking again`,
  };
}

/** Returns the key of the order of a transaction, in the form in which the gateway created it. */
function readOrderKey({ orderKey }: Transaction): string | undefined {
  return orderKey === undefined ? undefined : normalizeOrderKey(orderKey);
}

function isPayment({ type }: Transaction): boolean {
  return type === 'PAYOUT' || type === 'TRANSFER';
}

/**
 * Returns true if the transaction may be the payment of the order: the kind and the amount are equal, and the transaction is not older than
 * the order.
 */
function couldBeOrder({ type, amount, createdAt }: Transaction, order: StoredOrder): boolean {
  if (type !== order.kind || amount?.amount !== order.amount || amount.asset !== order.asset) return false;
  const time = Date.parse(createdAt);
  return !(time < order.createdAt - MAX_CLOCK_DIFFERENCE_MS);
}

/**
 * Adds a separate row that refers to the order.
 * @returns false if the row is invalid; sync then stores the transaction and the reason in the quarantine
 */
function addRelatedRow(transaction: Transaction, order: StoredOrder, records: SerializedRecord[]): boolean {
  try {
    records.push(serializeTransaction(transaction, order.idempotencyKey));
    return true;
  } catch (error) {
    if (error instanceof InvalidRecordError) return false;
    throw error;
  }
}

function isTransaction(item: unknown): item is Transaction {
  return (
    typeof item === 'object' &&
    item !== null &&
    !isRejectedRecord(item) &&
    isNonEmptyString((item as { id?: unknown }).id)
  );
}

function isNonEmptyString(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Returns true if all values of a change are already stored. The time of the next action is ignored, because it differs in every pull. */
function isUnchanged(order: StoredOrder, set: Partial<MutableOrderFields>): boolean {
  const compared: Partial<MutableOrderFields> = { ...set, nextActionAt: order.nextActionAt };
  return Object.entries(compared).every(([key, value]) => order[key as keyof StoredOrder] === value);
}
