/** The types that all listing strategies share. */
import type { DataWarning, ListOptions, Page } from '../plugin.js';
import type { HttpClock } from '../http/http-clock.js';

/** One step of a strategy: rows, and the position after these rows. The gateway commits rows and position together. */
export interface ListingStep<Row, Position> {
  /** Oldest first. A step without rows only changes the position. */
  rows: Row[];
  /** A small JSON value from which the strategy resumes. */
  position: Position;
  warnings?: DataWarning[];
  progress?: NonNullable<Page<unknown>['progress']>;
}

/** Information from the caller of a strategy: when the strategy must yield, and when it must stop. */
export interface ListingContext extends ListOptions {
  clock: HttpClock;
}

/** Reads the id and the time of a row. An unreadable row is still yielded, because the mapper rejects it later. */
export interface RowReader<Row> {
  /** @returns the PSP's id of the row, or another string that is the same whenever the PSP repeats the row */
  getId: (row: Row) => string;
  /** @returns milliseconds since 1970; `undefined` for a row without a readable time */
  getTime: (row: Row) => number | undefined;
}

/** One page of a list whose further pages are requested with a token. */
export interface TokenPage<Row> {
  rows: Row[];
  /**
   * The token of the next page. It is absent only if the PSP explicitly marked this page as the last page. A page with few rows or no rows
   * is not the end.
   */
  next?: string;
  /** The number of rows of the whole list, if the PSP says it. A window of a time-window listing with fewer rows is read again. */
  total?: number;
  /** True if the page shows that nothing follows, e.g. because it also contains rows before the requested time. */
  isLast?: boolean;
}
