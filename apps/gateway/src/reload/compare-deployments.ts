/** Compares two loads of the deployment file: what a reload would change, and what only a restart can change. */
import type { Deployment } from '../config/index.js';

/** The connectors that differ between two loads, by their paths. */
export interface ConnectorChanges {
  added: string[];
  changed: string[];
  removed: string[];
}

/** Returns true if the connector has the same plugin and the same entry in the file, apart from its keys. */
export function isSameConnector(
  former: Deployment['connectors'][number],
  next: Deployment['connectors'][number],
): boolean {
  return (
    former.plugin === next.plugin &&
    former.fingerprint !== undefined &&
    former.fingerprint === next.fingerprint
  );
}

export function compareConnectors(former: Deployment, next: Deployment): ConnectorChanges {
  const formerByPath = new Map(former.connectors.map((connector) => [connector.path, connector]));
  const nextPaths = new Set(next.connectors.map(({ path }) => path));
  const changes: ConnectorChanges = { added: [], changed: [], removed: [] };
  for (const connector of next.connectors) {
    const before = formerByPath.get(connector.path);
    if (before === undefined) changes.added.push(connector.path);
    else if (!isSameConnector(before, connector)) changes.changed.push(connector.path);
  }
  changes.removed = [...formerByPath.keys()].filter((path) => !nextPaths.has(path));
  return changes;
}

/** Returns the names of the settings that differ and that a running gateway cannot change. */
export function findRestartSettings(former: Deployment, next: Deployment): string[] {
  const settings: [string, unknown, unknown][] = [
    ['deployment', former.name, next.name],
    ['listen.host', former.listen.host, next.listen.host],
    ['listen.port', former.listen.port, next.listen.port],
    ['listen.trustProxy', former.listen.trustProxy, next.listen.trustProxy],
    ['store', former.store, next.store],
    ['orders.keepPspRequests', former.orders.exchangeRetentionMs, next.orders.exchangeRetentionMs],
    ['reload.watch', former.watchIntervalMs, next.watchIntervalMs],
  ];
  return settings.filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b)).map(([name]) => name);
}
