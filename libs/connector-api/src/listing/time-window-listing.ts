/**
 * Lists rows that can be filtered by time, window by window, oldest window first. The length of the windows is adapted so that each window
 * has a few pages. It increases after windows with few rows, and decreases after a window with too many rows.
 *
 * A newest-first list is read from the end of a window to its beginning. If this needs too many pages, the pages are discarded, and the
 * window is read again in shorter windows from its beginning. The shorter length is stored in the cursor, so the next attempt does not
 * begin with the same window. Therefore, even if requests are slow, a logarithmic number of requests is enough to find the right length
 * where many rows follow a period with few rows.
 */
import type { DataWarning } from '../plugin.js';
import type { ListingContext, ListingStep } from './listing.types.js';
import { TimeBudget } from './time-budget.js';
import { getMaxRows, readWindow, WindowTooLargeError } from './read-window.js';
import type { TimeWindow, TimeWindowSource } from './read-window.js';
import { PspError } from '../errors.js';

export interface TimeWindowsOptions<Row> extends TimeWindowSource<Row> {
  /** The time of the oldest row to list, in milliseconds since 1970. */
  start: number;
  /** The maximum delay in milliseconds with which a row can appear in the list. Every listing reads this period again. */
  overlapMs: number;
  /** The length of the first window in milliseconds. Default: 30 days. */
  initialWindowMs?: number;
  /** The maximum length of a window that the PSP accepts, in milliseconds. Default: unlimited. */
  maxWindowMs?: number;
  /** The maximum number of full pages that are read of one window. The pages are kept in memory. Default: 8. */
  maxPages?: number;
}

