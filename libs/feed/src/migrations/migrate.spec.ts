/** Tests that this release opens and migrates a store of an older release. */
import { sql, type Kysely } from 'kysely';
import { hash } from 'node:crypto';
import type { Schema } from '../database/schema.js';
import { openStore, getCurrentProcess, type Feed, type Store } from '../index.js';
import { migrate } from './migrate.js';
import { toNewOrderRow } from '../orders/order-row.js';
import { openAdapter } from '../testing/open-adapter.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import { createRecord, EMPTY_PAGE_PARTS } from '../testing/test-records.js';

const FIRST = Date.UTC(2026, 0, 1);
const ROWS = 5;

/** The store version before migration 0006, which adds the row keys. */
const OLD = 5;

async function writeOldStore(url: string): Promise<void> {
  const adapter = await openAdapter(url);
  await migrate(adapter, OLD);
  await adapter.durableTransaction(async (db) => {
    for (const connector of ['bank', 'shop']) {
      const feed = {
        ...{ connector, stream: 'transactions', head_seq: ROWS, head_time: FIRST + ROWS * 10 },
        ...{ cursor: `end of ${connector}`, fence: 3, holder: null, leased_until: 0, due_at: 0 },
      };
      await insertRow(db, 'feeds', { ...feed, caught_up_at: null });
      const { id } = await db
        .selectFrom('feeds')
        .select('id')
        .where('connector', '=', connector)
        .executeTakeFirstOrThrow();
      const rows = Array.from({ length: ROWS }, (_, index) => row(id, connector, index + 1));
      // The rows are inserted in reverse sequence, because the feed must sort them by sequence number.
      for (const each of rows.reverse()) await db.insertInto('feed_rows').values(each).execute();
    }
  });
  await adapter.durableTransaction((db) => insertRow(db, 'orders', returnedOrder()));
  await adapter.close();
}

/** Inserts a row with the columns of the older release. */
async function insertRow(db: Kysely<Schema>, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
  await sql`insert into ${sql.table(table)} (${columns}) values (${sql.join(Object.values(row))})`.execute(
    db,
  );
}

function returnedOrder() {
  const order = {
    ...{ id: 'order-1', idempotencyKey: 'pi-1', pspKey: 'key-1', kind: 'PAYOUT' as const },
    ...{ request: '{}', amount: 1250n, asset: 'EUR/2', createdAt: FIRST },
  };
  const { fencing_token: fence, ...row } = toNewOrderRow('bank', order);
  return { ...row, fence, state: 'returned', published: 'SUCCEEDED' };
}

function row(feed_id: number, connector: string, seq: number) {
  const { id, content } = createRecord(`${connector}-${seq}`);
  const time = FIRST + seq * 10;
  return {
    ...{ feed_id, seq, feed_time: time, record_id: id, body: bodyOf(connector, seq) },
    hash: hash('sha256', content, 'buffer').subarray(0, 16),
  };
}

function bodyOf(connector: string, seq: number): string {
  const time = new Date(FIRST + seq * 10).toISOString();
  return `${createRecord(`${connector}-${seq}`).content},"updatedAt":"${time}"}`;
}

async function page(feed: Feed, from?: number, number = 1, size = 100): Promise<string> {
  return (await feed.readPage(from, number, size)).body.toString();
}

describe.each(STORES)('a store of an older release, in $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;

  beforeAll(async () => {
    fresh = await kind.create();
    await writeOldStore(fresh.url);
    store = await openStore(fresh.url);
  });

  afterAll(async () => {
    await store.close();
    await fresh.remove();
  });

  it.each(['bank', 'shop'])('serves the rows of %s as they were, at their feed times', async (connector) => {
    const feed = await store.feed(connector, 'transactions');
    const bodies = Array.from({ length: ROWS }, (_, index) => bodyOf(connector, index + 1));
    expect(await page(feed)).toBe(`[${bodies.join(',')}]`);
    expect(await page(feed, FIRST + 30, 1, 2)).toBe(`[${bodies.slice(2, 4).join(',')}]`);
    expect(await page(feed, FIRST, 2, 2)).toBe(`[${bodies.slice(2, 4).join(',')}]`);
    expect(await feed.head()).toEqual({ rows: ROWS, feedTime: FIRST + ROWS * 10 });
  });

  it('shows nothing of the next feed behind the end of one, however far behind', async () => {
    const feed = await store.feed('bank', 'transactions');
    expect(await page(feed, undefined, 2, ROWS)).toBe('[]');
    // In SQLite, the row keys of the next feed are 2^40 higher. A page that would reach them must be empty.
    expect(await page(feed, undefined, 2 ** 27 + 1, 2 ** 13)).toBe('[]');
  });

  it('knows that the newest row of an order that came back is that of its return', async () => {
    const order = await store.orders('bank').find('order-1');
    expect(order).toMatchObject({ state: 'returned', publishedStatus: 'RETURNED' });
  });

  it('goes on from its cursor, with what it has and has not', async () => {
    const feed = await store.feed('bank', 'transactions');
    const lease = await feed.acquireLease(getCurrentProcess(), 60_000);
    expect(lease?.cursor).toBe('end of bank');
    const records = [createRecord('bank-2'), createRecord('bank-new')];
    expect(await lease?.append({ ...EMPTY_PAGE_PARTS, records, cursor: 'next' })).toMatchObject({
      added: 1,
      unchanged: 1,
    });
    expect(await feed.head()).toEqual({ rows: ROWS + 1, feedTime: FIRST + ROWS * 10 + 10 });
    expect((JSON.parse(await page(feed, FIRST + ROWS * 10)) as { id: string }[]).map(({ id }) => id)).toEqual(
      [`bank-${ROWS}`, 'bank-new'],
    );
  });
});
