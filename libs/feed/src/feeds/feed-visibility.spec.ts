/** Tests what readers see during concurrent writes. A reader must always see the first rows of each feed without a gap and in sequence. */
import { serializeTransaction, type SerializedRecord } from '@tributary/connector-api';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { openStore, getCurrentProcess, type Feed, type OrderChange, type Store } from '../index.js';
import { POSTGRES_STORE, STORES, type FreshStore, type StoreKind } from '../testing/stores.js';

const CONNECTORS = ['bank', 'acme/bank', 'shop'];
const GATEWAYS = 3;
const PAGES = 12;
const ORDERS = 8;
/** Database settings that are unfavourable for this library, because the library must not depend on the defaults. */
const HOSTILE_SETTINGS = ['default_transaction_isolation = serializable', 'synchronous_commit = off'];

interface Row {
  id: string;
  updatedAt: string;
}

function records(...ids: string[]): SerializedRecord[] {
  return ids.map((id) =>
    serializeTransaction({
      id,
      createdAt: '2026-01-01T00:00:00Z',
      type: 'PAYIN',
      status: 'SUCCEEDED',
      amount: { amount: 1n, asset: 'EUR/2' },
    }),
  );
}

/** Pulls in the same way as the sync library: acquires the lease, appends some pages after the cursor, and releases the lease. */
async function pull(feed: Feed): Promise<void> {
  for (;;) {
    const lease = await feed.acquireLease(getCurrentProcess(), 10_000);
    if (!lease) {
      await sleep(Math.random() * 3);
      continue;
    }
    for (
      let number = Number(lease.cursor ?? 0) + 1, last = number + 2;
      number <= Math.min(last, PAGES);
      number++
    ) {
      const page = {
        records: records(...'abcde'.split('').map((row) => `${row}${number}`)),
        cursor: String(number),
      };
      await lease.append({ ...page, rejected: [], warnings: [], resolvedIds: [], balances: [] });
    }
    await lease.release();
    if (lease.cursor === String(PAGES)) return;
  }
}

/** Inserts orders, which publish rows to the same feed without its lease. */
async function insertOrders(store: Store, connector: string, gateway: number): Promise<void> {
  for (let number = 1; number <= ORDERS; number++) {
    const id = `order-${gateway}-${number}`;
    const change = (): OrderChange => ({ set: {}, publishedRecords: records(id) });
    await store.orders(connector).insertOrGet(
      {
        ...{ id: `${connector} ${id}`, idempotencyKey: id, pspKey: id, kind: 'PAYOUT', request: '{}' },
        ...{ amount: 1n, asset: 'EUR/2', createdAt: Date.now() },
      },
      change,
    );
  }
}

/**
 * Reads in the same way as a client. It requests the rows at or after its watermark (the feed time of its last row), and discards the rows
 * that are not newer.
 */
async function readWithWatermark(store: Store, connector: string, isOver: () => boolean): Promise<string[]> {
  const feed = await store.feed(connector, 'transactions');
  const ids: string[] = [];
  let watermark = -1;
  for (let over = false; ; over = isOver()) {
    const { body } = await feed.readPage(Math.max(watermark, 0), 1, 7);
    const fresh = (JSON.parse(body.toString()) as Row[]).filter(
      ({ updatedAt }) => Date.parse(updatedAt) > watermark,
    );
    ids.push(...fresh.map(({ id }) => id));
    watermark = Math.max(watermark, ...fresh.map(({ updatedAt }) => Date.parse(updatedAt)));
    if (over && fresh.length === 0) return ids;
    await sleep(1);
  }
}

async function applyHostileSettings(kind: StoreKind, { url }: FreshStore): Promise<void> {
  if (kind !== POSTGRES_STORE) return;
  const client = new pg.Client(url);
  await client.connect();
  for (const setting of HOSTILE_SETTINGS) {
    await client.query(`alter database ${client.escapeIdentifier(client.database ?? '')} set ${setting}`);
  }
  await client.end();
}

