/**
 * Simulates the PSP's own activity: the transactions that exist at a time, their states, and the balances of the accounts.
 * The result is a pure function of the settings and a time. Memory does not grow with the number of transactions. The client creates
 * a simulator for each response and discards it: creating one takes 0.1 ms, and keeping it would cost each idle connector 100 kB.
 *
 * Transactions are numbered in the order of their timestamps. Number n belongs to account n mod `accounts`, and is that
 * account's movement number k = ⌊n / accounts⌋. The cycle entry (k + the account's offset) mod 512 describes that movement.
 */
import { assetOf, type Money } from '@tributary/connector-api';
import type { SandboxSettings } from './sandbox.config.js';
import { draw, drawInt, Topic } from './sandbox.random.js';
import { planTies, SlotPlan, SLOTS, type Kind, type Slot, type State } from './sandbox.slots.js';

const SECOND = 1000;
const MINUTE = 60_000;
const HISTORY = 365 * 86_400_000;

/** State of one transaction at a time. */
export interface Movement {
  number: number;
  /** Number of the transaction that a refund or a fee belongs to. */
  original: number | undefined;
  kind: Kind;
  /** Kind of the refunded transaction for a refund, otherwise the same as `kind`. */
  of: Kind;
  state: State;
  /** Milliseconds since 1970, in whole seconds. */
  created: number;
  amount: number;
  currency: string;
  /** Index of the account, from 0. */
  account: number;
  /** Index of the receiving account, for a transfer. */
  target: number | undefined;
  /** Index of the beneficiary, for a payout. */
  payee: number | undefined;
}

export class World {
  private readonly opened: number;
  private readonly slots: SlotPlan;
  private readonly ties: ReadonlySet<number>;
  private readonly start: number;
  private readonly spacing: number;

  constructor(private readonly settings: SandboxSettings) {
    this.slots = new SlotPlan(settings);
    this.ties = planTies(settings);
    this.start = Date.parse(settings.start);
    this.opened = openedAt(settings);
    this.spacing = Math.floor(HISTORY / Math.max(1, settings.transactions));
  }

  /** Returns the number of transactions with a timestamp at or before `time`, visible or not. */
  createdBy(time: number): number {
    let count = this.plannedBy(Math.floor(time / SECOND) * SECOND + SECOND - 1);
    while (count > 0 && this.ties.has(count % SLOTS)) count += 1;
    return this.settings.activityPerMinute === 0 ? Math.min(count, this.settings.transactions) : count;
  }

  /** Returns the timestamp of a transaction. */
  created(number: number): number {
    let first = number;
    while (this.ties.has(first % SLOTS)) first -= 1;
    return Math.floor(this.planned(first) / SECOND) * SECOND;
  }

  /** @returns `undefined` if the PSP does not list the transaction yet. */
  movement(number: number, now: number): Movement | undefined {
    const { accounts, beneficiaries, seed } = this.settings;
    const account = number % accounts;
    const index = this.slotOf(account, Math.floor(number / accounts));
    const slot = this.slots.at(index);
    const created = this.created(number);
    const step = slot.steps.findLast(({ after }) => created + after <= now);
    if (!step) return undefined;
    const follows = slot.kind === 'refund' || slot.kind === 'fee';
    return {
      number,
      original: follows && number >= accounts ? number - accounts : undefined,
      kind: slot.kind,
      of: slot.kind === 'refund' ? slot.original : slot.kind,
      state: step.state,
      created,
      amount: this.amount(account, index),
      currency: slot.currency,
      account,
      target: slot.kind === 'transfer' ? (account + slot.shift) % accounts : undefined,
      payee: beneficiaries === 0 ? undefined : drawInt(beneficiaries, seed, Topic.Payees, account, index),
    };
  }

  /** Returns all states of a transaction, with the time from which each is visible (ms since 1970). */
  life(number: number): { state: State; at: number }[] {
    const { accounts } = this.settings;
    const slot = this.slots.at(this.slotOf(number % accounts, Math.floor(number / accounts)));
    const created = this.created(number);
    return slot.steps.map(({ state, after }) => ({ state, at: created + after }));
  }

