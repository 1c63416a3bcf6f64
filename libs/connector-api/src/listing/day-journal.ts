/** Lists a journal that a PSP filters by days and not by times, as one of the lists of `listSources`. */
import type { Json } from '../http/json-accessors.js';
import { readText } from '../mapping/pick-metadata.js';
import { formatTime } from '../time.js';
import { createRecordSource } from './list-sources.js';
import type { RecordSource, RecordSourceOptions } from './list-sources.js';
import type { ListingContext, TokenPage } from './listing.types.js';
import { isTimeWindowsPosition, timeWindows } from './time-window-listing.js';
import type { TimeWindowsOptions, TimeWindowsPosition } from './time-window-listing.js';

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
    Pick<RecordSourceOptions<Json, TimeWindowsPosition, T>, 'id' | 'toRecords'>,
    Pick<TimeWindowsOptions<Json>, 'getId' | 'order' | 'start'> {
  /** The name of the property with the day of an entry: `2026-01-31`. */
  dayProperty: string;
  /** The number of days that each listing reads again, because a bank can name an earlier day. */
  overlapDays: number;
  fetchPage: (days: DayRangeQuery, signal: AbortSignal) => Promise<TokenPage<Json>>;
}

/** Creates the source: `timeWindows` with windows of whole days. */
export function createDayJournalSource<T>(
  { id, toRecords, dayProperty, overlapDays, fetchPage, ...list }: DayJournalOptions<T>,
  context: ListingContext,
): RecordSource<T> {
  const options: TimeWindowsOptions<Json> = {
    ...{ ...list, paging: 'token', resolutionMs: DAY_MS, overlapMs: overlapDays * DAY_MS },
    getTime: (row) => Date.parse(`${readText(row, dayProperty)}T00:00:00Z`) || undefined,
    fetchPage: ({ from, to, token }, signal) =>
      fetchPage({ first: formatDay(from), last: formatDay(to - 1), token }, signal),
  };
  return createRecordSource({
    ...{ id, toRecords, isPosition: isTimeWindowsPosition },
    list: (since) => timeWindows(options, since, context),
  });
}

function formatDay(time: number): string {
  return formatTime(time).slice(0, DAY_LENGTH);
}
