/**
 * Tests that every client version reads every version of every row from a feed. As a comparison, it shows that the same clients lose rows
 * of a naive proxy with the same data.
 */
import { STORES } from '../libs/feed/src/testing/stores.js';
import { READER_VERSIONS } from '../libs/conformance/src/clients/client-versions.js';
import { getAdjustmentName, readWhileRowsArrive, type ReadResult } from './read-while-rows-arrive.js';
import { startNaiveProxy } from './naive-proxy.js';
import { generateHistory } from './generate-psp-history.js';
import { openTransactionsFeed, createPlugin, startGatewayWithPlugins } from './gateway-with-plugins.js';

/** The number of rows. `npm run soak` sets it to 100 000. */
const ROWS = Number(process.env['READER_ROWS'] ?? 10_000);
const ARRIVAL_SIZE = 250;
const SEED = 20261122;
const CONNECTOR = 'acme/psp';
const KEY = 'the-key-of-the-drained-connector';
/** A plugin that lists nothing. The test itself appends to the feed, at moments that no schedule would produce. */
const EMPTY_PLUGIN = createPlugin({
  async *accounts() {},
  async *transactions() {},
});
const history = () => generateHistory(ROWS, ARRIVAL_SIZE, SEED);

test.each(STORES)(
  'every client reads every version of every row while rows arrive: $name',
  async (kind) => {
    const gateway = await startGatewayWithPlugins(
      [{ path: CONNECTOR, plugin: EMPTY_PLUGIN, keys: [KEY] }],
      kind,
    );
    try {
      const transactions = await openTransactionsFeed(gateway.store, CONNECTOR);
      const began = performance.now();
      const drained = await readWhileRowsArrive(
        READER_VERSIONS,
        { url: `${gateway.url}/${CONNECTOR}`, key: KEY },
        history(),
        (arrival) => transactions.appendArrival(arrival),
      );
      print(
        `${kind.name}: ${drained.versions.size} row versions, ${drained.requestCount} requests, ${Math.round(performance.now() - began)} ms`,
      );
      expect(drained.versions.size).toBeGreaterThanOrEqual(ROWS);
      const differences = drained.clients.map(({ version, formance }) => ({
        client: version.name,
        ...countDifferences(drained.versions, formance.adjustments),
      }));
      expect(differences).toEqual(
        READER_VERSIONS.map(({ name }) => ({ client: name, missing: 0, invented: 0, examples: [] })),
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
    const drained = await readWhileRowsArrive(
      READER_VERSIONS,
      { url: proxy.url, key: KEY },
      history(),
      proxy.addArrival,
    );
    print(`behind a naive proxy, of ${drained.lastVersions.size} payments:`);
    for (const client of drained.clients) {
      const { never, stale } = countLosses(drained, client);
      print(`  ${client.version.name.padEnd(8)} never saw ${never}, and the last change of ${stale} more`);
      expect(never + stale).toBeGreaterThan(0);
    }
  } finally {
    await proxy.close();
  }
}, 600_000);

/** Counts the differences. The result also contains a few examples of each difference, so that a failure is readable. */
function countDifferences(expected: ReadonlySet<string>, found: ReadonlySet<string>) {
  const missing = [...expected].filter((version) => !found.has(version));
  const invented = [...found].filter((version) => !expected.has(version));
  return {
    missing: missing.length,
    invented: invented.length,
    examples: [...missing.slice(0, 3), ...invented.slice(0, 3)],
  };
}

/**
 * Counts lost payments. A version that was overwritten before a client requested it does not count as lost, because the naive proxy could
 * not serve it.
 */
function countLosses({ lastVersions }: ReadResult, { formance }: ReadResult['clients'][number]) {
  let never = 0;
  let stale = 0;
  for (const version of lastVersions.values()) {
    if (!formance.payments.has(`${version.id} ${version.type}`)) never++;
    else if (!formance.adjustments.has(getAdjustmentName(version))) stale++;
  }
  return { never, stale };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
