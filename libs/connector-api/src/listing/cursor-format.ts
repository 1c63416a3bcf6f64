/**
 * Formats the cursors of plugins as JSON with a version number, so that a later version of a plugin recognises the cursors of an earlier
 * version.
 */
import { PspError } from '../errors.js';
import type { Cursor, Page } from '../plugin.js';
import type { ListingStep } from './listing.types.js';

export interface CursorFormat<Position> {
  serialize: (position: Position) => Cursor;
  /**
   * Parses a stored cursor.
   * @returns `undefined` for an absent cursor
   * @throws PspError `unavailable` if another plugin created the cursor
   */
  parse: (cursor: Cursor | undefined) => Position | undefined;
}

export interface CursorFormatOptions<Position> {
  /** The name of the plugin, for messages. */
  plugin: string;
  version: number;
  isPosition(value: unknown): value is Position;
  /**
   * Converts the cursor of an earlier version of the plugin.
   * @returns `undefined` if the value is not such a cursor
   */
  upgrade?(value: Readonly<Record<string, unknown>>): Position | undefined;
}

/** Creates a cursor format: `{"v":2,"position":…}`. */
export function createCursorFormat<Position>(options: CursorFormatOptions<Position>): CursorFormat<Position> {
  return {
    serialize: (position) => JSON.stringify({ v: options.version, position }),
    parse: (cursor) => (cursor === undefined ? undefined : parsePosition(options, cursor)),
  };
}

function parsePosition<Position>(options: CursorFormatOptions<Position>, cursor: Cursor): Position {
  const value = parseObject(cursor);
  const position = value?.['v'] === options.version ? value['position'] : undefined;
  if (options.isPosition(position)) return position;
  const upgraded = value === undefined ? undefined : options.upgrade?.(value);
  if (upgraded !== undefined) return upgraded;
  return rejectForeignCursor(options.plugin, cursor);
}

/**
 * Throws the error for a cursor that the plugin cannot read. A plugin uses it if its `CursorFormat` is not JSON.
 * @throws PspError `unavailable`
 */
export function rejectForeignCursor(plugin: string, cursor: Cursor): never {
  throw new PspError(
    'unavailable',
    `the cursor ${JSON.stringify(cursor.slice(0, 64))} was not written by the plugin ${plugin}: was the connector another plugin before?`,
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Converts the steps of a listing strategy to the pages of a plugin.
 * @param mapRows a function that converts rows to records, see `parseRows`, or to a page with its records and `resolvedIds`. Its argument `step` is the whole step, e.g. with the source of
 * a merged listing
 */
export async function* convertStepsToPages<Step extends ListingStep<unknown, unknown>, T>(
  steps: AsyncIterable<Step>,
  format: CursorFormat<Step['position']>,
  mapRows: (rows: Step['rows'], step: Step) => MappedRows<T> | Promise<MappedRows<T>>,
): AsyncGenerator<Page<T>> {
  for await (const step of steps) {
    const { rows, position, warnings, progress } = step;
    const mapped = await mapRows(rows, step);
    const content: MappedContent<T> = Array.isArray(mapped) ? { items: mapped } : mapped;
    const resolvedIds = [...(step.resolvedIds ?? []), ...(content.resolvedIds ?? [])];
    yield {
      items: content.items,
      cursor: format.serialize(position),
      ...(warnings !== undefined && { warnings }),
      ...(resolvedIds.length > 0 && { resolvedIds }),
      ...(progress !== undefined && { progress }),
    };
  }
}

type MappedContent<T> = Pick<Page<T>, 'items' | 'resolvedIds'>;
type MappedRows<T> = Page<T>['items'] | MappedContent<T>;
