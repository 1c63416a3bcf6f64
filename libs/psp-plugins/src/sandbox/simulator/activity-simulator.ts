/**
 * Simulates the PSP's own activity: the transactions that exist at a time, their states, and the balances of the accounts. The result is a
 * pure function of the settings and a time. Memory does not grow with the number of transactions. The client creates a simulator for each
 * response and discards it. Creating a simulator takes 0.1 ms, and keeping it would cost each idle connector 100 kB.
 *
 * Transactions are numbered in the order of their timestamps. Number n belongs to account n mod `accounts`, and is that account's movement
 * number k = ⌊n / accounts⌋. The cycle entry (k + the account's offset) mod 512 describes that movement.
 */
import { currencyToAsset, type Money } from '@tributary/connector-api';
import type { SandboxSettings } from '../sandbox.config.js';
import { getRandomFraction, getRandomInteger, RandomTopic } from './stateless-random.js';
import {
  chooseRowsWithEqualTime,
  MovementCycle,
  CYCLE_LENGTH,
  type MovementKind,
  type CycleEntry,
  type TransactionState,
} from './movement-cycle.js';

const SECOND = 1000;
const MINUTE = 60_000;
const HISTORY_MS = 365 * 86_400_000;

/** The state of one transaction at a given time. */
export interface Movement {
  number: number;
  /** The number of the transaction to which a refund or a fee belongs. */
  originalNumber: number | undefined;
  kind: MovementKind;
  /** The kind of the refunded transaction for a refund; otherwise the same as `kind`. */
  baseKind: MovementKind;
  state: TransactionState;
  /** The time in milliseconds since 1970, a whole second. */
  createdAt: number;
  amount: number;
  currency: string;
  /** The index of the account, from 0. */
  accountIndex: number;
  /** The index of the receiving account of a transfer. */
  targetAccountIndex: number | undefined;
  /** The index of the beneficiary of a payout. */
  beneficiaryIndex: number | undefined;
}

export class ActivitySimulator {
  private readonly openedAt: number;
  private readonly cycle: MovementCycle;
  private readonly tiedIndexes: ReadonlySet<number>;
  private readonly start: number;
  private readonly spacingMs: number;

  constructor(private readonly settings: SandboxSettings) {
    this.cycle = new MovementCycle(settings);
    this.tiedIndexes = chooseRowsWithEqualTime(settings);
    this.start = Date.parse(settings.start);
    this.openedAt = getOpenedAt(settings);
    this.spacingMs = Math.floor(HISTORY_MS / Math.max(1, settings.transactions));
  }

  /** Returns the number of transactions with a timestamp at or before `time`, whether they are already visible or not. */
  countCreatedBy(time: number): number {
    let count = this.countPlannedBy(Math.floor(time / SECOND) * SECOND + SECOND - 1);
    while (count > 0 && this.tiedIndexes.has(count % CYCLE_LENGTH)) count += 1;
    return this.settings.activityPerMinute === 0 ? Math.min(count, this.settings.transactions) : count;
  }

  /** Returns the timestamp of a transaction. */
  getCreatedAt(number: number): number {
    let first = number;
    while (this.tiedIndexes.has(first % CYCLE_LENGTH)) first -= 1;
    return Math.floor(this.getPlannedAt(first) / SECOND) * SECOND;
  }

  /**
   * Returns a transaction with its state at a time.
   * @returns `undefined` if the PSP does not list the transaction yet
   */
  getMovement(number: number, now: number): Movement | undefined {
    const { accounts, beneficiaries, seed } = this.settings;
    const accountIndex = number % accounts;
    const index = this.getCycleIndex(accountIndex, Math.floor(number / accounts));
    const slot = this.cycle.at(index);
    const createdAt = this.getCreatedAt(number);
    const step = slot.steps.findLast(({ delayMs }) => createdAt + delayMs <= now);
    if (!step) return undefined;
    const follows = slot.kind === 'refund' || slot.kind === 'fee';
    return {
      number,
      originalNumber: follows && number >= accounts ? number - accounts : undefined,
      kind: slot.kind,
      baseKind: slot.kind === 'refund' ? slot.originalKind : slot.kind,
      state: step.state,
      createdAt,
      amount: this.getAmount(accountIndex, index),
      currency: slot.currency,
      accountIndex,
      targetAccountIndex:
        slot.kind === 'transfer' ? (accountIndex + slot.targetDistance) % accounts : undefined,
      beneficiaryIndex:
        beneficiaries === 0
          ? undefined
          : getRandomInteger(beneficiaries, seed, RandomTopic.Beneficiaries, accountIndex, index),
    };
  }

  /** Returns all states of a transaction, with the time from which each is visible (ms since 1970). */
  getStateHistory(number: number): { state: TransactionState; at: number }[] {
    const { accounts } = this.settings;
    const slot = this.cycle.at(this.getCycleIndex(number % accounts, Math.floor(number / accounts)));
    const created = this.getCreatedAt(number);
    return slot.steps.map(({ state, delayMs }) => ({ state, at: created + delayMs }));
  }

