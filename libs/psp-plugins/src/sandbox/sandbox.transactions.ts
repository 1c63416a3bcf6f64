/**
 * Lists transactions. The PSP lists them by time, in either order and page by page. Rows can appear late and change without notice, and
 * there is no filter for changes. A row is final when the time `changesWithin` has passed since its timestamp. So a listing reads time
 * windows, oldest first. It begins with the rows that were not final when the previous listing began.
 */
import { formatTime, parseRows } from '@tributary/connector-api';
import type { Cursor, DataWarning, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  isTimeWindowsPosition,
  rejectForeignCursor,
  timeWindows,
  convertStepsToPages,
} from '@tributary/connector-api/listing';
import type { CursorFormat, TimeWindowsOptions, TimeWindowsPosition } from '@tributary/connector-api/listing';
import type { SandboxContext } from './sandbox.client.js';
import { toTransaction } from './sandbox.mapper.js';
import { PLUGIN_NAME } from './sandbox.vocabulary.js';
import { getOpenedAt } from './simulator/activity-simulator.js';
import { getOldestListedTime } from './simulator/simulated-api.js';

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** The maximum number of pages of a window, because the pages of a window are kept in memory. */
const MAX_WINDOW_PAGES = 10;

/**
 * The cursor is `<from>/<length of the window>`, in milliseconds. It is not JSON, because older releases must be able to read it. `from` is
 * a whole second, like the times of rows. During a listing, `from` is never later than the time from which the next listing must read
 * again, so the cursor needs no further data.
 */
const CURSOR_FORMAT: CursorFormat<TimeWindowsPosition> = {
  serialize: ({ at, span, back = at }) => `${floorToSecond(Math.min(at, back))}/${span}`,
  parse: (cursor) => {
    if (cursor === undefined) return undefined;
    const [, from, span] = /^(-?\d{1,15})\/(\d{4,15})$/.exec(cursor) ?? [];
    const position = { at: Number(from), span: Number(span) };
    return isTimeWindowsPosition(position) ? position : rejectForeignCursor(PLUGIN_NAME, cursor);
  },
};

export async function* listTransactionPages(
  context: SandboxContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const { settings, client, clock } = context;
  const position = CURSOR_FORMAT.parse(since);
  const now = clock.now();
  const end = floorToSecond(now) + SECOND_MS;
  const options: TimeWindowsOptions<Json> = {
    getId: (row) => row.scalar('id') ?? row.toJsonString(),
    getTime,
    // Rows that appear during the listing are left to the next listing. Otherwise they could come between two pages in the wrong order.
    fetchPage: (query, signal) => client.listTransactions({ ...query, to: Math.min(query.to, end) }, signal),
    order: settings.newestFirst ? 'newest-first' : 'oldest-first',
    paging: 'token',
    resolutionMs: SECOND_MS,
    start: getOpenedAt(settings),
    overlapMs: settings.changesWithin,
    initialWindowMs: DAY_MS,
    maxPages: MAX_WINDOW_PAGES,
  };
  const unlisted =
    position === undefined ? [] : warnOfUnlistedPeriod(position.at, getOldestListedTime(settings, now));
  const steps = timeWindows(options, position, context);
  const pages = convertStepsToPages(steps, CURSOR_FORMAT, (rows) => parseRows(rows, 'id', toTransaction));
  for await (const { warnings = [], ...page } of pages)
    yield { ...page, warnings: [...unlisted, ...warnings] };
}

function floorToSecond(time: number): number {
  return Math.floor(time / SECOND_MS) * SECOND_MS;
}

/** Returns the time of a row in milliseconds since 1970. The times of the PSP are in UTC and in whole seconds. */
function getTime(row: Json): number | undefined {
  const time = Date.parse(row.scalar('created') ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** Returns a warning if the PSP may have listed rows and removed them again since the last listing. */
function warnOfUnlistedPeriod(from: number, oldest: number): DataWarning[] {
  if (from >= oldest) return [];
  const [since, until] = [formatTime(from), formatTime(oldest)];
  return [
    {
      id: `not-listed-any-more-since-${since}`,
      message:
        `transactions between ${since} and ${until} may be missing: the last sync is longer ago than the PSP lists them. ` +
        'Sync more often than its setting "listsDays" forgets.',
    },
  ];
}
