/**
 * Decides from one observed balance whether the rows are complete. Pure functions.
 *
 * States of the check of one account in one asset:
 * - learning: the opening balance is not certain. It is proven when two observations agree.
 * - agreed: balance = opening balance + rows.
 * - suspect: an observation disagreed. Rows can arrive later than the balance, so the observation is compared again whenever rows arrive.
 * - re-read: a second observation shows the same difference, and the PSP's lateness (the maximum delay of a row) has passed. The rows are
 *   read again, once.
 * - gap: the difference remains after that. A person must examine it.
 *
 * An observation that agrees ends every state. `docs/decisions/0016-completeness-check.md` explains the rules.
 */
import type { AccountCheck, AccountSum, SuspectObservation } from '@tributary/feed';

/** A balance of one account in one asset. */
export interface ObservedBalance {
  /** Milliseconds since 1970. */
  at: number;
  balance: bigint;
  /** Sum of the rows in the feed that the PSP booked after `at`. */
  after: bigint;
}

export interface JudgeOptions {
  maxLatenessMs: number;
  /** Whether the opening balance is zero by declaration, and the sums contain all rows. */
  hasZeroOpening: boolean;
  /** Sequence number of the last row of the feed before the pull. */
  seq: number;
  /** Whether this pull has already read the rows again. */
  hasReread: boolean;
}

export type CompletenessVerdict = 'agreed' | 'learning' | 'suspect' | 'unsteady' | 'reread' | 'gap';

export interface CompletenessJudgement {
  verdict: CompletenessVerdict;
  check: AccountCheck;
  /** Balance minus (opening balance + rows). */
  difference: bigint;
}

/**
 * Time in ms without any agreement after which an unsteady difference is reported. A difference is unsteady if its amount changes at each
 * check.
 */
const MAX_UNSTEADY_MS = 24 * 3_600_000;

export const INITIAL_ACCOUNT_CHECK: AccountCheck = {
  opening: undefined,
  isOpeningProven: false,
  agreed: undefined,
  suspect: undefined,
  gap: undefined,
  rereadAt: undefined,
};

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
    // The rows agree with the balance except for the known gap. A later re-read can therefore start after this observation.
    return { verdict: 'gap', check: { ...known, suspect: undefined, agreed }, difference };
  return judgeDifference({ total, check: known }, observation, { ...options, opening, difference });
}

/** Judges an observation that disagrees with the rows. */
function judgeDifference(
  { total, check }: Pick<AccountSum, 'total' | 'check'>,
  { at, balance, after }: ObservedBalance,
  { maxLatenessMs, hasReread, opening, difference }: JudgeOptions & { opening: bigint; difference: bigint },
): CompletenessJudgement {
  const { suspect, rereadAt } = check;
  const fresh = { at, balance, after, since: at };
  const suspectDifference = suspect && computeSuspectDifference(suspect, total, opening);
  // Rows that arrived later explain the first difference. The present difference is new.
  if (!suspect || suspectDifference === 0n)
    return { verdict: 'suspect', check: { ...check, suspect: fresh }, difference };
  if (at <= suspect.at || at - suspect.at < maxLatenessMs) return { verdict: 'suspect', check, difference };
  if (suspectDifference !== difference) {
    const verdict = at - suspect.since > MAX_UNSTEADY_MS ? 'unsteady' : 'suspect';
    return { verdict, check: { ...check, suspect: { ...fresh, since: suspect.since } }, difference };
  }
  // The time of a re-read is stored only after the re-read has ended, so a failed re-read is repeated.
  if (!hasReread && (rereadAt === undefined || rereadAt < suspect.since))
    return { verdict: 'reread', check, difference };
  const gap = { amount: difference, since: check.gap?.since ?? suspect.since };
  const readAgainAt = hasReread ? at : rereadAt;
  return { verdict: 'gap', check: { ...check, suspect: undefined, gap, rereadAt: readAgainAt }, difference };
}

/** Compares a suspect observation with the present rows of the feed, and returns the difference: balance minus (opening balance + rows). */
export function computeSuspectDifference(
  { balance, after }: SuspectObservation,
  total: bigint,
  opening: bigint,
): bigint {
  return balance - opening - (total - after);
}

/** Returns true if two states differ in more than the time of the last agreement. */
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
