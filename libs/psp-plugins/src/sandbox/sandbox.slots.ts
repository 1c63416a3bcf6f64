/**
 * The cycle of 512 movements that every account of the sandbox repeats. Because the movements repeat, a balance is a sum over 512 products.
 * A balance after a million transactions costs as much as one after a hundred.
 */
import type { SandboxSettings } from './sandbox.config.js';
import { draw, drawInt, shuffled, Topic } from './sandbox.random.js';

export const SLOTS = 512;
/** Maximum number of consecutive rows with the same timestamp. */
export const LONGEST_TIE = 16;

export type Kind = 'payin' | 'payout' | 'transfer' | 'refund' | 'fee';
export type State =
  | 'pending'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'expired'
  | 'disputed'
  | 'dispute_won'
  | 'dispute_lost'
  | 'refunded';

/** A state, and the delay in ms between the row's timestamp and the first appearance of the state. */
export interface Step {
  state: State;
  after: number;
}

export interface Slot {
  kind: Kind;
  /** Kind of the previous movement, to which a refund or a fee belongs. */
  original: 'payin' | 'payout';
  currency: string;
  /** States in order. The row appears with the first one. */
  steps: readonly Step[];
  /** Distance from the account's index to the index of the account that receives a transfer. */
  shift: number;
}

export const CURRENCIES = ['EUR', 'EUR', 'EUR', 'USD', 'USD', 'JPY', 'BHD'] as const;

/** State sequences of rows that change. Sequences with disputes apply to payins only and come last. */
const STORIES: readonly (readonly State[])[] = [
  ['pending', 'completed'],
  ['pending', 'completed'],
  ['pending', 'completed'],
  ['pending', 'failed'],
  ['pending', 'cancelled'],
  ['pending', 'expired'],
  ['completed', 'disputed', 'dispute_won'],
  ['pending', 'completed', 'disputed', 'dispute_lost'],
];
const PEACEFUL = 6;

/** Computes cycle entries on demand, because one page needs only a few of them. */
export class SlotPlan {
  private readonly kinds: readonly Kind[];
  private readonly changing: ReadonlySet<number>;
  private readonly late: ReadonlySet<number>;
  private readonly slots: (Slot | undefined)[] = [];

  constructor(private readonly settings: SandboxSettings) {
    const { seed, statusChanges, lateRows } = settings;
    const kinds = planKinds(seed);
    this.kinds = kinds;
    this.changing = chosen(statusChanges, seed, Topic.Changes, (index) => {
      const refunded = kinds[index + 1] === 'refund';
      return !follows(kinds[index]!) && !refunded;
    });
    this.late = chosen(lateRows, seed, Topic.Late);
  }

  /** @param index 0 … 511 */
  at(index: number): Slot {
    return (this.slots[index] ??= this.plan(index));
  }

  private plan(index: number): Slot {
    const { settings } = this;
    const { seed, accounts } = settings;
    const kind = this.kinds[index]!;
    const before = index > 0 && follows(kind) ? this.at(index - 1) : undefined;
    const path = states(seed, index, kind, this.changing.has(index));
    return {
      kind: kind === 'transfer' && accounts === 1 ? 'payout' : kind,
      original: this.kinds[index - 1] === 'payin' ? 'payin' : 'payout',
      currency: before?.currency ?? CURRENCIES[drawInt(CURRENCIES.length, seed, Topic.Kinds, index, 1)]!,
      steps: planSteps(path, index, this.late.has(index), settings),
      shift: 1 + drawInt(Math.max(1, accounts - 1), seed, Topic.Shifts, index),
    };
  }
}

/** @returns the indexes of the rows (0 … 511) that have the same timestamp as the previous row. */
export function planTies({ seed, sameTimestamps }: SandboxSettings): ReadonlySet<number> {
  return chosen(sameTimestamps, seed, Topic.Ties, (index) => index % LONGEST_TIE !== 0);
}

function follows(kind: Kind): boolean {
  return kind === 'refund' || kind === 'fee';
}

function planKinds(seed: number): Kind[] {
  const kinds: Kind[] = [];
  for (let index = 0; index < SLOTS; index++) {
    const before = kinds[index - 1];
    const chance = draw(seed, Topic.Kinds, index);
    if ((before === 'payin' || before === 'payout') && chance < 0.16) {
      kinds.push(chance < 0.07 ? 'refund' : 'fee');
    } else {
      kinds.push(chance < 0.65 ? 'payin' : chance < 0.88 ? 'payout' : 'transfer');
    }
  }
  return kinds;
}

function states(seed: number, index: number, kind: Kind, changes: boolean): readonly State[] {
  if (kind === 'refund') return ['refunded'];
  if (!changes) return ['completed'];
  const known = kind === 'payin' ? STORIES.length : PEACEFUL;
  return STORIES[drawInt(known, seed, Topic.Stories, index)]!;
}

/** Plans the delay of each state. Each step uses a part of the remaining time, so that all are within `changesWithin`. */
function planSteps(
  path: readonly State[],
  slot: number,
  late: boolean,
  { seed, changesWithin }: SandboxSettings,
): Step[] {
  let after = late ? Math.ceil(changesWithin * (0.05 + 0.4 * draw(seed, Topic.Delays, slot, 0))) : 0;
  return path.map((state, index) => {
    if (index > 0) {
      const share = 0.05 + 0.5 * draw(seed, Topic.Delays, slot, index);
      after += Math.ceil((changesWithin - after) * share);
    }
    return { state, after };
  });
}

/** Chooses a share of all cycle entries among the candidates, rounded up. Fewer if there are not enough candidates. */
function chosen(
  share: number,
  seed: number,
  topic: Topic,
  isCandidate: (index: number) => boolean = () => true,
): ReadonlySet<number> {
  const most = Math.ceil(share * SLOTS);
  if (most === 0) return new Set();
  return new Set(shuffled(SLOTS, seed, topic).filter(isCandidate).slice(0, most));
}
