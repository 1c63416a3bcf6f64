/** The cursor of the transactions: the position in every journal, as JSON. */
import { PspError } from '@tributary/connector-api';
import type { Cursor } from '@tributary/connector-api';
import type { JournalPosition } from './mollie.journal.js';

/** Positions by account id. */
export type JournalPositions = Map<string, JournalPosition>;

export function serializeCursor(positions: JournalPositions): Cursor {
  return JSON.stringify({ journals: Object.fromEntries(positions) });
}

/**
 * Parses a cursor that `serializeCursor` wrote.
 * @throws PspError `unavailable` when another plugin wrote it
 */
export function parseCursor(cursor: Cursor | undefined): JournalPositions {
  if (cursor === undefined) return new Map();
  try {
    const { journals } = JSON.parse(cursor) as { journals: Record<string, JournalPosition> };
    return new Map(Object.entries(journals));
  } catch {
    throw new PspError(
      'unavailable',
      `the cursor ${JSON.stringify(cursor.slice(0, 64))} was not written by the plugin mollie: was the connector another plugin before?`,
    );
  }
}
