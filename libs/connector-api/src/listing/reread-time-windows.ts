/**
 * Lists rows that can be filtered by time and that change after they were listed. It combines `timeWindows` with `reread`. Before each
 * listing, open rows are requested again by their times, because such a PSP has no request for several ids.
 */
import { TimeBudget } from './time-budget.js';
import type { ListingContext, ListingStep } from './listing.types.js';
import { readWindow, WindowTooLargeError } from './read-window.js';
import type { TimeWindowSource } from './read-window.js';
import { addToOpenRows, createRereadPositionCheck, reread } from './reread-listing.js';
import type { OpenRow, RereadPosition } from './reread-listing.js';
import {
  isTimeWindowsPosition,
  isTimeWindowsUnderWay,
  rewindTimeWindows,
  timeWindows,
} from './time-window-listing.js';
import type { TimeWindowsOptions, TimeWindowsPosition } from './time-window-listing.js';

export interface RereadTimeWindowsOptions<Row> extends TimeWindowsOptions<Row> {
  /** The age in milliseconds after which a row no longer changes. */
  changesWithinMs: number;
  /** The interval in milliseconds between two regular readings of all rows that can still change. */
  everyMs: number;
  /**
   * Returns true if a row is open, i.e. if it will probably still change. Open rows are requested again before each listing. Default: no
   * row is requested again before `everyMs` has passed.
   */
  isOpen?: (row: Row) => boolean;
  /**
   * Requests a page like `fetchPage`, but with a status filter of the PSP. It returns only rows that are open, and rows with a status to
   * which final rows rarely change, e.g. "reverted". Without this function, all open rows are requested with windows around their times.
   */
  fetchOpenPage?: TimeWindowSource<Row>['fetchPage'];
  /**
   * Returns the part of an id that stays the same if the row changes. It is for a PSP without unique ids, if `getId` contains properties that can change. By this
   * part, an open row is found again when the PSP has decided about it. Default: the whole id.
   */
  getStableId?: (id: string) => string;
}

type RereadSource<Row> = TimeWindowSource<Row> & Pick<RereadTimeWindowsOptions<Row>, 'getStableId'>;

/** The position at which `rereadTimeWindows` resumes. */
export type RereadTimeWindowsPosition = RereadPosition<TimeWindowsPosition>;

/** Returns true if a value of a stored cursor is a position of `rereadTimeWindows`. */
export const isRereadTimeWindowsPosition = createRereadPositionCheck(isTimeWindowsPosition);

const DAY_MS = 86_400_000;
/**
 * The maximum number of pages of `fetchOpenPage` in one listing. Rows on further pages are left to the regular reading of all rows that can
 * still change.
 */
const MAX_OPEN_PAGES = 4;
/** The maximum number of pages that one listing reads to find rows that became final. The next listing reads the remaining rows. */
const MAX_DECIDED_PAGES = 20;

/** Yields changed rows, then new rows, and ends when the present is reached. */
export function rereadTimeWindows<Row>(
  options: RereadTimeWindowsOptions<Row>,
  since: RereadTimeWindowsPosition | undefined,
  context: ListingContext,
): AsyncGenerator<ListingStep<Row, RereadTimeWindowsPosition>> {
  const { start, initialWindowMs = 30 * DAY_MS, changesWithinMs, everyMs, getId, getStableId } = options;
  return reread(
    {
      ...{ getId, getStableId, changesWithinMs, everyMs },
      start: { at: Math.min(start, context.clock.now()), span: initialWindowMs },
      list: (position) => timeWindows(options, position, context),
      rewind: (position, time) => rewindTimeWindows(position, Math.max(start, time)),
      isUnderWay: isTimeWindowsUnderWay,
      toOpenRow: (row) => toOpenRow(options, row),
      refetch: (open, from) => refetchOpenRows(options, open, from, context),
    },
    since,
    context,
  );
}

/**
 * Adds rows to the open rows of a position, so that the next listing requests them again, although `isOpen` returns false for them. It is
 * for rows of which something else is missing, e.g. their children. Rows that no longer change are left out. If there is not enough room for
 * all given rows, the function adds the newest of them. It never removes a row that is already open.
 */
