/**
 * Tests that invalid data of a PSP is either stored in the quarantine as a rejected record with a reason, or readable by every client
 * version. Invalid data must never make a page unreadable.
 */
import type { Page, PspClient, Stream } from '@tributary/connector-api';
import { STREAMS, TRANSACTION_STATUSES, TRANSACTION_TYPES, decodeId } from '@tributary/connector-api';
import fc from 'fast-check';
import { findPageViolations } from '../libs/conformance/src/rules/contract-rules.js';
import { GenericConnectorClient } from '../libs/conformance/src/clients/generic-connector-client.js';
import { createClientConnection } from '../libs/conformance/src/clients/client-connection.js';
import { CLIENT_VERSIONS, type ClientVersion } from '../libs/conformance/src/clients/client-versions.js';
import { createPlugin, startGatewayWithPlugins } from './gateway-with-plugins.js';

/** The client versions that support all words of the contract. Older versions are tested with rows that contain only their words. */
const CURRENT_VERSIONS = CLIENT_VERSIONS.filter(({ words }) => words.statuses.has('OTHER'));
const OLD_VERSIONS = CLIENT_VERSIONS.filter(({ words }) => !words.statuses.has('OTHER'));

const junk = fc.oneof(
  fc.constantFrom(
    null,
    undefined,
    '',
    ' ',
    '\u0000',
    '\ud800',
    'é',
    '..',
    '/',
    '?',
    '%2F',
    '~',
    'constructor',
    '__proto__',
  ),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.object(),
  fc.array(fc.anything(), { maxLength: 3 }),
);
const id = fc.oneof(
  { weight: 20, arbitrary: fc.stringMatching(/^[a-z]{1,3}-[0-9]{1,6}$/) },
  fc.string({ unit: 'binary' }),
  junk,
);
const time = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .date({ min: new Date('1970-01-02'), max: new Date('2060-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
  },
  fc.constantFrom(
    '2025-03-04T05:06:07+05:30',
    '2025-03-04T05:06:60Z',
    '2016-12-31T23:59:60Z',
    '2025-03-04 05:06:07.123456789Z',
    '2025-03-04t05:06:07z',
    '2025-02-29T00:00:00Z',
    '2025-03-04T05:06:07',
    '2025-03-04',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59-12:00',
  ),
  junk,
);
const asset = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('EUR/2', 'JPY', 'BTC/8', 'USD', 'A/0', 'A/999999') },
  fc.constantFrom('eur/2', 'EUR/', 'EUR/1234567', 'EUR/2\n', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  junk,
);
const money = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ amount: fc.oneof({ weight: 4, arbitrary: fc.bigInt() }, junk), asset }),
  },
  junk,
);
const metadata = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.dictionary(fc.string({ unit: 'binary' }), fc.oneof(fc.string({ unit: 'binary' }), junk)),
  },
  junk,
);
const word = (words: readonly string[]) =>
  fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...words) }, junk);
const optional = (arbitrary: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, arbitrary);

function createItemsArbitrary(types: readonly string[], statuses: readonly string[]) {
  const items: Record<Stream, fc.Arbitrary<unknown>> = {
    accounts: fc.record({
      id,
      name: fc.oneof(fc.string(), junk),
      openedAt: optional(time),
      metadata: optional(metadata),
    }),
    beneficiaries: fc.record({
      id,
      ownerName: fc.oneof(fc.string(), junk),
      registeredAt: optional(time),
      metadata: optional(metadata),
    }),
    transactions: fc.record({
      id,
      relatedTransactionId: optional(id),
      createdAt: time,
      updatedAt: optional(time),
      type: word(types),
      status: word(statuses),
      amount: money,
      scheme: optional(fc.oneof(fc.string(), junk)),
      sourceAccountId: optional(id),
      destinationAccountId: optional(id),
      metadata: optional(metadata),
    }),
  };
  const balances = fc.record({
    accountId: id,
    at: time,
    amounts: fc.oneof({ weight: 6, arbitrary: fc.array(money, { maxLength: 4 }) }, junk),
  });
  return fc.record({
    ...(Object.fromEntries(
      STREAMS.map((stream) => [
        stream,
        fc.array(fc.oneof({ weight: 9, arbitrary: items[stream] }, junk), { maxLength: 40, size: 'max' }),
      ]),
    ) as Record<Stream, fc.Arbitrary<unknown[]>>),
    balances: fc.array(balances, { maxLength: 4 }),
  });
}

