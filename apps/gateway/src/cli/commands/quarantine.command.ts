/** `tributary quarantine`: lists the unresolved quarantine entries, which are rejected records and data warnings. */
import { openStore, type QuarantineEntry } from '@tributary/feed';
import type { Deployment } from '../../config/index.js';
import { formatTable, replaceControlCharacters } from '../shared/terminal.js';

/**
 * Lists quarantine entries, newest first.
 * @param connector path of the connector; `undefined` means all connectors of the deployment
 */
export async function listQuarantine(
  deployment: Deployment,
  connector: string | undefined,
  limit: number,
): Promise<QuarantineEntry[]> {
  const store = await openStore(deployment.store);
  try {
    // The store can also contain connectors that were removed, or that belong to another deployment file. They are not listed.
    const paths = connector === undefined ? deployment.connectors.map(({ path }) => path) : [connector];
    const entries = await Promise.all(paths.map((path) => store.listQuarantine(path, limit)));
    return entries
      .flat()
      .sort((a, b) => b.since - a.since)
      .slice(0, limit);
  } finally {
    await store.close();
  }
}

export function formatQuarantineTable(entries: readonly QuarantineEntry[]): string {
  if (entries.length === 0) return 'The quarantine is empty.';
  const rows = entries.map(({ connector, stream, kind, id, since, reason }) =>
    [`/${connector}`, stream, kind, new Date(since).toISOString(), id, reason].map(replaceControlCharacters),
  );
  return formatTable([['CONNECTOR', 'STREAM', 'KIND', 'SINCE', 'ID', 'REASON'], ...rows]);
}