/** Runs `observe` while several gateways pull and insert orders concurrently. */
async function whileWriting<T>(
  kind: StoreKind,
  observe: (stores: readonly Store[], url: string, isOver: () => boolean) => Promise<T>,
): Promise<T> {
  const fresh = await kind.create();
  await applyHostileSettings(kind, fresh);
  const stores = await Promise.all(
    Array.from({ length: GATEWAYS }, () => openStore({ primary: fresh.url, statementTimeoutMs: 30_000 })),
  );
  let over = false;
  const observed = observe(stores, fresh.url, () => over);
  const written = Promise.all(
    stores.flatMap((store, gateway) =>
      CONNECTORS.flatMap((connector) => [
        store.feed(connector, 'transactions').then(pull),
        insertOrders(store, connector, gateway),
      ]),
    ),
  );
  try {
    await written.finally(() => (over = true));
    return await observed;
  } finally {
    await Promise.all(stores.map((store) => store.close()));
    await fresh.remove();
  }
}

describe.each(STORES)('$name', (kind) => {
  const expected = [
    ...Array.from({ length: PAGES }, (_, page) => 'abcde'.split('').map((row) => `${row}${page + 1}`)).flat(),
    ...Array.from({ length: GATEWAYS }, (_, gateway) =>
      Array.from({ length: ORDERS }, (_, number) => `order-${gateway}-${number + 1}`),
    ).flat(),
  ].sort();

  it('shows a client that follows its watermark every row once, through any gateway', async () => {
    const seen = await whileWriting(kind, (stores, _url, isOver) =>
      Promise.all(
        stores.flatMap((store) => CONNECTORS.map((connector) => readWithWatermark(store, connector, isOver))),
      ),
    );
    for (const ids of seen) expect([...ids].sort()).toEqual(expected);
  });
});

describe('a snapshot of PostgreSQL', () => {
  it.each(['read committed', 'repeatable read'])(
    'at %s holds the beginning of each feed: dense numbers, growing times, and what earlier ones held',
    async (isolation) => {
      const { snapshots, rows } = await whileWriting(POSTGRES_STORE, (_stores, url, isOver) =>
        watch(url, isolation, isOver),
      );
      expect(rows).toBe(CONNECTORS.length * (PAGES * 5 + GATEWAYS * ORDERS));
      expect(snapshots).toBeGreaterThan(5);
    },
  );

  interface Held {
    feed_id: string;
    seq: string;
    feed_time: string;
    record_id: string;
  }

  /**
   * Reads all rows twice in one transaction, again and again.
   * @throws Error when a row is missing, has another position, or is out of sequence
   */
  async function watch(url: string, isolation: string, isOver: () => boolean) {
    const client = new pg.Client(url);
    await client.connect();
    const known = new Map<string, Held[]>();
    let snapshots = 0;
    for (let over = false; !over; snapshots++) {
      over = isOver();
      await client.query(`begin isolation level ${isolation}`);
      for (let read = 0; read < 2; read++) {
        const { rows } = await client.query<Held>(
          'select feed_id, seq, feed_time, record_id from feed_rows order by feed_id, seq',
        );
        for (const [feed, held] of Object.entries(Object.groupBy(rows, ({ feed_id }) => feed_id))) {
          check(held ?? [], known.get(feed) ?? []);
          known.set(feed, held ?? []);
        }
        await sleep(2);
      }
      await client.query('commit');
    }
    await client.end();
    return { snapshots, rows: [...known.values()].flat().length };
  }

  function check(rows: Held[], before: Held[]): void {
    expect(rows.slice(0, before.length)).toEqual(before);
    expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, index) => index + 1));
    for (const [index, { feed_time }] of rows.entries()) {
      if (index > 0)
        expect(Number(feed_time)).toBeGreaterThanOrEqual(Number(rows[index - 1]?.feed_time) + 10);
    }
  }
});
