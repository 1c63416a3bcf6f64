/** Matches transactions of the PSP's listing with orders. A match updates the status of its order, and is not served as a row of its own. */
import { isRefusal, RefusedError, servedId, transactionToWire } from '@tributary/connector-api';
import type { OrderStatus, Transaction, TransactionStatus, WireRecord } from '@tributary/connector-api';
import type { OrderChange, StoredOrder } from '@tributary/feed';
import type { ClaimedPage, HeldPage, TransactionClaims } from '@tributary/sync';
import { observe } from './observing.js';
import { detailsOf, withDetails } from './order-details.js';
import type { OrderLedger } from './order-ledger.js';
import type { OrdersContext } from './orders-context.js';

/** Maximum difference in ms between the store's clock and the PSP's. */
const CLOCKS_APART = 10 * 60_000;

/** Relation of a listed transaction to an order. */
type Claim =
  | { kind: 'movement'; order: StoredOrder; status: OrderStatus | undefined }
  | { kind: 'return'; order: StoredOrder }
  /** Part of the money was returned. The transaction is served as a row of its own, tied to the order. */
  | { kind: 'part'; order: StoredOrder }
  | { kind: 'none' };

export class OrderClaims implements TransactionClaims {
  /** Times since when pages are deferred because of a transaction that may be an order, by transaction id. */
  private readonly heldSince = new Map<string, number>();

  constructor(
    private readonly ledger: OrderLedger,
    private readonly context: OrdersContext,
  ) {}

  async claim(items: readonly unknown[]): Promise<ClaimedPage | HeldPage> {
    const transactions = items.filter(isTransaction);
    // Read before the identified orders: an order that gets its PSP id between the two reads is then found by the second one.
    // An order that is sent only now cannot be in this page, which is older.
    const open = await this.openOrders(transactions);
    const orders = await this.ordersOf(transactions);
    const claims = new Map(transactions.map((each) => [each, claimOf(each, orders)]));
    const unclaimed = transactions.filter((each) => claims.get(each)?.kind === 'none');
    const held = await this.hold(unclaimed, open);
    if (held !== undefined) return { held };
    const page: ClaimedPage = { items: [], records: [] };
    for (const item of items) {
      const claim = isTransaction(item) ? claims.get(item) : undefined;
      if (!claim || !isTransaction(item) || !(await this.take(item, claim, page))) page.items.push(item);
    }
    return page;
  }

  /** Finds the orders that the transactions refer to, by idempotency key or PSP id. */
  private async ordersOf(transactions: readonly Transaction[]): Promise<Orders> {
    const ids = transactions.flatMap(({ id, relatedTransactionId }) => [id, relatedTransactionId]);
    const orders = await this.ledger.named({
      pspKeys: transactions.map(({ orderKey }) => orderKey).filter(isText),
      pspIds: ids.filter(isText),
    });
    return {
      byKey: new Map(orders.map((order) => [order.pspKey, order])),
      byId: new Map(orders.map((order) => [order.pspId ?? '', order])),
    };
  }

  /** Applies a match. @returns whether the transaction belongs to the order and is not served itself */
  private async take(transaction: Transaction, claim: Claim, page: ClaimedPage): Promise<boolean> {
    switch (claim.kind) {
      case 'none':
        return false;
      case 'part':
        return addPart(transaction, claim.order, page.records);
      case 'return':
        await this.takeReturn(transaction, claim.order);
        return true;
      case 'movement':
        return this.takeMovement(transaction, claim);
    }
  }

