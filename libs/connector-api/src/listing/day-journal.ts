/** Lists a journal that a PSP filters by days and not by times, as one of the lists of `listSources`. */
import type { Json } from '../http/json-accessors.js';
import { readText } from '../mapping/pick-metadata.js';
import { formatTime } from '../time.js';
import { createRecordSource } from './list-sources.js';
import type { RecordSource, RecordSourceOptions } from './list-sources.js';
import type { ListingContext, TokenPage } from './listing.types.js';
import { isRereadTimeWindowsPosition, rereadTimeWindows } from './reread-time-windows.js';
import type { RereadTimeWindowsOptions, RereadTimeWindowsPosition } from './reread-time-windows.js';

const DAY_MS = 86_400_000;
const DAY_LENGTH = '2026-01-31'.length;

/** The request of one page: the first and the last day of a period, both inclusive, and the token of the page. */
export interface DayRangeQuery {
  first: string;
  last: string;
  token?: string | undefined;
}

export interface DayJournalOptions<T>
  extends
    Pick<RecordSourceOptions<Json, RereadTimeWindowsPosition, T>, 'id' | 'toRecords'>,
    Pick<RereadTimeWindowsOptions<Json>, 'getId' | 'order' | 'start' | 'changesWithinMs' | 'everyMs'> {
  /** The name of the property with the day of an entry: `2026-01-31`. */
  dayProperty: string;
  /** The number of days that each listing reads again, because a bank can name an earlier day. */
  overlapDays: number;
  fetchPage: (days: DayRangeQuery, signal: AbortSignal) => Promise<TokenPage<Json>>;
}

/**
 * Creates the source: `rereadTimeWindows` with windows of whole days. An entry that appears later than `overlapDays` after its day is found by the regular reading of
 * the last `changesWithinMs`.
 */
export function createDayJournalSource<T>(
  { id, toRecords, dayProperty, overlapDays, fetchPage, ...list }: DayJournalOptions<T>,
  context: ListingContext,
): RecordSource<T> {
  const options: RereadTimeWindowsOptions<Json> = {
    ...{ ...list, paging: 'token', resolutionMs: DAY_MS, overlapMs: overlapDays * DAY_MS },
    // Each listing reads the last days again, so an empty list of these days is not requested again.
    minConfirmedWindowMs: (overlapDays + 3) * DAY_MS,
    getTime: (row) => Date.parse(`${readText(row, dayProperty)}T00:00:00Z`) || undefined,
    fetchPage: ({ from, to, token }, signal) =>
      fetchPage({ first: formatDay(from), last: formatDay(to - 1), token }, signal),
  };
  return createRecordSource({
    ...{ id, toRecords, isPosition: isRereadTimeWindowsPosition },
    list: (since) => rereadTimeWindows(options, since, context),
  });
}

function formatDay(time: number): string {
  return formatTime(time).slice(0, DAY_LENGTH);
}
