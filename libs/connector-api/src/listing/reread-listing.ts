/**
 * Lists rows that change after they were listed, for a PSP that has no filter for changes. It adds two kinds of reading to another
 * strategy:
 * 1. Before each listing, the rows that were open (not final) are requested again.
 * 2. Every `everyMs`, all rows of the last `changesWithinMs` are listed again.
 */
import type { ListingContext, ListingStep } from './listing.types.js';

/** An open row: its id, and its time in milliseconds since 1970. */
export type OpenRow = readonly [id: string, time: number];

/** The position at which `reread` resumes. */
export interface RereadPosition<Position> {
  /** The position of the strategy that lists the rows. */
  base: Position;
  /** The time of the last regular reading, in milliseconds since 1970. A regular reading lists all rows that can still change. */
  reread: number;
  /** The rows that were open when they were last read, oldest first. */
  open: OpenRow[];
  /** True if the open rows were already requested, and the listing of new rows follows. */
  isRefetched?: true;
}

export interface RereadOptions<Row, Position> {
  /** Lists the rows after a position. It uses one of the listing strategies. */
  list: (since: Position | undefined) => AsyncIterable<ListingStep<Row, Position>>;
  /** Returns a position from which all rows since `time` are listed again. */
  rewind: (position: Position, time: number) => Position;
  /** Returns true if a listing was interrupted at this position. It is then continued before the open rows are requested again. */
  isUnderWay: (position: Position) => boolean;
  /** The position from which a list is read from its beginning. */
  start: Position;
  /** The age in milliseconds after which a row no longer changes. */
  changesWithinMs: number;
  /** The interval in milliseconds between two regular readings of all rows that can still change. */
  everyMs: number;
  /** Returns the id and the time of an open row, or `undefined` if the row is final. */
  toOpenRow: (row: Row) => OpenRow | undefined;
  /** Returns the id of a row, the same as in `toOpenRow`. */
  getId: (row: Row) => string;
  /** Returns the part of an id that stays the same if the row changes, see `RereadTimeWindowsOptions`. Default: the whole id. */
  getStableId?: ((id: string) => string) | undefined;
  /**
   * Requests the open rows again.
   * @param since a time; older rows can no longer change
   * @returns the rows that the PSP returned, oldest first. Rows that are missing in the result remain open
   */
  refetch: (open: readonly OpenRow[], since: number) => Promise<Row[]>;
}

/**
 * The maximum number of open rows in a cursor. If there are more, the oldest ones are left to the regular reading of all rows that can
 * still change.
 */
const MAX_OPEN_ROWS = 500;

export async function* reread<Row, Position>(
  options: RereadOptions<Row, Position>,
  since: RereadPosition<Position> | undefined,
  { clock }: ListingContext,
): AsyncGenerator<ListingStep<Row, RereadPosition<Position>>> {
  const now = clock.now();
  // The age of a row is measured from the last regular reading, not from now. A row that could still change after that reading must be read
  // once more, even if this listing is very late.
  const changeableFrom = Math.min(now, since?.reread ?? now) - options.changesWithinMs;
  let position: RereadPosition<Position> = since ?? { base: options.start, reread: now, open: [] };
  if (since !== undefined && now - since.reread >= options.everyMs) {
    const base = options.rewind(since.base, changeableFrom);
    position = { base, reread: now, open: since.open };
  } else if (since !== undefined && since.isRefetched === undefined && !options.isUnderWay(since.base)) {
    const rows = await options.refetch(
      since.open.filter(([, time]) => time >= changeableFrom),
      changeableFrom,
    );
    const open = updateOpenRows(options, since.open, rows, changeableFrom);
    position = { ...position, open };
    if (rows.length > 0) {
      position = { ...position, isRefetched: true };
      yield { rows, position };
    }
  }
  const hasPending = position.isRefetched === true;
  position = { base: position.base, reread: position.reread, open: position.open };
  let hasStep = false;
  for await (const step of options.list(since === undefined ? undefined : position.base)) {
    const open = updateOpenRows(options, position.open, step.rows, changeableFrom);
    position = { ...position, base: step.position, open };
    hasStep = true;
    yield { ...step, position };
  }
  // This step stores that the open rows were requested. Without it, they would be requested again at the next listing.
  if (!hasStep && hasPending && since !== undefined) yield { rows: [], position };
}

function updateOpenRows<Row>(
  {
    toOpenRow,
    getId,
    getStableId = (id) => id,
  }: Pick<RereadOptions<Row, never>, 'toOpenRow' | 'getId' | 'getStableId'>,
  open: readonly OpenRow[],
  rows: readonly Row[],
  changeableFrom: number,
): OpenRow[] {
  const byId = new Map(open.map((row) => [getStableId(row[0]), row]));
  const latest = new Map(rows.map((row) => [getId(row), toOpenRow(row)]));
  for (const id of latest.keys()) byId.delete(getStableId(id));
  for (const opened of latest.values()) if (opened !== undefined) byId.set(getStableId(opened[0]), opened);
  return limitOpenRows([...byId.values()].filter(([, time]) => time >= changeableFrom));
}

/** Returns the open rows that a cursor keeps, oldest first. */
function limitOpenRows(rows: readonly OpenRow[]): OpenRow[] {
  return rows.toSorted((a, b) => a[1] - b[1]).slice(-MAX_OPEN_ROWS);
}

/** Returns the open rows together with the newest of `added`, as many as a cursor keeps, oldest first. */
export function addToOpenRows(open: readonly OpenRow[], added: readonly OpenRow[]): OpenRow[] {
  const freeCount = Math.max(0, MAX_OPEN_ROWS - open.length);
  const newest = added.toSorted((a, b) => b[1] - a[1]).slice(0, freeCount);
  return limitOpenRows([...open, ...newest]);
}

/**
 * Returns a check for stored cursors. The check returns true for a position of `reread`.
 * @param isBasePosition recognises the position of the strategy that lists the rows
 */
export function createRereadPositionCheck<Position>(
  isBasePosition: (value: unknown) => value is Position,
): (value: unknown) => value is RereadPosition<Position> {
  return (value): value is RereadPosition<Position> => {
    if (typeof value !== 'object' || value === null) return false;
    const { base, reread: time, open } = value as Partial<RereadPosition<unknown>>;
    return isBasePosition(base) && Number.isSafeInteger(time) && Array.isArray(open);
  };
}
