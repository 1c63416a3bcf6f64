/** Tests that appended strings with any characters are stored unchanged. No row may be split, joined or changed. */
import { serializeTransaction } from '@tributary/connector-api';
import { copyStore, openStore, summarizeStore, getCurrentProcess } from '../index.js';
import { POSTGRES_STORE, SQLITE_STORE, STORES } from '../testing/stores.js';

const TEXTS = [
  '\u001f',
  'a\u001fb\u001e\u001d\u001c',
  '\\u001f',
  '\\',
  '\\\\"',
  '"',
  "'; drop table feed_rows; --",
  '{}',
  '{"a","b"}',
  ',NULL,',
  'NULL',
  '\u007f\u0080\u0085',
  '\u2028\u2029\ufeff',
  '\u{1f600}\u{10ffff}',
  'e\u0301',
  '\r\n\t\b\f',
  '$1 $$ %s',
  'x'.repeat(5_000_000),
  '',
];
const RECORDS = TEXTS.map((text, index) =>
  serializeTransaction({
    id: `${index} ${text.slice(0, 100)}`,
    createdAt: '2026-01-01T00:00:00Z',
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: BigInt(index), asset: 'EUR/2' },
    metadata: { text, [`of ${text.slice(0, 100)}`]: 'yes' },
  }),
);

async function append(url: string): Promise<void> {
  const store = await openStore(url);
  const lease = await (await store.feed('bank', 'transactions')).acquireLease(getCurrentProcess(), 60_000);
  const nothing = { rejected: [], warnings: [], resolvedIds: [], balances: [] };
  await lease?.append({ ...nothing, records: RECORDS, cursor: 'all' });
  // Appending the same records again adds nothing.
  expect(await lease?.append({ ...nothing, records: RECORDS, cursor: 'again' })).toMatchObject({ added: 0 });
  await lease?.release();
  await store.close();
}

async function textsOf(url: string): Promise<unknown[]> {
  const store = await openStore(url);
  const { body } = await (await store.feed('bank', 'transactions')).readPage(undefined, 1, 100);
  await store.close();
  const rows = JSON.parse(body.toString()) as { metadata: { text: string } }[];
  return rows.map(({ metadata }) => metadata.text);
}

it.each(STORES)('$name keeps every text as it is', async (kind) => {
  const fresh = await kind.createMigrated();
  try {
    await append(fresh.url);
    expect(await textsOf(fresh.url)).toEqual(TEXTS);
  } finally {
    await fresh.remove();
  }
});

it.each([
  { name: SQLITE_STORE.name, from: SQLITE_STORE, to: POSTGRES_STORE },
  { name: POSTGRES_STORE.name, from: POSTGRES_STORE, to: SQLITE_STORE },
])('and a copy has them too: from $name', async ({ from, to }) => {
  const [source, target] = [await from.create(), await to.create()];
  try {
    await append(source.url);
    await copyStore(source.url, target.url);
    expect(await textsOf(target.url)).toEqual(TEXTS);
    expect(await summarizeStore(target.url)).toEqual(await summarizeStore(source.url));
  } finally {
    await source.remove();
    await target.remove();
  }
});
