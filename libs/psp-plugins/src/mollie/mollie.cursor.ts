/** The cursor of the transactions: the position in every journal, as JSON. */
import { PspError } from '@tributary/connector-api';
import type { Cursor } from '@tributary/connector-api';
import type { Place } from './mollie.journal.js';

/** Positions by account id. */
export type Places = Map<string, Place>;

export function writeCursor(places: Places): Cursor {
  return JSON.stringify({ journals: Object.fromEntries(places) });
}

/**
 * Parses a cursor that `serializeCursor` wrote.
 * @throws PspError `unavailable` when another plugin wrote it
 */
export function readCursor(cursor: Cursor | undefined): Places {
  if (cursor === undefined) return new Map();
  try {
    const { journals } = JSON.parse(cursor) as { journals: Record<string, Place> };
    return new Map(Object.entries(journals));
  } catch {
    throw new PspError(
      'unavailable',
      `the cursor ${JSON.stringify(cursor.slice(0, 64))} was not written by the plugin mollie: was the connector another plugin before?`,
    );
  }
}
