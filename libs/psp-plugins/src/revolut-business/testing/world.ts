/** Simulated data of Revolut: accounts, counterparties and transactions, with their state at any time. */
import { JsonNumber } from '@tributary/connector-api/http';

export interface WorldAccount {
  id: string;
  currency: string;
  digits: number;
}

/** Amounts in minor units, with the sign of the account's change. The fee is charged on top. */
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
  /** Milliseconds since 1970. From this time on the state is `outcome`; before it is `created` or `pending`. */
  decidedAt: number;
  outcome: 'completed' | 'declined' | 'failed' | 'reverted';
  /** Milliseconds since 1970. From this time on a completed transaction is reverted. */
  revertedAt?: number;
  requestId?: string;
  relatedTo?: string;
  reference?: string;
  /** Milliseconds since 1970. The row is only listed from this time on. */
  visibleFrom?: number;
  /** Whether the served row lacks its amounts. */
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

  /** Returns the balance of each account in minor units: the sum of completed transactions that are not reverted. */
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

  /**
   * Returns transactions, newest first, as the API lists them.
   * @param from microseconds since 1970, inclusive
   * @param to microseconds since 1970, exclusive
   */
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

  /** Returns the index of the first transaction that is not before this time. */
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

/** Formats minor units as a JSON number: `12.5`, `-3`. */
export function decimal(units: bigint, digits: number): JsonNumber {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = text.slice(text.length - digits).replace(/0+$/, '');
  return new JsonNumber(`${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);
}

/** Formats microseconds as RFC 3339 with six digits. */
export function time(micros: bigint): string {
  const milliseconds = new Date(Number(micros / 1000n)).toISOString().slice(0, -1);
  return `${milliseconds}${(micros % 1000n).toString().padStart(3, '0')}Z`;
}