  /** Applies the status of a payment. @returns false for a second payment of the same order, which must be visible as a row of its own */
  private async takeMovement(
    transaction: Transaction,
    { order, status }: Claim & { kind: 'movement' },
  ): Promise<boolean> {
    const { id } = transaction;
    let first: string | undefined;
    const decide = (stored: StoredOrder) => {
      const { movement } = detailsOf(stored);
      first = movement ?? id;
      if (first !== id) return undefined;
      const details = movement === id ? stored.details : withDetails(stored, { movement: id });
      return this.observation({ ...stored, details }, stored, transaction, status, id);
    };
    await this.change(order, decide);
    if (first === id) {
      this.compareAmounts(transaction, order);
      return true;
    }
    this.context.logger.error(
      { connector: order.connector, order: order.id, reference: order.idempotencyKey },
      `${order.connector}: the PSP lists two movements of order ${order.id}, ${first} and ${id}: was it paid twice? ` +
        'The second is served as a row of its own',
    );
    return false;
  }

  /** Logs an error if the PSP lists another amount than was ordered. Clients see the ordered amount, and operators must check. */
  private compareAmounts({ id, amount }: Transaction, order: StoredOrder): void {
    if (amount?.amount === order.amount && amount.asset === order.asset) return;
    this.context.logger.error(
      { connector: order.connector, order: order.id, reference: order.idempotencyKey },
      `${order.connector}: order ${order.id} is ${order.amount} of ${order.asset}, and the PSP lists it (${id}) with ` +
        `${amount?.amount} of ${amount?.asset}: ask the PSP what was paid`,
    );
  }

  /** Applies a full return. */
  private async takeReturn(transaction: Transaction, order: StoredOrder): Promise<void> {
    await this.change(order, (stored) =>
      this.observation(stored, stored, transaction, 'RETURNED', stored.pspId ?? transaction.id),
    );
  }

  /** Updates an order if the listing has news about it. The check on the order as read avoids transactions for listings that repeat old news. */
  private async change(
    order: StoredOrder,
    decide: (stored: StoredOrder) => OrderChange | undefined,
  ): Promise<void> {
    if (decide(order)) await this.ledger.change(order.id, decide);
  }

  /**
   * Returns the change that follows from a listed transaction.
   * @param order the order with the details that this transaction adds
   * @param before the stored order, without them
   * @returns `undefined` when the listing repeats what is known
   */
  private observation(
    order: StoredOrder,
    before: StoredOrder,
    { metadata }: Transaction,
    status: OrderStatus | undefined,
    pspId: string,
  ): OrderChange | undefined {
    const result = { id: pspId, status: status ?? 'PENDING', ...(metadata ? { metadata } : {}) };
    const change = status && observe(order, result, {}, this.circumstances());
    const set = { details: order.details, ...change?.set };
    return saysNothing(before, set) && change?.event === undefined ? undefined : { ...change, set };
  }

  /** Returns the orders with an unknown outcome and without a PSP id. One of the transactions may be one of them. */
  private async openOrders(transactions: readonly Transaction[]): Promise<StoredOrder[]> {
    if (!transactions.some(isPayment)) return [];
    const open = await this.ledger.inState(['sending', 'unknown'], Number.MAX_SAFE_INTEGER);
    return open.filter(({ pspId }) => pspId === undefined);
  }

  /** Returns the reason to defer the page if a transaction may be an order with an unknown outcome. Looks such orders up at once. */
  private async hold(
    unclaimed: readonly Transaction[],
    orders: readonly StoredOrder[],
  ): Promise<string | undefined> {
    const payments = unclaimed.filter(isPayment);
    const doubtful = await this.notServed(
      payments.filter((each) => orders.some((order) => mayBe(each, order))),
    );
    const now = this.context.clock.now();
    const waiting = doubtful.filter(({ id }) => now < this.since(id, now) + this.context.pace.holdFor);
    const [first] = waiting;
    if (!first) return undefined;
    for (const order of orders.filter((each) => waiting.some((movement) => mayBe(movement, each)))) {
      await this.hurry(order);
    }
    return `movement ${first.id} may be an order whose outcome is not known yet: its page waits for that`;
  }

