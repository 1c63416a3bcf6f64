/**
 * Serves the pages of one feed over HTTP: one gateway in this process for each way to read pages from the database. A child process sends the
 * requests, so that the processor time of the client is not measured.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { loadDeployment } from '../apps/gateway/src/config/index.js';
import { createGateway } from '../apps/gateway/src/gateway.js';
import type { DatabaseAdapter } from '../libs/feed/src/database/database-adapter.js';
import { SqlStore } from '../libs/feed/src/store/sql-store.js';
import { transactionsPath } from './fill-feed.js';
import type { RequestedPages } from './request-pages.js';
import { feedTimeOf } from './test-records.js';

const CONNECTOR = 'bench';
const API_KEY = 'bench-key-of-this-run-only';
/** The difference between the feed times of two rows in ms. A page from a time between two rows begins with the second one. */
const ROW_INTERVAL_MS = feedTimeOf(1) - feedTimeOf(0);

/** Requests one page from each row. Each call requests other URLs, so no page comes from the cache. */
export type RequestPages = (rows: readonly number[], rowsPerPage: number) => Promise<void>;

export interface PageServers {
  /** For each way to read pages, the function that requests pages from its gateway. */
  variants: readonly RequestPages[];
  close(): Promise<void>;
}

/**
 * @param file path at which the deployment file of the gateways is written
 * @param adapter the database with the rows; the caller closes it
 */
export async function startPageServers(
  file: string,
  adapter: DatabaseAdapter,
  ways: readonly DatabaseAdapter['readPage'][],
): Promise<PageServers> {
  writeFileSync(file, formatDeployment());
  const client = fork(fileURLToPath(new URL('./request-pages.js', import.meta.url)));
  const gateways = await Promise.all(
    ways.map(async (readPage) =>
      createGateway(loadDeployment(file), {
        store: await SqlStore.open({ ...adapter, readPage, close: async () => {} }),
        ...{ logger: pino({ level: 'silent' }), sync: false, drainTimeoutMs: 0 },
      }),
    ),
  );
  let requestCount = 0;
  const variants = gateways.map(async (gateway): Promise<RequestPages> => {
    const origin = await gateway.listen();
    return async (rows, rowsPerPage) => {
      const urls = rows.map((row) => {
        const from = new Date(feedTimeOf(row) - (requestCount++ % ROW_INTERVAL_MS)).toISOString();
        return origin + transactionsPath(CONNECTOR, from, 1, rowsPerPage);
      });
      client.send({ urls, key: API_KEY, rowsPerPage } satisfies RequestedPages);
      const [problem] = (await once(client, 'message')) as [string];
      if (problem) throw new Error(problem);
    };
  });
  return {
    variants: await Promise.all(variants),
    close: async () => {
      client.disconnect();
      for (const gateway of gateways) await gateway.close();
    },
  };
}

/** The gateways use the store that they are given. The store of the file is not opened. */
function formatDeployment(): string {
  return `
listen: { host: 127.0.0.1, port: 0 }
store: sqlite:not-opened.db
connectors:
  - name: ${CONNECTOR}
    plugin: sandbox
    apiKeys: ['${API_KEY}']
    sync: { every: 1h }
    settings: { accounts: 1, beneficiaries: 0, transactions: 0, activityPerMinute: 0 }
`;
}
