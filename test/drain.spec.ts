/**
 * Tests that every client version reads every version of every row from a feed, and that the same clients lose rows behind a naive proxy with the
 * same data.
 */
import { STORES } from '../libs/feed/src/testing/stores.js';
import { READERS } from './clients/versions.js';
import { adjustmentOf, drainWhileRowsArrive, type Drained } from './drain.js';
import { startNaiveProxy } from './naive-proxy.js';
import { inventHistory } from './synthetic-psp.js';
import { openTransactions, pluginOf, startGateway } from './test-gateway.js';

const ROWS = 100_000;
const SIZE = 250;
const SEED = 20261122;
const CONNECTOR = 'acme/psp';
const KEY = 'the-key-of-the-drained-connector';
/** Lists nothing. The test itself appends to the feed, at moments that no schedule would produce. */
const SILENT = pluginOf({
  async *accounts() {},
  async *transactions() {},
});
const history = () => inventHistory(ROWS, SIZE, SEED);

test.each(STORES)(
  'every client reads every version of every row while rows arrive: $name',
  async (kind) => {
    const gateway = await startGateway([{ path: CONNECTOR, plugin: SILENT, keys: [KEY] }], kind);
    try {
      const transactions = await openTransactions(gateway.store, CONNECTOR);
      const began = performance.now();
      const drained = await drainWhileRowsArrive(
        READERS,
        { url: `${gateway.url}/${CONNECTOR}`, key: KEY },
        history(),
        (arrival) => transactions.arrive(arrival),
      );
      report(
        `${kind.name}: ${drained.versions.size} row versions, ${drained.requests} requests, ${Math.round(performance.now() - began)} ms`,
      );
      expect(drained.versions.size).toBeGreaterThanOrEqual(ROWS);
      const differences = drained.clients.map(({ version, formance }) => ({
        client: version.name,
        ...difference(drained.versions, formance.adjustments),
      }));
      expect(differences).toEqual(
        READERS.map(({ name }) => ({ client: name, missing: 0, invented: 0, examples: [] })),
      );
    } finally {
      await gateway.close();
    }
  },
  600_000,
);

test('the same clients lose rows of the same history behind a naive proxy', async () => {
  const proxy = await startNaiveProxy();
  try {
    const drained = await drainWhileRowsArrive(
      READERS,
      { url: proxy.url, key: KEY },
      history(),
      proxy.arrive,
    );
    report(`behind a naive proxy, of ${drained.last.size} payments:`);
    for (const client of drained.clients) {
      const { never, stale } = losses(drained, client);
      report(`  ${client.version.name.padEnd(8)} never saw ${never}, and the last change of ${stale} more`);
      expect(never + stale).toBeGreaterThan(0);
    }
  } finally {
    await proxy.close();
  }
}, 600_000);

/** Counts the differences, with a few examples of each to make a failure readable. */
function difference(expected: ReadonlySet<string>, found: ReadonlySet<string>) {
  const missing = [...expected].filter((version) => !found.has(version));
  const invented = [...found].filter((version) => !expected.has(version));
  return {
    missing: missing.length,
    invented: invented.length,
    examples: [...missing.slice(0, 3), ...invented.slice(0, 3)],
  };
}

/** Counts lost payments. Versions that were overwritten before a client asked do not count, because the naive proxy could not serve them. */
function losses({ last }: Drained, { formance }: Drained['clients'][number]) {
  let never = 0;
  let stale = 0;
  for (const version of last.values()) {
    if (!formance.payments.has(`${version.id} ${version.type}`)) never++;
    else if (!formance.adjustments.has(adjustmentOf(version))) stale++;
  }
  return { never, stale };
}

function report(line: string): void {
  process.stdout.write(`${line}\n`);
}
