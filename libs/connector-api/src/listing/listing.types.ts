/** The types that all listing strategies share. */
import type { DataWarning, ListOptions, Page } from '../plugin.js';
import type { HttpClock } from '../http/http-clock.js';

/** One step of a listing strategy: some rows, and the position after these rows. The gateway commits the rows and the position together. */
export interface ListingStep<Row, Position> {
  /** The rows, oldest first. A step without rows only changes the position. */
  rows: Row[];
  /** A small JSON value. The strategy resumes from it. */
  position: Position;
  warnings?: DataWarning[];
  /** The ids of earlier rejected records and warnings that no longer apply, see `Page.resolvedIds`. */
  resolvedIds?: string[];
  progress?: NonNullable<Page<unknown>['progress']>;
}

/** The options that a strategy gets from its caller. They determine when the strategy must yield, and when it must stop. */
export interface ListingContext extends ListOptions {
  clock: HttpClock;
}

/**
 * Reads the id and the time of a row. A strategy also yields a row without a readable time; the plugin rejects the row later, when it
 * converts it.
 */
export interface RowReader<Row> {
  /** Returns the PSP's id of the row, or another string that stays the same when the PSP returns the row again. */
  getId: (row: Row) => string;
  /** Returns the time of the row in milliseconds since 1970, or `undefined` for a row without a readable time. */
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
  /**
   * The number of rows of the whole list, if the PSP returns this number. If a listing by time windows reads fewer rows, it reads the
   * window again.
   */
  total?: number;
  /** True if the page shows that no rows follow, e.g. because it also contains rows from before the requested time. */
  isLast?: boolean;
}