type GeneratedItems = Record<Stream | 'balances', unknown[]>;

const KEY = 'the-key-of-a-hostile-connector';

test('what a hostile PSP says reaches no client that cannot read it', async () => {
  const seen = { rows: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(createItemsArbitrary(TRANSACTION_TYPES, TRANSACTION_STATUSES), (said) =>
      checkItems(said, CURRENT_VERSIONS, seen),
    ),
    { numRuns: 16 },
  );
  await fc.assert(
    fc.asyncProperty(
      createItemsArbitrary(['PAYIN', 'PAYOUT', 'TRANSFER'], ['PENDING', 'SUCCEEDED', 'FAILED']),
      (said) => checkItems(said, [...OLD_VERSIONS, ...CURRENT_VERSIONS], seen),
    ),
    { numRuns: 10 },
  );
  process.stdout.write(`hostile records: ${seen.rows} served, ${seen.refused} quarantined\n`);
  expect(seen.rows).toBeGreaterThan(50);
  expect(seen.refused).toBeGreaterThan(50);
}, 60_000);

async function checkItems(
  said: GeneratedItems,
  versions: readonly ClientVersion[],
  seen: { rows: number; refused: number },
) {
  const gateway = await startGatewayWithPlugins([
    { path: 'psp', plugin: createPlugin(createPsp(said)), keys: [KEY] },
  ]);
  try {
    const runs = await gateway.syncEngine.runOnce();
    // An invalid record must not stop a stream.
    expect(runs.map(({ error }) => error)).toEqual(runs.map(() => undefined));
    const refusals = await gateway.store.listQuarantine('psp');
    for (const { reason } of refusals) expect(reason).not.toBe('');
    const served = await readAllRows(`${gateway.url}/psp`, versions);
    const items = STREAMS.flatMap((stream) => said[stream]).length;
    // Every item is either served or quarantined. If the same id or the same invalid item occurs twice in a row, it counts once. If the
    // original of a transaction does not exist, the transaction waits for it and is added anyway.
    const added = runs.reduce((sum, run) => sum + run.added, 0);
    if (items > 0) expect(added + refusals.length).toBeGreaterThan(0);
    seen.rows += served;
    seen.refused += refusals.length;
  } finally {
    await gateway.close();
  }
}

/**
 * Reads all rows as each client version.
 * @returns the number of rows
 */
async function readAllRows(url: string, versions: readonly ClientVersion[]): Promise<number> {
  const connection = createClientConnection(url, KEY);
  try {
    let count = 0;
    for (const stream of STREAMS) {
      const { body } = await connection.get(`/${stream}?page=1&pageSize=1000`);
      expect(findPageViolations(stream, body)).toEqual([]);
      const rows = JSON.parse(body) as { id: string }[];
      for (const row of rows) expect(decodeId(row.id)).toBeDefined();
      count += rows.length;
      for (const version of versions) {
        // The call would throw if the client could not read the page.
        expect(await new GenericConnectorClient(version, connection.get).poll(stream)).toBe(rows.length);
      }
    }
    return count;
  } finally {
    connection.close();
  }
}

/** Creates a PSP client that returns the generated items. The types of plugins do not guarantee the types of the data that plugins read. */
function createPsp(said: GeneratedItems): PspClient {
  const pages = (stream: Stream) =>
    async function* () {
      yield {
        items: said[stream],
        cursor: 'end',
        balances: stream === 'accounts' ? said.balances : [],
      } as Page<never>;
    };
  return {
    accounts: pages('accounts'),
    beneficiaries: pages('beneficiaries'),
    transactions: pages('transactions'),
  };
}
