/**
 * Decides from one observed balance whether the rows are complete. The functions have no side effects.
 *
 * The check of one account in one asset has these states:
 * - learning: the opening balance is not certain yet. It is proven when two observations agree.
 * - agreed: the balance equals the opening balance plus the rows.
 * - suspect: an observation disagreed. Rows can arrive later than the balance, so the observation is compared again whenever rows arrive.
 * - re-read: a second observation shows the same difference, and the PSP's lateness (the maximum delay of a row) has passed. The rows are
 *   read again, once.
 * - gap: the difference remains after the rows were read again. A person must examine it.
 *
 * After an observation that agrees, the state is always `agreed`. `docs/decisions/0016-completeness-check.md` explains the rules.
 */
import { INITIAL_ACCOUNT_CHECK } from '@tributary/feed';
import type { AccountCheck, AccountSum, SuspectObservation } from '@tributary/feed';

/** The balance of one account in one asset, as the PSP returned it. */
export interface ObservedBalance {
  /** The time of the balance, in milliseconds since 1970. */
  at: number;
  balance: bigint;
  /** The sum of the rows in the feed that the PSP booked after `at`. The balance does not contain these rows. */
  after: bigint;
}

export interface JudgeOptions {
  maxLatenessMs: number;
  /** True if the plugin declares that the opening balance is zero, and the sums contain all rows. */
  hasZeroOpening: boolean;
  /** The sequence number of the last row in the feed before the pull. */
  seq: number;
  /** True if this pull has already read the rows again from the PSP. */
  hasReread: boolean;
}

export type CompletenessVerdict = 'agreed' | 'learning' | 'suspect' | 'unsteady' | 'reread' | 'gap';

export interface CompletenessJudgement {
  verdict: CompletenessVerdict;
  check: AccountCheck;
  /** The balance minus the opening balance and the rows, in minor units. */
  difference: bigint;
}

/**
 * Time in ms without agreement after which an unsteady difference is reported. A difference is unsteady if its amount changes at each
 * check.
 */
const MAX_UNSTEADY_MS = 24 * 3_600_000;

export function judgeObservation(
  { total, check }: Pick<AccountSum, 'total' | 'check'>,
  observation: ObservedBalance,
  options: JudgeOptions,
): CompletenessJudgement {
  const { at, balance, after } = observation;
  const agreed = { at, seq: options.seq };
  const offset = balance - (total - after);
  const opening = check.opening ?? (options.hasZeroOpening ? 0n : undefined);
  const isOpeningProven = check.opening === undefined ? options.hasZeroOpening : check.isOpeningProven;
  const isAgreed = offset === opening;
  if (opening === undefined || (!isOpeningProven && !isAgreed))
    return {
      verdict: 'learning',
      check: { ...INITIAL_ACCOUNT_CHECK, opening: offset, agreed },
      difference: 0n,
    };
  if (isAgreed)
    return {
      verdict: 'agreed',
      check: { ...INITIAL_ACCOUNT_CHECK, opening, isOpeningProven: true, agreed },
      difference: 0n,
    };
  const known = { ...check, opening, isOpeningProven };
  const difference = offset - opening;
  if (check.gap?.amount === difference)
    // Balance and rows agree except for the known gap. So if rows must be read again later, the reading can start after this observation.
    return { verdict: 'gap', check: { ...known, suspect: undefined, agreed }, difference };
  return judgeDifference({ total, check: known }, observation, { ...options, opening, difference });
}

/** Decides what an observation means that disagrees with the rows. */
function judgeDifference(
  { total, check }: Pick<AccountSum, 'total' | 'check'>,
  { at, balance, after }: ObservedBalance,
  { maxLatenessMs, hasReread, opening, difference }: JudgeOptions & { opening: bigint; difference: bigint },
): CompletenessJudgement {
  const { suspect, rereadAt } = check;
  const fresh = { at, balance, after, since: at };
  const suspectDifference = suspect && computeSuspectDifference(suspect, total, opening);
  // Rows that arrived later explain the first difference, so the present difference is a new one.
  if (!suspect || suspectDifference === 0n)
    return { verdict: 'suspect', check: { ...check, suspect: fresh }, difference };
  if (at <= suspect.at || at - suspect.at < maxLatenessMs) return { verdict: 'suspect', check, difference };
  if (suspectDifference !== difference) {
    const verdict = at - suspect.since > MAX_UNSTEADY_MS ? 'unsteady' : 'suspect';
    return { verdict, check: { ...check, suspect: { ...fresh, since: suspect.since } }, difference };
  }
  // The time at which rows were read again is stored only after that reading has ended. So a reading that failed is repeated.
  if (!hasReread && (rereadAt === undefined || rereadAt < suspect.since))
    return { verdict: 'reread', check, difference };
  const gap = { amount: difference, since: check.gap?.since ?? suspect.since };
  const readAgainAt = hasReread ? at : rereadAt;
  return { verdict: 'gap', check: { ...check, suspect: undefined, gap, rereadAt: readAgainAt }, difference };
}

/**
 * Compares an earlier observation that disagreed with the present rows of the feed.
 * @returns the balance minus the opening balance and the rows, in minor units
 */
export function computeSuspectDifference(
  { balance, after }: SuspectObservation,
  total: bigint,
  opening: bigint,
): bigint {
  return balance - opening - (total - after);
}

/** Returns true if the two states of a check differ in more than the time of the last agreement. */
export function hasCheckChanged(before: AccountCheck, after: AccountCheck): boolean {
  return (
    before.opening !== after.opening ||
    before.isOpeningProven !== after.isOpeningProven ||
    before.suspect?.at !== after.suspect?.at ||
    before.suspect?.balance !== after.suspect?.balance ||
    before.gap?.amount !== after.gap?.amount ||
    before.rereadAt !== after.rereadAt ||
    (before.agreed === undefined) !== (after.agreed === undefined)
  );
}