  /** Returns the transactions that are not served yet. A served one existed before any order that it could be. */
  private async notServed(movements: readonly Transaction[]): Promise<Transaction[]> {
    if (movements.length === 0) return [];
    const ids = movements.map(({ id }) => servedId(id));
    const served = await this.ledger.served(ids.filter(isText));
    return movements.filter((_, index) => !served.has(ids[index] ?? ''));
  }

  /** Returns the time at which the transaction first deferred a page. Forgets old entries. */
  private since(movement: string, now: number): number {
    const { holdFor } = this.context.pace;
    for (const [id, since] of this.heldSince) if (now > since + 10 * holdFor) this.heldSince.delete(id);
    const since = this.heldSince.get(movement) ?? now;
    this.heldSince.set(movement, since);
    return since;
  }

  /** Schedules the lookup of an unknown order for now. It tells whether the transaction is this order. */
  private async hurry({ id }: StoredOrder): Promise<void> {
    const { now } = this.circumstances();
    await this.ledger.change(id, ({ state, holder, nextAt = Infinity }) =>
      state === 'unknown' && holder === undefined && nextAt > now ? { set: { nextAt: now } } : undefined,
    );
  }

  private circumstances() {
    const { clock, pace, holder } = this.context;
    return { now: clock.now(), connector: this.ledger.connector, pace, holder, closedUntil: 0 };
  }
}

/** Orders by the PSP's references to them. */
interface Orders {
  byKey: ReadonlyMap<string, StoredOrder>;
  byId: ReadonlyMap<string, StoredOrder>;
}

/** Finds the order that a transaction belongs to, and how it relates to it. */
function claimOf(transaction: Transaction, { byKey, byId }: Orders): Claim {
  const { id, orderKey, relatedTransactionId, type, status, amount } = transaction;
  const related = relatedTransactionId === undefined ? undefined : byId.get(relatedTransactionId);
  if (status === 'REFUNDED' && related?.kind === type && related.pspId !== id) {
    const isWhole = amount?.amount === related.amount && amount.asset === related.asset;
    return { kind: isWhole ? 'return' : 'part', order: related };
  }
  // The key comes first, because the gateway chose it. A faulty PSP may use an id twice.
  const order = (orderKey === undefined ? undefined : byKey.get(orderKey)) ?? byId.get(id);
  // Fees and similar transactions may carry the order's key, but they are not the payment.
  if (order?.kind !== type) return { kind: 'none' };
  return { kind: 'movement', order, status: orderStatus(status) };
}

/** Converts a transaction status. @returns `undefined` for a status that does not tell whether the money left */
function orderStatus(status: TransactionStatus): OrderStatus | undefined {
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

function isPayment({ type }: Transaction): boolean {
  return type === 'PAYOUT' || type === 'TRANSFER';
}

/** Tells whether the transaction may be the order: it has the same kind and amount, and is not older. */
function mayBe({ type, amount, createdAt }: Transaction, order: StoredOrder): boolean {
  if (type !== order.kind || amount?.amount !== order.amount || amount.asset !== order.asset) return false;
  const time = Date.parse(createdAt);
  return !(time < order.createdAt - CLOCKS_APART);
}

/** Adds a partial return to the records. @returns false for an invalid record, which sync then puts into quarantine with the reason */
function addPart(transaction: Transaction, order: StoredOrder, records: WireRecord[]): boolean {
  try {
    records.push(transactionToWire(transaction, order.idempotencyKey));
    return true;
  } catch (error) {
    if (error instanceof RefusedError) return false;
    throw error;
  }
}

function isTransaction(item: unknown): item is Transaction {
  return (
    typeof item === 'object' && item !== null && !isRefusal(item) && isText((item as { id?: unknown }).id)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Tells whether a change sets only stored values again. The time of the next action is ignored, because every pull would move it. */
function saysNothing(order: StoredOrder, set: Partial<StoredOrder>): boolean {
  return Object.entries({ ...set, nextAt: order.nextAt }).every(
    ([key, value]) => order[key as keyof StoredOrder] === value,
  );
}
