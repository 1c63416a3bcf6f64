/** The simulated data of Revolut: accounts, counterparties and transactions, with their state at any time. */
import { JsonNumber } from '@tributary/connector-api/http';

export interface SimulatedAccount {
  id: string;
  currency: string;
  digits: number;
}

/** A leg with amounts in minor units. The sign is that of the change of the account. The fee is charged in addition to the amount. */
export interface SimulatedLeg {
  account: SimulatedAccount;
  amount: bigint;
  fee?: bigint;
  counterparty?: object;
}

export interface SimulatedTransaction {
  id: string;
  type: string;
  /** The time in microseconds since 1970. */
  createdAt: bigint;
  legs: SimulatedLeg[];
  /**
   * The time in milliseconds since 1970 at which the transaction is decided. Its state is `created` or `pending` before this time, and
   * `outcome` from this time on.
   */
  decidedAt: number;
  outcome: 'completed' | 'declined' | 'failed' | 'reverted';
  /** The time in milliseconds since 1970 from which the completed transaction is reverted. */
  revertedAt?: number;
  requestId?: string;
  relatedTo?: string;
  reference?: string;
  /** The time in milliseconds since 1970 from which the row is listed. */
  visibleFrom?: number;
  /** Whether the served row lacks its amounts. */
  isBroken?: boolean;
}

export function createUuid(kind: number, number: number): string {
  const group = kind.toString(16).padStart(4, '0');
  return `00000000-${group}-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function createAccount(number: number, currency: string, digits: number): SimulatedAccount {
  return { id: createUuid(0xacc, number), currency, digits };
}

export class SimulatedRevolut {
  /** The transactions in ascending order of `createdAt`. */
  readonly transactions: SimulatedTransaction[] = [];
  readonly counterparties: { id: string; createdAt: number; members: object }[] = [];

  constructor(
    readonly accounts: SimulatedAccount[],
    readonly clock: { now(): number },
  ) {}

  add(...transactions: SimulatedTransaction[]): void {
    this.addAll(transactions);
  }

  addAll(transactions: readonly SimulatedTransaction[]): void {
    for (const transaction of transactions) this.transactions.push(transaction);
    this.transactions.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
  }

  getState({ decidedAt, outcome, revertedAt }: SimulatedTransaction): string {
    const now = this.clock.now();
    if (now < decidedAt) return 'pending';
    return revertedAt !== undefined && now >= revertedAt ? 'reverted' : outcome;
  }

  /** Returns the balance of each account in minor units. It is the sum of the completed transactions that are not reverted. */
  computeBalances(): Map<string, bigint> {
    const balances = new Map(this.accounts.map(({ id }) => [id, 0n]));
    for (const transaction of this.transactions) {
      if (this.getState(transaction) !== 'completed') continue;
      for (const { account, amount, fee = 0n } of transaction.legs) {
        balances.set(account.id, (balances.get(account.id) ?? 0n) + amount - fee);
      }
    }
    return balances;
  }

  /**
   * Returns transactions, newest first, as the API lists them.
   * @param from the start of the time range (inclusive), in microseconds since 1970
   * @param to the end of the time range (exclusive), in microseconds since 1970
   */
  listTransactions(
    from: bigint,
    to: bigint,
    wanted: (transaction: SimulatedTransaction) => boolean,
    count: number,
  ) {
    const rows: SimulatedTransaction[] = [];
    const now = this.clock.now();
    let index = this.findFirstIndex(to) - 1;
    for (; index >= 0 && rows.length < count; index -= 1) {
      const transaction = this.transactions[index];
      if (!transaction || transaction.createdAt < from) break;
      const visibleFrom = transaction.visibleFrom ?? Number(transaction.createdAt / 1000n);
      if (visibleFrom <= now && wanted(transaction)) rows.push(transaction);
    }
    return { rows, next: this.transactions[index] };
  }

  toJson(transaction: SimulatedTransaction): object {
    const { id, type, createdAt, decidedAt, revertedAt, legs, outcome } = transaction;
    const state = this.getState(transaction);
    const completed = outcome === 'completed' && state !== 'pending';
    const updatedAt =
      state === 'pending'
        ? createdAt
        : BigInt(state === 'reverted' ? (revertedAt ?? decidedAt) : decidedAt) * 1000n;
    return {
      id,
      type,
      state,
      created_at: formatMicroseconds(createdAt),
      updated_at: formatMicroseconds(updatedAt),
      ...(completed && { completed_at: formatMicroseconds(BigInt(decidedAt) * 1000n) }),
      ...((state === 'declined' || state === 'failed') && { reason_code: 'insufficient_balance' }),
      ...(transaction.requestId !== undefined && { request_id: transaction.requestId }),
      ...(transaction.relatedTo !== undefined && { related_transaction_id: transaction.relatedTo }),
      ...(transaction.reference !== undefined && { reference: transaction.reference }),
      legs: legs.map((leg, index) => ({
        leg_id: id.replace('-4000-', `-4${index}00-`),
        account_id: leg.account.id,
        ...(transaction.isBroken !== true && { amount: toJsonNumber(leg.amount, leg.account.digits) }),
        ...(leg.fee !== undefined && { fee: toJsonNumber(leg.fee, leg.account.digits) }),
        currency: leg.account.currency,
        ...(leg.counterparty && { counterparty: leg.counterparty }),
      })),
    };
  }

  /** Returns the index of the first transaction that is not before this time. */
  private findFirstIndex(at: bigint): number {
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
export function toJsonNumber(units: bigint, digits: number): JsonNumber {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = text.slice(text.length - digits).replace(/0+$/, '');
  return new JsonNumber(`${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);
}

/** Formats microseconds as RFC 3339 with six digits. */
export function formatMicroseconds(micros: bigint): string {
  const milliseconds = new Date(Number(micros / 1000n)).toISOString().slice(0, -1);
  return `${milliseconds}${(micros % 1000n).toString().padStart(3, '0')}Z`;
}
