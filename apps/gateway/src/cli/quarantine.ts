/** `tributary quarantine`: what was refused or found to be wrong, and still is. */
import { openStore, type QuarantineEntry } from '@tributary/feed';
import type { Deployment } from '../config/index.js';
import { formatTable, printable } from './terminal.js';

/** @param connector its path; all connectors without it */
export async function listQuarantine(
  deployment: Deployment,
  connector: string | undefined,
  limit: number,
): Promise<QuarantineEntry[]> {
  const store = await openStore(deployment.store);
  try {
    // The store may hold more: connectors that were removed, or that another deployment file has.
    const paths = connector === undefined ? deployment.connectors.map(({ path }) => path) : [connector];
    const entries = await Promise.all(paths.map((path) => store.quarantine(path, limit)));
    return entries
      .flat()
      .sort((a, b) => b.since - a.since)
      .slice(0, limit);
  } finally {
    await store.close();
  }
}

export function formatEntries(entries: readonly QuarantineEntry[]): string {
  if (entries.length === 0) return 'The quarantine is empty.';
  const rows = entries.map(({ connector, stream, kind, id, since, reason }) =>
    [`/${connector}`, stream, kind, new Date(since).toISOString(), id, reason].map(printable),
  );
  return formatTable([['CONNECTOR', 'STREAM', 'KIND', 'SINCE', 'ID', 'REASON'], ...rows]);
}
