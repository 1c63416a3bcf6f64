/**
 * Lists transactions. Revolut lists them only by `created_at`, newest first. Listed transactions can still change weeks later, but there is
 * no filter for changes. So a listing reads three things, each with a limited number of requests:
 * 1. The transactions that can still change and are open or were reverted. With the filter on states, these are few rows. A transaction
 * that was open at the last listing and is missing now was decided, so it is requested by its time.
 * 2. The new transactions, and the transactions of the last hours again, window by window, oldest first.
 * 3. At intervals of `rereadEveryHours`, all transactions that can still change.
 */
import { parseRows, readText } from '@tributary/connector-api';
import type { Cursor } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { isTimeWindowsPosition, rereadTimeWindowPages } from '@tributary/connector-api/listing';
import type {
  RereadCursorOptions,
  RereadTimeWindowsOptions,
  TimeWindowQuery,
} from '@tributary/connector-api/listing';
import { REVOLUT_LISTS, type RevolutBusinessContext } from './revolut-business.client.js';
import { toTransactions } from './revolut-business.mapper.js';
import { isFinalState, PLUGIN_NAME, TRANSACTION_KINDS } from './revolut-business.vocabulary.js';

const HOUR_MS = 3_600_000;
/**
 * The time in milliseconds before the present that each listing reads again. Rows can appear late, and Revolut's clock can differ from the
 * gateway's clock.
 */
const OVERLAP_MS = 2 * HOUR_MS;
/**
 * A time in ms that is longer than the maximum interval between two complete readings, which is 168 hours (`rereadEveryHours`). If the last
 * complete reading is dated back by this time, the next one is due at once.
 */
const MAX_REREAD_MS = 170 * HOUR_MS;
const WATCHED_STATES = ['created', 'pending', 'reverted'];

const CURSOR_OPTIONS: RereadCursorOptions = {
  plugin: PLUGIN_NAME,
  version: 2,
  // The cursor of version 1 contained the times of the open transactions, but not their ids. These transactions are found at the next
  // complete reading. It is due now, because `reread` is older than the maximum interval.
  upgrade: ({ v, at, span }) =>
    v === 1 && isTimeWindowsPosition({ at, span })
      ? {
          base: { at: Number(at) - OVERLAP_MS, span: Number(span) },
          ...{ reread: Number(at) - MAX_REREAD_MS, open: [] },
        }
      : undefined,
};

export function listTransactionPages(context: RevolutBusinessContext, since: Cursor | undefined) {
  const { since: firstDay, changesWithinDays, rereadEveryHours, pageSize } = context.settings;
  const list = async (query: TimeWindowQuery, signal: AbortSignal, more = {}) => {
    const { filter: type, limit: count = pageSize, ...window } = query;
    return { rows: await context.client.listTransactions({ ...window, count, type, ...more }, signal) };
  };
  const options: RereadTimeWindowsOptions<Json> = {
    ...REVOLUT_LISTS,
    fetchPage: (query, signal) => list(query, signal),
    fetchOpenPage: (query, signal) => list(query, signal, { state: WATCHED_STATES }),
    // If more rows have the same millisecond than fit on a page, the rows are requested separately for each type.
    instantFilters: Object.keys(TRANSACTION_KINDS),
    // A state that Revolut adds later is treated as open, because it is unknown whether it is final.
    isOpen: (row) => !isFinalState(readText(row, 'state') ?? ''),
    start: Math.min(Date.parse(firstDay), context.clock.now()),
    overlapMs: OVERLAP_MS,
    changesWithinMs: changesWithinDays * 24 * HOUR_MS,
    everyMs: rereadEveryHours * HOUR_MS,
  };
  const mapRows = (rows: Json[]) => parseRows(rows, 'id', toTransactions);
  return rereadTimeWindowPages(CURSOR_OPTIONS, options, mapRows, since, context);
}
