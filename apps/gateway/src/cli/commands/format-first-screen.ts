/** Formats the first output of `tributary serve`: the served connectors, the content of the store, and further links. */
import { hashApiKey } from '@tributary/auth';
import { STREAMS, type Stream } from '@tributary/connector-api';
import { redactLocation, type Store } from '@tributary/feed';
import type { ConnectorConfig, Deployment } from '../../config/index.js';
import { readPackageVersion } from '../../package-version.js';
import { DEMO_KEY_PATTERN } from './check.command.js';
import { formatTable, pluralize } from '../shared/terminal.js';

/** The maximum number of connectors that are listed. With more connectors, the first line would no longer be visible on the screen. */
const MAX_LISTED_CONNECTORS = 20;

/** The number of rows in the feed of each stream. */
export type StreamCounts = Record<Stream, number>;

export interface FirstScreenContext {
  url: string;
  /** The numbers of rows by connector path; `undefined` if the store could not be read. */
  counts: ReadonlyMap<string, StreamCounts> | undefined;
  /** True if the output is a terminal that a person reads. Demo keys, which are public, are shown only then. */
  isForPerson: boolean;
}

/**
 * Counts the rows of the connectors in the first output. The function never throws, because the gateway can serve requests while the store
 * is temporarily unavailable.
 */
export async function countStoredRows(
  store: Store,
  connectors: readonly ConnectorConfig[],
): Promise<FirstScreenContext['counts']> {
  const counts = new Map<string, StreamCounts>();
  try {
    for (const { path } of connectors.slice(0, MAX_LISTED_CONNECTORS)) {
      const rows = { accounts: 0, beneficiaries: 0, transactions: 0 };
      for (const stream of STREAMS) rows[stream] = (await (await store.feed(path, stream)).head()).rows;
      counts.set(path, rows);
    }
    return counts;
  } catch {
    return undefined;
  }
}

export function formatFirstScreen(deployment: Deployment, context: FirstScreenContext): string {
  const { connectors, file, store } = deployment;
  return [
    `Tributary ${readPackageVersion()} serves ${pluralize(connectors.length, 'connector')} of ${file}.`,
    '',
    formatConnectors(deployment, context.url),
    '',
    `Store:    ${redactLocation(store)}${formatCounts(connectors, context.counts)}`,
    ...formatConsole(deployment, context),
    ...(deployment.docs ? [`Overview: ${context.url}/`] : []),
    'Docs:     docs/start/first-connector.md, docs/start/connect-formance.md',
    ...formatFirstRequest(deployment, context),
    'Stop:     Ctrl-C',
    '',
  ].join('\n');
}

function formatConnectors({ connectors, docs }: Deployment, url: string): string {
  const rows = connectors
    .slice(0, MAX_LISTED_CONNECTORS)
    .map(({ path, plugin }) => [
      `${url}/${path}`,
      plugin.name,
      ...(docs ? [`docs: ${url}/${path}/docs`] : []),
    ]);
  const left = connectors.length - rows.length;
  return [formatTable(rows), ...(left > 0 ? [`… and ${left} more; "tributary check" lists all`] : [])].join(
    '\n',
  );
}

function formatCounts(connectors: readonly ConnectorConfig[], counts: FirstScreenContext['counts']): string {
  if (counts === undefined) return ', which cannot be read at the moment';
  const filled = [...counts].filter(([, rows]) => STREAMS.some((stream) => rows[stream] > 0));
  if (filled.length === 0) {
    const isComplete = counts.size === connectors.length;
    return isComplete ? ', empty: the first pulls start now' : '';
  }
  const rows = filled.map(([path, { accounts, beneficiaries, transactions }]) => [
    `          /${path}`,
    `${accounts} accounts, ${beneficiaries} beneficiaries, ${transactions} transactions`,
  ]);
  return `, rows in the feeds:\n${formatTable(rows)}`;
}

/** Formats the URL of the console, and the demo key with which a person can log in. Other keys are never shown. */
function formatConsole(deployment: Deployment, { url, isForPerson }: FirstScreenContext): string[] {
  if (!deployment.console) return [];
  const demoKey = isForPerson
    ? findDemoKey(
        deployment.secrets,
        deployment.operatorKeys.map(({ hash }) => hash),
      )
    : undefined;
  return [`Console:  ${url}/console/${demoKey === undefined ? '' : ` (log in with ${demoKey})`}`];
}

/** Formats a request that a person can copy. Only a demo key is shown, never another key. */
function formatFirstRequest(deployment: Deployment, { url, isForPerson }: FirstScreenContext): string[] {
  const [connector] = deployment.connectors;
  if (connector === undefined) return [];
  const demoKey = isForPerson
    ? findDemoKey(
        deployment.secrets,
        connector.apiKeys.map(({ hash }) => hash),
      )
    : undefined;
  const header =
    demoKey === undefined ? '"Authorization: Bearer $KEY"' : `'Authorization: Bearer ${demoKey}'`;
  return [`Try:      curl -H ${header} ${url}/${connector.path}/accounts`];
}

function findDemoKey(secrets: readonly string[], hashes: readonly Buffer[]): string | undefined {
  return secrets.find(
    (secret) => DEMO_KEY_PATTERN.test(secret) && hashes.some((hash) => hash.equals(hashApiKey(secret))),
  );
}
