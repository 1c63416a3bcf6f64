/** Tests the row keys of feeds with high ids, which occur in a deployment with thousands of connectors. */
import { serializeTransaction } from '@tributary/connector-api';
import Database from 'better-sqlite3';
import {
  copyStore,
  openStore,
  summarizeStore,
  getCurrentProcess,
  type Feed,
  type Store,
} from '../../index.js';
import { POSTGRES_STORE, SQLITE_STORE } from '../../testing/stores.js';

const ROWS = 7;
const EMPTY_PAGE = { rejected: [], warnings: [], resolvedIds: [], balances: [] };

async function fill(feed: Feed, name: string): Promise<void> {
  const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
  const records = Array.from({ length: ROWS }, (_, index) =>
    serializeTransaction({
      id: `${name}-${index + 1}`,
      createdAt: '2026-01-01T00:00:00Z',
      type: 'PAYIN',
      status: 'SUCCEEDED',
      amount: { amount: 1n, asset: 'EUR/2' },
    }),
  );
  await lease?.append({ ...EMPTY_PAGE, records, cursor: 'end' });
  await lease?.release();
}

/** Reads all pages until an empty page, as clients of Formance Payments v2 do. */
async function readAll(feed: Feed, size: number): Promise<string[]> {
  const ids: string[] = [];
  for (let page = 1; ; page++) {
    const { body } = await feed.readPage(undefined, page, size);
    const rows = JSON.parse(body.toString()) as { id: string }[];
    if (rows.length === 0) return ids;
    expect(rows.length).toBeLessThanOrEqual(size);
    ids.push(...rows.map(({ id }) => id));
  }
}

const idsOf = (name: string) => Array.from({ length: ROWS }, (_, index) => `${name}-${index + 1}`);

// A double represents integers exactly only up to 2^53, i.e. the row keys of feed ids up to 8191. Row keys allow 2^23 feeds, so higher ids
// are tested, too.
it.each([4095, 8191, 8192, 65_535, 4_000_000, 8_388_604])(
  'in SQLite, a feed after number %d and its neighbour are read whole, in pages of any size',
  async (before) => {
    const fresh = await SQLITE_STORE.create();
    let store: Store | undefined;
    try {
      await (await openStore(fresh.url)).close();
      const file = new Database(fresh.url.slice('sqlite:'.length));
      file.prepare("insert into sqlite_sequence (name, seq) values ('feeds', ?)").run(before);
      file.close();
      store = await openStore(fresh.url);
      const feeds = [await store.feed('bank', 'transactions'), await store.feed('shop', 'transactions')];
      await fill(feeds[1]!, 'shop');
      await fill(feeds[0]!, 'bank');
      for (const size of [1, 2, 3, ROWS, 100]) {
        expect(await readAll(feeds[0]!, size)).toEqual(idsOf('bank'));
        expect(await readAll(feeds[1]!, size)).toEqual(idsOf('shop'));
      }
    } finally {
      await store?.close();
      await fresh.remove();
    }
  },
);

it('what PostgreSQL has numbered high is the same in SQLite and back', async () => {
  const stores = [
    await POSTGRES_STORE.create(),
    await SQLITE_STORE.create(),
    await POSTGRES_STORE.create(),
  ] as const;
  try {
    const [from, through, back] = stores.map(({ url }) => url) as [string, string, string];
    const store = await openStore(from);
    await fill(await store.feed('bank', 'transactions'), 'bank');
    await store.close();
    await renumber(from, 1_000_001);
    await copyStore(from, through);
    await copyStore(through, back);
    expect(await summarizeStore(through)).toEqual(await summarizeStore(from));
    expect(await summarizeStore(back)).toEqual(await summarizeStore(from));
    const copy = await openStore(through);
    expect(await readAll(await copy.feed('bank', 'transactions'), 2)).toEqual(idsOf('bank'));
    await copy.close();
  } finally {
    for (const each of stores) await each.remove();
  }
});

async function renumber(url: string, id: number): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  await client.query('update feeds set id = $1', [id]);
  await client.query('update feed_rows set feed_id = $1', [id]);
  await client.end();
}