export function addOpenRows<Row>(
  {
    getId,
    getTime,
    changesWithinMs,
  }: Pick<RereadTimeWindowsOptions<Row>, 'getId' | 'getTime' | 'changesWithinMs'>,
  position: RereadTimeWindowsPosition,
  rows: readonly Row[],
): RereadTimeWindowsPosition {
  const known = new Set(position.open.map(([id]) => id));
  const added = new Map<string, OpenRow>();
  for (const row of rows) {
    const [id, time] = [getId(row), getTime(row)];
    if (time !== undefined && time >= position.reread - changesWithinMs && !known.has(id))
      added.set(id, [id, time]);
  }
  return { ...position, open: addToOpenRows(position.open, [...added.values()]) };
}

function toOpenRow<Row>(options: RereadTimeWindowsOptions<Row>, row: Row): OpenRow | undefined {
  const time = options.getTime(row);
  return time !== undefined && options.isOpen?.(row) === true ? [options.getId(row), time] : undefined;
}

/** Returns changed rows, oldest first. Rows of the last `overlapMs` are left out, because the listing reads them anyway. */
async function refetchOpenRows<Row>(
  options: RereadTimeWindowsOptions<Row>,
  open: readonly OpenRow[],
  from: number,
  context: ListingContext,
): Promise<Row[]> {
  const to = context.clock.now() - options.overlapMs;
  const budget = new TimeBudget(context);
  const { fetchOpenPage: fetchPage } = options;
  const stillOpen =
    fetchPage === undefined
      ? { rows: [], covered: { from } }
      : await readWindow(
          { ...options, fetchPage },
          { from, to },
          { budget, maxPages: MAX_OPEN_PAGES, largestPage: 1, provenFrom: from - DAY_MS },
        );
  const { getId, getStableId = (id: string) => id } = options;
  const known = new Set(stillOpen.rows.map((row) => getStableId(getId(row))));
  // An open row is final now if the filter for open rows no longer returns it.
  const decided = open.filter(
    ([id, time]) => time >= stillOpen.covered.from && time < to && !known.has(getStableId(id)),
  );
  const rows = [...stillOpen.rows, ...(await readDecidedRows(options, decided, budget))];
  return rows.sort((a, b) => (options.getTime(a) ?? 0) - (options.getTime(b) ?? 0));
}

/**
 * Returns the given rows in their present state. They are requested with one window around their times. If the PSP refuses this window as
 * too large, the rows are divided into two halves with smaller windows. A row that is not found is requested again by the next listing.
 */
async function readDecidedRows<Row>(
  source: RereadSource<Row>,
  decided: readonly OpenRow[],
  budget: TimeBudget,
): Promise<Row[]> {
  if (decided.length === 0 || budget.isUsedUp()) return [];
  try {
    return await readWindowAround(source, decided, budget);
  } catch (error) {
    if (!(error instanceof WindowTooLargeError)) throw error;
    if (decided.length === 1) return [];
    const middle = Math.ceil(decided.length / 2);
    return [
      ...(await readDecidedRows(source, decided.slice(0, middle), budget)),
      ...(await readDecidedRows(source, decided.slice(middle), budget)),
    ];
  }
}

async function readWindowAround<Row>(
  source: RereadSource<Row>,
  decided: readonly OpenRow[],
  budget: TimeBudget,
): Promise<Row[]> {
  const { getStableId = (id: string) => id } = source;
  const getKey = (row: Row) => getStableId(source.getId(row));
  const times = decided.map(([, time]) => time);
  const ids = new Set(decided.map(([id]) => getStableId(id)));
  const missing = new Set(ids);
  const { rows } = await readWindow(
    {
      ...source,
      fetchPage: async (window, signal) => {
        const page = await source.fetchPage(window, signal);
        for (const row of page.rows) missing.delete(getKey(row));
        if (missing.size === 0) return { rows: page.rows, isLast: true };
        // The number of rows of the window is not compared, because the reading ends when the last row is found.
        delete page.total;
        return page;
      },
    },
    { from: Math.min(...times), to: Math.max(...times) + source.resolutionMs },
    { budget, maxPages: MAX_DECIDED_PAGES, largestPage: 1 },
  );
  return rows.filter((row) => ids.has(getKey(row)));
}
