/** Movements of the PSP's listing that are orders: they say how an order stands, and are not served a second time. */
import { isRefusal, RefusedError, servedId, transactionToWire } from '@tributary/connector-api';
import type { OrderStatus, Transaction, TransactionStatus, WireRecord } from '@tributary/connector-api';
import type { OrderChange, StoredOrder } from '@tributary/feed';
import type { ClaimedPage, HeldPage, TransactionClaims } from '@tributary/sync';
import { observe } from './observing.js';
import { detailsOf, withDetails } from './order-details.js';
import type { OrderLedger } from './order-ledger.js';
import type { OrdersContext } from './orders-context.js';

/** Our clock and the PSP's may differ by so much. */
const CLOCKS_APART = 10 * 60_000;

type Claim =
  | { kind: 'movement'; order: StoredOrder; status: OrderStatus | undefined }
  | { kind: 'return'; order: StoredOrder }
  /** A part came back: a row of its own, tied to the order. */
  | { kind: 'part'; order: StoredOrder }
  | { kind: 'none' };

export class OrderClaims implements TransactionClaims {
  /** Since when a movement waits to be told from an order, by its id. */
  private readonly heldSince = new Map<string, number>();

  constructor(
    private readonly ledger: OrderLedger,
    private readonly context: OrdersContext,
  ) {}

  async claim(items: readonly unknown[]): Promise<ClaimedPage | HeldPage> {
    const transactions = items.filter(isTransaction);
    // Before the others: an order that ends in between is found by its name. One that is sent only now is in no page that was there before.
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

  /** By the PSP's names of them: keys and ids. */
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

  /** @returns whether the order has it. */
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

  /** @returns false for a second movement of the same order: money that left twice must show twice. */
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

  /** Clients see what was ordered. What moved instead is for people. */
  private compareAmounts({ id, amount }: Transaction, order: StoredOrder): void {
    if (amount?.amount === order.amount && amount.asset === order.asset) return;
    this.context.logger.error(
      { connector: order.connector, order: order.id, reference: order.idempotencyKey },
      `${order.connector}: order ${order.id} is ${order.amount} of ${order.asset}, and the PSP lists it (${id}) with ` +
        `${amount?.amount} of ${amount?.asset}: ask the PSP what was paid`,
    );
  }

  private async takeReturn(transaction: Transaction, order: StoredOrder): Promise<void> {
    await this.change(order, (stored) =>
      this.observation(stored, stored, transaction, 'RETURNED', stored.pspId ?? transaction.id),
    );
  }

  /** What is no news about the order as it was read is none about what it has become since, and costs no transaction. */
  private async change(
    order: StoredOrder,
    decide: (stored: StoredOrder) => OrderChange | undefined,
  ): Promise<void> {
    if (decide(order)) await this.ledger.change(order.id, decide);
  }

  /** @param before the order without what the movement itself adds. @returns `undefined` when the listing repeats what is known */
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

  /** Those that one of these may be, and whose id nobody knows yet. */
  private async openOrders(transactions: readonly Transaction[]): Promise<StoredOrder[]> {
    if (!transactions.some(isPayment)) return [];
    const open = await this.ledger.inState(['sending', 'unknown'], Number.MAX_SAFE_INTEGER);
    return open.filter(({ pspId }) => pspId === undefined);
  }

  /** @returns why the page must wait, where one of these may be an order whose answer is not there yet. */
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

  /** What is served already was there before anybody could have ordered it here. */
  private async notServed(movements: readonly Transaction[]): Promise<Transaction[]> {
    if (movements.length === 0) return [];
    const ids = movements.map(({ id }) => servedId(id));
    const served = await this.ledger.served(ids.filter(isText));
    return movements.filter((_, index) => !served.has(ids[index] ?? ''));
  }

  private since(movement: string, now: number): number {
    const { holdFor } = this.context.pace;
    for (const [id, since] of this.heldSince) if (now > since + 10 * holdFor) this.heldSince.delete(id);
    const since = this.heldSince.get(movement) ?? now;
    this.heldSince.set(movement, since);
    return since;
  }

  /** The look that tells whose the movement is comes before its time. */
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

interface Orders {
  byKey: ReadonlyMap<string, StoredOrder>;
  byId: ReadonlyMap<string, StoredOrder>;
}

function claimOf(transaction: Transaction, { byKey, byId }: Orders): Claim {
  const { id, orderKey, relatedTransactionId, type, status, amount } = transaction;
  const related = relatedTransactionId === undefined ? undefined : byId.get(relatedTransactionId);
  if (status === 'REFUNDED' && related?.kind === type && related.pspId !== id) {
    const isWhole = amount?.amount === related.amount && amount.asset === related.asset;
    return { kind: isWhole ? 'return' : 'part', order: related };
  }
  // The key is ours; an id may come twice from a PSP that is mistaken.
  const order = (orderKey === undefined ? undefined : byKey.get(orderKey)) ?? byId.get(id);
  // Fees and the like may carry the order's key: they are not the payment.
  if (order?.kind !== type) return { kind: 'none' };
  return { kind: 'movement', order, status: orderStatus(status) };
}

/** @returns `undefined` for what says nothing about whether the money left. */
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

/** The same kind and amount, and not older than the order. */
function mayBe({ type, amount, createdAt }: Transaction, order: StoredOrder): boolean {
  if (type !== order.kind || amount?.amount !== order.amount || amount.asset !== order.asset) return false;
  const time = Date.parse(createdAt);
  return !(time < order.createdAt - CLOCKS_APART);
}

/** @returns false for one that cannot be served: the quarantine says why. */
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

/** The listing repeats what is known at every pull: the time of the next look is no news. */
function saysNothing(order: StoredOrder, set: Partial<StoredOrder>): boolean {
  return Object.entries({ ...set, nextAt: order.nextAt }).every(
    ([key, value]) => order[key as keyof StoredOrder] === value,
  );
}