  /**
   * Returns the balances of an account. They are the exact sum of the transactions that are listed at `now` and moved money. The amount of
   * each cycle entry is multiplied by its number of occurrences, so the cost does not depend on the number of transactions.
   */
  getBalances(account: number, now: number): Money[] {
    const sums = new Map<string, bigint>();
    for (let index = 0; index < CYCLE_LENGTH; index++) {
      const slot = this.cycle.at(index);
      const own = isOutgoing(slot) ? -1n : 1n;
      let sum = own * this.sumMoved(account, index, now);
      if (slot.kind === 'transfer') {
        const { accounts } = this.settings;
        sum += this.sumMoved(
          (((account - slot.targetDistance) % accounts) + accounts) % accounts,
          index,
          now,
        );
      }
      sums.set(slot.currency, (sums.get(slot.currency) ?? 0n) + sum);
    }
    return [...sums].map(([currency, amount]) => ({ amount, asset: currencyToAsset(currency) }));
  }

  /** Returns the sum, without a sign, that one cycle entry of one account has moved until `now`. */
  private sumMoved(account: number, index: number, now: number): bigint {
    let times = 0;
    let before = false;
    for (const { state, delayMs } of this.cycle.at(index).steps) {
      const counts = isCountedInBalance(state);
      if (counts !== before)
        times += (counts ? 1 : -1) * this.countOccurrences(account, index, now - delayMs);
      before = counts;
    }
    return times === 0 ? 0n : BigInt(times) * BigInt(this.getAmount(account, index));
  }

  /** Returns how many transactions of one cycle entry of one account have a timestamp at or before `time`. */
  private countOccurrences(account: number, index: number, time: number): number {
    const { accounts } = this.settings;
    const movements = Math.ceil(Math.max(0, this.countCreatedBy(time) - account) / accounts);
    const first = (index - this.getCycleOffset(account) + CYCLE_LENGTH) % CYCLE_LENGTH;
    return movements > first ? Math.floor((movements - 1 - first) / CYCLE_LENGTH) + 1 : 0;
  }

  private getAmount(account: number, index: number): number {
    const { kind } = this.cycle.at(index);
    if (kind === 'refund' || kind === 'fee') {
      const original = this.getAmount(account, index - 1);
      if (kind === 'fee') return 25 + Math.floor(original / 100);
      return getRandomFraction(this.settings.seed, RandomTopic.Amounts, account, index) < 0.5
        ? original
        : Math.ceil(original / 2);
    }
    // There are many small payments and a few large payments. Outgoing payments are smaller than incoming payments.
    const size = getRandomFraction(this.settings.seed, RandomTopic.Amounts, account, index) ** 3;
    return 100 + Math.floor(size * (kind === 'payin' ? 500_000 : 300_000));
  }

  private getCycleIndex(account: number, movement: number): number {
    return (movement + this.getCycleOffset(account)) % CYCLE_LENGTH;
  }

  private getCycleOffset(account: number): number {
    return getRandomInteger(CYCLE_LENGTH, this.settings.seed, RandomTopic.Offsets, account);
  }

  /**
   * Returns the planned time of a transaction. Planned times are evenly distributed. Some transactions then get the timestamp of the
   * transaction before.
   */
  private getPlannedAt(number: number): number {
    const { transactions, activityPerMinute } = this.settings;
    return number < transactions
      ? this.openedAt + number * this.spacingMs
      : this.start + Math.floor(((number - transactions) * MINUTE) / activityPerMinute);
  }

  /** Returns the number of transactions whose planned time is at or before `time`. */
  private countPlannedBy(time: number): number {
    const { transactions, activityPerMinute } = this.settings;
    if (time < this.openedAt) return 0;
    if (time < this.start)
      return Math.min(transactions, Math.floor((time - this.openedAt) / this.spacingMs) + 1);
    if (activityPerMinute === 0) return transactions;
    let count = transactions + Math.ceil(((time - this.start + 1) * activityPerMinute) / MINUTE);
    // The rounding of the division can differ from the rounding in `getPlannedAt`, so the result is corrected.
    while (this.getPlannedAt(count) <= time) count += 1;
    while (count > transactions && this.getPlannedAt(count - 1) > time) count -= 1;
    return count;
  }
}

/** Returns the time at which the accounts were opened and the history begins (ms since 1970). */
export function getOpenedAt(settings: SandboxSettings): number {
  return Date.parse(settings.start) - HISTORY_MS;
}

/** Returns true if a transaction in this state is included in balances. A disputed transaction is included until the dispute is lost. */
export function isCountedInBalance(state: TransactionState): boolean {
  switch (state) {
    case 'completed':
    case 'disputed':
    case 'dispute_won':
    case 'refunded':
      return true;
    case 'pending':
    case 'failed':
    case 'cancelled':
    case 'expired':
    case 'dispute_lost':
      return false;
  }
}

/** Returns true if a movement takes money out of its account. */
function isOutgoing(slot: CycleEntry): boolean {
  switch (slot.kind) {
    case 'payin':
      return false;
    case 'payout':
    case 'transfer':
    case 'fee':
      return true;
    case 'refund':
      return slot.originalKind === 'payin';
  }
}
