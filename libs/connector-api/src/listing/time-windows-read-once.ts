/**
 * Lists rows with `timeWindows`, for a list that no later listing reads again except for the overlap, e.g. events or bookings. Rows that one listing does not
 * see are then lost, so an empty page is requested once more wherever no other listing reads its window.
 */
import type { ListingContext, ListingStep } from './listing.types.js';
import { timeWindows } from './time-window-listing.js';
import type { TimeWindowsOptions, TimeWindowsPosition } from './time-window-listing.js';

/** How the list is read. The strategy itself decides which empty pages are requested once more. */
export type TimeWindowsReadOnceOptions<Row> = Omit<TimeWindowsOptions<Row>, 'minConfirmedWindowMs'>;

/** Yields the rows after `since`, and ends when the present is reached. */
export function timeWindowsReadOnce<Row>(
  options: TimeWindowsReadOnceOptions<Row>,
  since: TimeWindowsPosition | undefined,
  context: ListingContext,
): AsyncGenerator<ListingStep<Row, TimeWindowsPosition>> {
  const { overlapMs } = options;
  const isReadTwice = since !== undefined && isCoveredByOtherListings(since, overlapMs, context);
  return timeWindows({ ...options, minConfirmedWindowMs: isReadTwice ? 2 * overlapMs : 1 }, since, context);
}

/**
 * Returns true if other listings read everything that a listing from this position reads. A complete listing ends with a position that is one overlap
 * before its own time. If the next listing follows within one more overlap, the previous listing has read the first part of its period, and the listing
 * after it reads the rest again. After a longer pause, or after an interrupted listing, a part of the period is read only once, however short the windows are.
 */
function isCoveredByOtherListings(
  { at, back }: TimeWindowsPosition,
  overlapMs: number,
  { clock }: Pick<ListingContext, 'clock'>,
): boolean {
  return back === undefined && clock.now() - at <= 2 * overlapMs;
}
