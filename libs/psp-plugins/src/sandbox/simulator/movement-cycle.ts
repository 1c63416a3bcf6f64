/**
 * The cycle of 512 movements that every account of the sandbox repeats. Because the movements repeat, a balance is computed from 512
 * amounts and the number of occurrences of each. So computing a balance takes the same time after a million transactions as after a
 * hundred.
 */
import type { SandboxSettings } from '../sandbox.config.js';
import { getRandomFraction, getRandomInteger, shuffleIntegers, RandomTopic } from './stateless-random.js';

export const CYCLE_LENGTH = 512;
/** The maximum number of consecutive rows with the same timestamp. */
export const MAX_ROWS_WITH_EQUAL_TIME = 16;

export type MovementKind = 'payin' | 'payout' | 'transfer' | 'refund' | 'fee';
export type TransactionState =
  | 'pending'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'expired'
  | 'disputed'
  | 'dispute_won'
  | 'dispute_lost'
  | 'refunded';

/** A state of a row, and the delay in ms from the row's timestamp until the row has this state. */
export interface StateStep {
  state: TransactionState;
  delayMs: number;
}

export interface CycleEntry {
  kind: MovementKind;
  /** The kind of the previous movement, to which a refund or a fee belongs. */
  originalKind: 'payin' | 'payout';
  currency: string;
  /** The states in the order in which the row has them. The row appears with the first state. */
  steps: readonly StateStep[];
  /** The distance from the account's index to the index of the account that receives a transfer. */
  targetDistance: number;
}

export const CURRENCIES = ['EUR', 'EUR', 'EUR', 'USD', 'USD', 'JPY', 'BHD'] as const;

/** The sequences of states of rows that change. The sequences with disputes apply only to payins, and come last in the list. */
const STATE_SEQUENCES: readonly (readonly TransactionState[])[] = [
  ['pending', 'completed'],
  ['pending', 'completed'],
  ['pending', 'completed'],
  ['pending', 'failed'],
  ['pending', 'cancelled'],
  ['pending', 'expired'],
  ['completed', 'disputed', 'dispute_won'],
  ['pending', 'completed', 'disputed', 'dispute_lost'],
];
const UNDISPUTED_SEQUENCE_COUNT = 6;

/** Computes cycle entries when they are needed, because a page needs only a few of them. */
export class MovementCycle {
  private readonly kinds: readonly MovementKind[];
  private readonly changingIndexes: ReadonlySet<number>;
  private readonly lateIndexes: ReadonlySet<number>;
  private readonly entries: (CycleEntry | undefined)[] = [];

  constructor(private readonly settings: SandboxSettings) {
    const { seed, statusChanges, lateRows } = settings;
    const kinds = planKinds(seed);
    this.kinds = kinds;
    this.changingIndexes = chooseIndexes(statusChanges, seed, RandomTopic.Changes, (index) => {
      const refunded = kinds[index + 1] === 'refund';
      return !isFollowUp(kinds[index]!) && !refunded;
    });
    this.lateIndexes = chooseIndexes(lateRows, seed, RandomTopic.Late);
  }

  /**
   * Returns a cycle entry.
   * @param index the index of the entry, 0 to 511
   */
  at(index: number): CycleEntry {
    return (this.entries[index] ??= this.planEntry(index));
  }

  private planEntry(index: number): CycleEntry {
    const { settings } = this;
    const { seed, accounts } = settings;
    const kind = this.kinds[index]!;
    const before = index > 0 && isFollowUp(kind) ? this.at(index - 1) : undefined;
    const path = planStates(seed, index, kind, this.changingIndexes.has(index));
    return {
      kind: kind === 'transfer' && accounts === 1 ? 'payout' : kind,
      originalKind: this.kinds[index - 1] === 'payin' ? 'payin' : 'payout',
      currency:
        before?.currency ??
        CURRENCIES[getRandomInteger(CURRENCIES.length, seed, RandomTopic.Kinds, index, 1)]!,
      steps: planSteps(path, index, this.lateIndexes.has(index), settings),
      targetDistance: 1 + getRandomInteger(Math.max(1, accounts - 1), seed, RandomTopic.Shifts, index),
    };
  }
}

/**
 * Chooses the rows that have the same timestamp as the previous row.
 * @returns their indexes, 0 to 511
 */
export function chooseRowsWithEqualTime({ seed, sameTimestamps }: SandboxSettings): ReadonlySet<number> {
  return chooseIndexes(
    sameTimestamps,
    seed,
    RandomTopic.Ties,
    (index) => index % MAX_ROWS_WITH_EQUAL_TIME !== 0,
  );
}

function isFollowUp(kind: MovementKind): boolean {
  return kind === 'refund' || kind === 'fee';
}

function planKinds(seed: number): MovementKind[] {
  const kinds: MovementKind[] = [];
  for (let index = 0; index < CYCLE_LENGTH; index++) {
    const before = kinds[index - 1];
    const chance = getRandomFraction(seed, RandomTopic.Kinds, index);
    if ((before === 'payin' || before === 'payout') && chance < 0.16) {
      kinds.push(chance < 0.07 ? 'refund' : 'fee');
    } else {
      kinds.push(chance < 0.65 ? 'payin' : chance < 0.88 ? 'payout' : 'transfer');
    }
  }
  return kinds;
}

function planStates(
  seed: number,
  index: number,
  kind: MovementKind,
  changes: boolean,
): readonly TransactionState[] {
  if (kind === 'refund') return ['refunded'];
  if (!changes) return ['completed'];
  const known = kind === 'payin' ? STATE_SEQUENCES.length : UNDISPUTED_SEQUENCE_COUNT;
  return STATE_SEQUENCES[getRandomInteger(known, seed, RandomTopic.Stories, index)]!;
}

/** Plans the delay of each state. Each delay uses a part of the remaining time, so that all states are reached within `changesWithin`. */
function planSteps(
  path: readonly TransactionState[],
  slot: number,
  late: boolean,
  { seed, changesWithin }: SandboxSettings,
): StateStep[] {
  let delayMs = late
    ? Math.ceil(changesWithin * (0.05 + 0.4 * getRandomFraction(seed, RandomTopic.Delays, slot, 0)))
    : 0;
  return path.map((state, index) => {
    if (index > 0) {
      const share = 0.05 + 0.5 * getRandomFraction(seed, RandomTopic.Delays, slot, index);
      delayMs += Math.ceil((changesWithin - delayMs) * share);
    }
    return { state, delayMs };
  });
}

/**
 * Chooses a share of all cycle entries among the candidates. The number is rounded up. If there are not enough candidates, all of them are
 * chosen.
 */
function chooseIndexes(
  share: number,
  seed: number,
  topic: RandomTopic,
  isCandidate: (index: number) => boolean = () => true,
): ReadonlySet<number> {
  const most = Math.ceil(share * CYCLE_LENGTH);
  if (most === 0) return new Set();
  return new Set(shuffleIntegers(CYCLE_LENGTH, seed, topic).filter(isCandidate).slice(0, most));
}
