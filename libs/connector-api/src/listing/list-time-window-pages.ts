/** Yields the pages of a list that can be filtered by time: a strategy for such lists together with its cursor. */
import type { Cursor, Page } from '../plugin.js';
import { convertStepsToPages, createCursorFormat } from './cursor-format.js';
import type { CursorFormatOptions } from './cursor-format.js';
import type { ListingContext } from './listing.types.js';
import { isRereadTimeWindowsPosition, rereadTimeWindows } from './reread-time-windows.js';
import type { RereadTimeWindowsOptions, RereadTimeWindowsPosition } from './reread-time-windows.js';
import { isTimeWindowsPosition } from './time-window-listing.js';
import { timeWindowsReadOnce } from './time-windows-read-once.js';
import type { TimeWindowsReadOnceOptions } from './time-windows-read-once.js';

/**
 * Yields the pages of a list that can be filtered by time and whose rows do not change, e.g. of bank accounts: `timeWindowsReadOnce` with a cursor.
 * @param plugin the name of the plugin, for messages
 * @param mapRows converts the rows of a page to records, see `parseRows`
 */
export function listTimeWindowPages<Row, T>(
  plugin: string,
  options: TimeWindowsReadOnceOptions<Row>,
  mapRows: (rows: Row[]) => Page<T>['items'],
  since: Cursor | undefined,
  context: ListingContext,
): AsyncGenerator<Page<T>> {
  const format = createCursorFormat({ plugin, version: 1, isPosition: isTimeWindowsPosition });
  return convertStepsToPages(timeWindowsReadOnce(options, format.parse(since), context), format, mapRows);
}

/** The name of the plugin, and the version of its cursors. */
export type RereadCursorOptions = Omit<CursorFormatOptions<RereadTimeWindowsPosition>, 'isPosition'>;

/**
 * Yields the pages of a list that can be filtered by time and whose rows change: `rereadTimeWindows` with a cursor.
 * @param mapRows converts the rows of a page to records, see `parseRows`
 */
export async function* rereadTimeWindowPages<Row, T>(
  cursorOptions: RereadCursorOptions,
  options: RereadTimeWindowsOptions<Row>,
  mapRows: (rows: Row[]) => Page<T>['items'] | Promise<Page<T>['items']>,
  since: Cursor | undefined,
  context: ListingContext,
): AsyncGenerator<Page<T>> {
  const format = createCursorFormat({ ...cursorOptions, isPosition: isRereadTimeWindowsPosition });
  yield* convertStepsToPages(rereadTimeWindows(options, format.parse(since), context), format, mapRows);
}
