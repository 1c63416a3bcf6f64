/** What is true at a made-up Revolut: accounts, counterparties and transactions, as of any time. */
import { JsonNumber } from '@tributary/connector-api/http';

export interface WorldAccount {
  id: string;
  currency: string;
  digits: number;
}

/** Minor units, as they change the account; the fee comes on top. */
export interface WorldLeg {
  account: WorldAccount;
  amount: bigint;
  fee?: bigint;
  counterparty?: object;
}

export interface WorldTransaction {
  id: string;
  type: string;
  /** Microseconds since 1970. */
  createdAt: bigint;
  legs: WorldLeg[];
  /** Milliseconds: from then on it is `outcome`; `created` or `pending` before. */
  decidedAt: number;
  outcome: 'completed' | 'declined' | 'failed' | 'reverted';
  /** Milliseconds: from then on a completed one is reverted. */
  revertedAt?: number;
  requestId?: string;
  relatedTo?: string;
  reference?: string;
  /** A row that is listed from then on only. Milliseconds. */
  visibleFrom?: number;
  /** Its row lacks the amounts. */
  isBroken?: boolean;
}

export function uuid(kind: number, number: number): string {
  const group = kind.toString(16).padStart(4, '0');
  return `00000000-${group}-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function account(number: number, currency: string, digits: number): WorldAccount {
  return { id: uuid(0xacc, number), currency, digits };
}

export class World {
  /** Ascending by `createdAt`. */
  readonly transactions: WorldTransaction[] = [];
  readonly counterparties: { id: string; createdAt: number; members: object }[] = [];

  constructor(
    readonly accounts: WorldAccount[],
    readonly clock: { now(): number },
  ) {}

  add(...transactions: WorldTransaction[]): void {
    this.addAll(transactions);
  }

  addAll(transactions: readonly WorldTransaction[]): void {
    for (const transaction of transactions) this.transactions.push(transaction);
    this.transactions.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
  }

  stateOf({ decidedAt, outcome, revertedAt }: WorldTransaction): string {
    const now = this.clock.now();
    if (now < decidedAt) return 'pending';
    return revertedAt !== undefined && now >= revertedAt ? 'reverted' : outcome;
  }

  /** In minor units, by account: what is completed and not reverted. */
  balances(): Map<string, bigint> {
    const balances = new Map(this.accounts.map(({ id }) => [id, 0n]));
    for (const transaction of this.transactions) {
      if (this.stateOf(transaction) !== 'completed') continue;
      for (const { account, amount, fee = 0n } of transaction.legs) {
        balances.set(account.id, (balances.get(account.id) ?? 0n) + amount - fee);
      }
    }
    return balances;
  }

  /** Newest first, as listed. @param from inclusive @param to exclusive, both microseconds */
  list(from: bigint, to: bigint, wanted: (transaction: WorldTransaction) => boolean, count: number) {
    const rows: WorldTransaction[] = [];
    const now = this.clock.now();
    let index = this.firstAt(to) - 1;
    for (; index >= 0 && rows.length < count; index -= 1) {
      const transaction = this.transactions[index];
      if (!transaction || transaction.createdAt < from) break;
      const visibleFrom = transaction.visibleFrom ?? Number(transaction.createdAt / 1000n);
      if (visibleFrom <= now && wanted(transaction)) rows.push(transaction);
    }
    return { rows, next: this.transactions[index] };
  }

  row(transaction: WorldTransaction): object {
    const { id, type, createdAt, decidedAt, revertedAt, legs, outcome } = transaction;
    const state = this.stateOf(transaction);
    const completed = outcome === 'completed' && state !== 'pending';
    const updatedAt =
      state === 'pending'
        ? createdAt
        : BigInt(state === 'reverted' ? (revertedAt ?? decidedAt) : decidedAt) * 1000n;
    return {
      id,
      type,
      state,
      created_at: time(createdAt),
      updated_at: time(updatedAt),
      ...(completed && { completed_at: time(BigInt(decidedAt) * 1000n) }),
      ...((state === 'declined' || state === 'failed') && { reason_code: 'insufficient_balance' }),
      ...(transaction.requestId !== undefined && { request_id: transaction.requestId }),
      ...(transaction.relatedTo !== undefined && { related_transaction_id: transaction.relatedTo }),
      ...(transaction.reference !== undefined && { reference: transaction.reference }),
      legs: legs.map((leg, index) => ({
        leg_id: id.replace('-4000-', `-4${index}00-`),
        account_id: leg.account.id,
        ...(transaction.isBroken !== true && { amount: decimal(leg.amount, leg.account.digits) }),
        ...(leg.fee !== undefined && { fee: decimal(leg.fee, leg.account.digits) }),
        currency: leg.account.currency,
        ...(leg.counterparty && { counterparty: leg.counterparty }),
      })),
    };
  }

  /** The index of the first that is not before. */
  private firstAt(at: bigint): number {
    let [low, high] = [0, this.transactions.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.transactions[middle]?.createdAt ?? at) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** As a JSON double prints: `12.5`, `-3`. */
export function decimal(units: bigint, digits: number): JsonNumber {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = text.slice(text.length - digits).replace(/0+$/, '');
  return new JsonNumber(`${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);
}

/** Microseconds → RFC 3339 with six digits. */
export function time(micros: bigint): string {
  const milliseconds = new Date(Number(micros / 1000n)).toISOString().slice(0, -1);
  return `${milliseconds}${(micros % 1000n).toString().padStart(3, '0')}Z`;
}