/** The position at which `timeWindows` resumes. All times are milliseconds since 1970. */
export interface TimeWindowsPosition {
  /** The time at which the next window begins. */
  at: number;
  /** The length of the next window in milliseconds. */
  span: number;
  /** The time from which the next listing reads again. It is present only during a listing. */
  back?: number;
  /** A period with many rows: from the time `from` on, a window must not be longer than `span`. */
  dense?: { from: number; span: number };
  /** The number of rows of the largest page that the PSP has returned so far. */
  page?: number;
  /** The time of the newest known row before `at`. */
  last?: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const INITIAL_WINDOW_MS = 30 * DAY_MS;
const DEFAULT_MAX_PAGES = 8;
/**
 * The maximum difference in ms between the clocks of the PSP and of the gateway that is assumed. The list is read up to this time in the
 * future.
 */
const MAX_CLOCK_SKEW_MS = 60_000;
/**
 * The intended number of rows of a window, as a share of the maximum. It is below the maximum, because a newest-first window with too many
 * rows must be read again.
 */
const TARGET_FILL_RATIO = 0.85;
const MAX_GROWTH = 4;
/**
 * The share of the time budget that a window may use if the next window is to be longer. After a slower window, the length does not
 * increase.
 */
const MAX_TIME_RATIO_TO_GROW = 0.4;
const SHRINK_RATIO = 0.75;
/**
 * The minimum time in ms between two cursors of a list without new rows. Cursors are not stored more often, because each needs a database
 * transaction.
 */
const QUIET_CURSOR_INTERVAL_MS = HOUR_MS;

/** Yields the rows after `since`, and ends when the present is reached. */
export async function* timeWindows<Row>(
  options: TimeWindowsOptions<Row>,
  since: TimeWindowsPosition | undefined,
  context: ListingContext,
): AsyncGenerator<ListingStep<Row, TimeWindowsPosition>> {
  const now = context.clock.now();
  const end = now + MAX_CLOCK_SKEW_MS;
  const budget = new TimeBudget(context);
  const {
    maxPages = DEFAULT_MAX_PAGES,
    maxWindowMs = Infinity,
    initialWindowMs = INITIAL_WINDOW_MS,
    minConfirmedWindowMs = options.overlapMs + DAY_MS,
  } = options;
  const source = { ...options, minConfirmedWindowMs };
  const stored = since ?? { at: Math.min(options.start, now), span: initialWindowMs };
  const overlap = Math.max(options.start, now - options.overlapMs);
  // An earlier listing may have used a clock that was ahead of the PSP. Rows that the PSP had later are then after the stored time.
  let position: TimeWindowsPosition =
    stored.back === undefined
      ? { ...stored, at: Math.min(stored.at, overlap), back: overlap }
      : { ...stored, back: Math.min(stored.back, overlap) };
  const first = position.at;
  // A stored position of an unfinished listing lets the next listing begin there, without the overlap. So the last step must follow it.
  let isUnfinishedStored = since === undefined || stored.back !== undefined;
  while (position.at < end) {
    const window = chooseWindow(options, position, end);
    const usedBefore = budget.getUsedRatio();
    const { last } = position;
    const read = await readOrShrink(source, window, {
      ...{ budget, maxPages, largestPage: position.page ?? 1, canShrink: true },
      ...(last !== undefined && window.to - last <= maxWindowMs && { provenFrom: last }),
    });
    if (read === 'too-large' || read.covered.from > window.from) {
      position = shrinkWindow(options, position, window, read === 'too-large' ? undefined : read.covered);
      if (!budget.isUsedUp()) continue;
      yield { rows: [], position };
      isUnfinishedStored = true;
      budget.restart();
      continue;
    }
    const isLast = read.covered.to >= end;
    const next = moveOn(options, position, read.covered, {
      times: [
        ...(last === undefined ? [] : [last]),
        ...read.rows.map((row) => options.getTime(row) ?? Infinity),
      ],
      fill: read.rows.length / getMaxRows({ maxPages, largestPage: read.largestPage }),
      // With a slow PSP, a longer window could not be read completely within one step. So the length increases only after a fast window.
      canGrow: read.rows.length === 0 || budget.getUsedRatio() - usedBefore < MAX_TIME_RATIO_TO_GROW,
      isLast,
      largestPage: read.largestPage,
    });
    const isWorthIt = isUnfinishedStored || next.at - stored.at >= QUIET_CURSOR_INTERVAL_MS;
    if (read.rows.length > 0 || read.warnings.length > 0 || budget.isUsedUp() || (isLast && isWorthIt)) {
      yield createStep(read.rows, next, read.warnings, { from: first, to: read.covered.to, end });
      isUnfinishedStored = true;
      budget.restart();
    }
    if (isLast) return;
    position = next;
  }
}

/** Returns a position from which all rows since `time` are listed again. */
export function rewindTimeWindows(position: TimeWindowsPosition, time: number): TimeWindowsPosition {
  const { at, span, page, last } = position;
  const start = Math.min(at, time);
  return {
    ...{ at: start, span },
    ...(page !== undefined && { page }),
    ...(last !== undefined && last < start && { last }),
  };
}

/** Returns true if a listing was interrupted at this position. */
export function isTimeWindowsUnderWay({ back }: TimeWindowsPosition): boolean {
  return back !== undefined;
}

/** Returns true if a value of a stored cursor is a position of `timeWindows`. */
export function isTimeWindowsPosition(value: unknown): value is TimeWindowsPosition {
  if (typeof value !== 'object' || value === null) return false;
  const { at, span, back, dense, last } = value as Partial<TimeWindowsPosition>;
  return (
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(span) &&
    [back, last].every((time) => time === undefined || Number.isSafeInteger(time)) &&
    (dense === undefined || (typeof dense === 'object' && Number.isSafeInteger(dense.from)))
  );
}

function chooseWindow<Row>(
  { resolutionMs, maxWindowMs = Infinity }: TimeWindowsOptions<Row>,
  { at, span, dense }: TimeWindowsPosition,
  end: number,
): TimeWindow {
  const border = dense !== undefined && dense.from > at ? dense.from : Infinity;
  const to = Math.min(at + Math.max(span, resolutionMs), at + maxWindowMs, border);
  // A window ends at a time that a query can express, so that the rows of one instant are not divided.
  const aligned = Math.max(Math.floor(to / resolutionMs) * resolutionMs, at + 1);
  const next = Math.ceil((at + 1) / resolutionMs) * resolutionMs;
  return { from: at, to: Math.min(Math.max(aligned, next), end) };
}

async function readOrShrink<Row>(
  options: TimeWindowsOptions<Row>,
  window: TimeWindow,
  limits: Parameters<typeof readWindow>[2],
): Promise<Awaited<ReturnType<typeof readWindow<Row>>> | 'too-large'> {
  try {
    return await readWindow(options, window, limits);
  } catch (error) {
    if (!(error instanceof WindowTooLargeError)) throw error;
    if (window.to - window.from > options.resolutionMs) return 'too-large';
    throw new PspError('unavailable', `the PSP refuses its shortest time window: ${error.message}`, {
      cause: error,
    });
  }
}

/**
 * Returns a position with a shorter next window.
 * @param covered the part at the end of the window that was read; `undefined` if no part was read completely
 */
function shrinkWindow<Row>(
  { resolutionMs }: TimeWindowsOptions<Row>,
  position: TimeWindowsPosition,
  { from, to }: TimeWindow,
  covered: TimeWindow | undefined,
): TimeWindowsPosition {
  const length = covered === undefined ? (to - from) / 2 : (covered.to - covered.from) * SHRINK_RATIO;
  const span = Math.max(resolutionMs, Math.floor(length));
  return { ...position, span, ...(covered === undefined ? {} : { dense: { from: covered.from, span } }) };
}

/** Returns the position after a window that was read. */
function moveOn<Row>(
  { start, resolutionMs }: TimeWindowsOptions<Row>,
  position: TimeWindowsPosition,
  { from, to }: TimeWindow,
  read: { times: number[]; fill: number; canGrow: boolean; isLast: boolean; largestPage: number },
): TimeWindowsPosition {
  const { back = from, dense } = position;
  const { fill } = read;
  const maxGrowth = read.canGrow ? MAX_GROWTH : 1;
  const factor =
    fill === 0 ? maxGrowth : Math.min(maxGrowth, Math.max(1 / MAX_GROWTH, TARGET_FILL_RATIO / fill));
  const grown = Math.max(resolutionMs, Math.floor((to - from) * factor));
  // If a window was ended by the present or by a period with many rows, its number of rows does not show whether its length was right.
  const isCut = read.isLast || (dense !== undefined && dense.from === to);
  const span =
    dense !== undefined && to >= dense.from ? dense.span : isCut ? Math.max(position.span, grown) : grown;
  const page = { page: read.largestPage };
  if (read.isLast) {
    const at = Math.max(start, Math.min(back, to));
    return { at, span, ...page, ...findLastBefore(at, read.times) };
  }
  return {
    ...{ at: to, span, back, ...page },
    ...findLastBefore(to, read.times),
    ...(dense !== undefined && to < dense.from ? { dense } : {}),
  };
}

function findLastBefore(at: number, times: readonly number[]): Pick<TimeWindowsPosition, 'last'> {
  const last = times.reduce((newest, time) => (time < at && time > newest ? time : newest), -Infinity);
  return last === -Infinity ? {} : { last };
}

function createStep<Row>(
  rows: Row[],
  position: TimeWindowsPosition,
  warnings: DataWarning[],
  { from, to, end }: { from: number; to: number; end: number },
): ListingStep<Row, TimeWindowsPosition> {
  const countDays = (until: number) => Math.floor((until - from) / DAY_MS);
  return { rows, position, warnings, progress: { done: countDays(to), total: countDays(end), unit: 'days' } };
}