  /**
   * Returns the balances of an account: the exact sum of the transactions that are listed at `now` and moved money. It multiplies the amount
   * of each cycle entry by its number of occurrences, so the cost does not depend on the number of transactions.
   */
  balance(account: number, now: number): Money[] {
    const sums = new Map<string, bigint>();
    for (let index = 0; index < SLOTS; index++) {
      const slot = this.slots.at(index);
      const own = outgoing(slot) ? -1n : 1n;
      let sum = own * this.moved(account, index, now);
      if (slot.kind === 'transfer') {
        const { accounts } = this.settings;
        sum += this.moved((((account - slot.shift) % accounts) + accounts) % accounts, index, now);
      }
      sums.set(slot.currency, (sums.get(slot.currency) ?? 0n) + sum);
    }
    return [...sums].map(([currency, amount]) => ({ amount, asset: assetOf(currency) }));
  }

  /** Returns the unsigned sum that one cycle entry of one account has moved until `now`. */
  private moved(account: number, index: number, now: number): bigint {
    let times = 0;
    let before = false;
    for (const { state, after } of this.slots.at(index).steps) {
      const counts = movesMoney(state);
      if (counts !== before) times += (counts ? 1 : -1) * this.occurrences(account, index, now - after);
      before = counts;
    }
    return times === 0 ? 0n : BigInt(times) * BigInt(this.amount(account, index));
  }

  /** Returns how many transactions of one cycle entry of one account have a timestamp at or before `time`. */
  private occurrences(account: number, index: number, time: number): number {
    const { accounts } = this.settings;
    const movements = Math.ceil(Math.max(0, this.createdBy(time) - account) / accounts);
    const first = (index - this.offset(account) + SLOTS) % SLOTS;
    return movements > first ? Math.floor((movements - 1 - first) / SLOTS) + 1 : 0;
  }

  private amount(account: number, index: number): number {
    const { kind } = this.slots.at(index);
    if (kind === 'refund' || kind === 'fee') {
      const original = this.amount(account, index - 1);
      if (kind === 'fee') return 25 + Math.floor(original / 100);
      return draw(this.settings.seed, Topic.Amounts, account, index) < 0.5
        ? original
        : Math.ceil(original / 2);
    }
    // Many small payments and a few large ones. Outgoing payments are smaller than incoming ones.
    const size = draw(this.settings.seed, Topic.Amounts, account, index) ** 3;
    return 100 + Math.floor(size * (kind === 'payin' ? 500_000 : 300_000));
  }

  private slotOf(account: number, movement: number): number {
    return (movement + this.offset(account)) % SLOTS;
  }

  private offset(account: number): number {
    return drawInt(SLOTS, this.settings.seed, Topic.Offsets, account);
  }

  /** Returns the evenly distributed time of a transaction, before shared timestamps are applied. */
  private planned(number: number): number {
    const { transactions, activityPerMinute } = this.settings;
    return number < transactions
      ? this.opened + number * this.spacing
      : this.start + Math.floor(((number - transactions) * MINUTE) / activityPerMinute);
  }

  /** Returns the number of transactions whose planned time is at or before `time`. */
  private plannedBy(time: number): number {
    const { transactions, activityPerMinute } = this.settings;
    if (time < this.opened) return 0;
    if (time < this.start) return Math.min(transactions, Math.floor((time - this.opened) / this.spacing) + 1);
    if (activityPerMinute === 0) return transactions;
    let count = transactions + Math.ceil(((time - this.start + 1) * activityPerMinute) / MINUTE);
    // The division can round differently than `plannedAt`, so correct the result.
    while (this.planned(count) <= time) count += 1;
    while (count > transactions && this.planned(count - 1) > time) count -= 1;
    return count;
  }
}

/** Returns the time at which the accounts were opened and the history begins (ms since 1970). */
export function openedAt(settings: SandboxSettings): number {
  return Date.parse(settings.start) - HISTORY;
}

/** Tells whether a transaction in this state counts for balances. A dispute counts until it is lost. */
export function movesMoney(state: State): boolean {
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

/** Tells whether a movement takes money out of its account. */
function outgoing(slot: Slot): boolean {
  switch (slot.kind) {
    case 'payin':
      return false;
    case 'payout':
    case 'transfer':
    case 'fee':
      return true;
    case 'refund':
      return slot.original === 'payin';
  }
}
