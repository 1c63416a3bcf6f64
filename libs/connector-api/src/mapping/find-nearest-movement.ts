import type { Json } from '../http/json-accessors.js';
import type { Money } from '../money.js';
import type { Transaction } from '../record.types.js';
import { parseTime } from '../time.js';
import { parseRows, takeValidRecords } from './parse-rows.js';

/** The conditions under which a journal row is the booking of an object, e.g. of a payout. */
export interface NearestMovementOptions {
  getAmount: (candidate: Json) => Money;
  /** Returns the time of an object in RFC 3339, or `undefined` for an object to which the row cannot belong. */
  getTime: (candidate: Json) => string | undefined;
  /** The smallest and largest accepted time difference in milliseconds: time of the row minus time of the object. */
  minMs: number;
  maxMs: number;
}

/**
 * Finds the object to which a journal row belongs, e.g. the payout that the row books. It is for a PSP whose journal does not contain the
 * id of the object. The function returns the object with the same amount whose time is nearest to the row. An object that cannot be parsed
 * is skipped, so that it does not stop the journal.
 */
export function findNearestMovement(
  { createdAt, amount: { amount, asset } }: Transaction,
  candidates: readonly Json[],
  { getAmount, getTime, minMs, maxMs }: NearestMovementOptions,
): Json | undefined {
  const toMilliseconds = (time: string | undefined) => parseTime(time ?? '')?.milliseconds ?? NaN;
  const at = toMilliseconds(createdAt);
  const near = parseRows(candidates, 'id', (candidate) => {
    const afterMs = at - toMilliseconds(getTime(candidate));
    const moved = getAmount(candidate);
    const isNear = afterMs >= minMs && afterMs <= maxMs;
    return isNear && moved.amount === amount && moved.asset === asset ? { candidate, afterMs } : [];
  });
  return takeValidRecords(near).sort((a, b) => Math.abs(a.afterMs) - Math.abs(b.afterMs))[0]?.candidate;
}
