/**
 * Checks the paths of a deployment file against the connectors of the store: no path is retired, no data waits under a former path, and the
 * ids of orders are derived from the same path as before. With another path, a repeated request for an order could pay a second time.
 */
import { OriginalPathError, RenamePendingError, RetiredPathError } from '../database/store-errors.js';
import type { ConnectorTable } from '../database/schema.js';
import type { ConnectorIdentity } from '../types/store.types.js';
import { findCurrentPath, findOriginalPath, isRetired } from './retired-paths.js';

/**
 * @param rows all connectors of the store
 * @throws RetiredPathError when a connector has the path of a removed or renamed connector
 * @throws RenamePendingError when the store has the data of a connector under a former path
 * @throws OriginalPathError when the file has another original path for a connector than the store
 */
export function assertUsablePaths(
  rows: readonly ConnectorTable[],
  connectors: readonly ConnectorIdentity[],
): void {
  const known = new Map(rows.map((row) => [row.connector, row]));
  const retired = connectors.flatMap(({ path }) => {
    const row = known.get(path);
    return row && isRetired(row) ? [path] : [];
  });
  if (retired.length > 0) throw new RetiredPathError(retired);
  for (const { path, originalPath } of connectors) {
    if (!known.has(path)) {
      assertNoFormerPath(rows, path, originalPath);
      continue;
    }
    const expected = findOriginalPath(rows, path);
    if (expected !== (originalPath ?? path)) throw new OriginalPathError(path, expected, originalPath);
  }
}

function assertNoFormerPath(
  rows: readonly ConnectorTable[],
  path: string,
  originalPath: string | undefined,
): void {
  if (originalPath === undefined) return;
  const current = findCurrentPath(rows, originalPath);
  const row = rows.find(({ connector }) => connector === current);
  if (row && !isRetired(row)) throw new RenamePendingError(current, path);
}
