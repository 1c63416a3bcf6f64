/**
 * Tests that rows that were altered in the database are found, both by the check of all rows and by samples, and that pages with invalid
 * JSON are not served.
 */
import { serializeTransaction } from '@tributary/connector-api';
import { getCurrentProcess, DamagedRowsError, openStore, verifyStoredRows, type Store } from '../index.js';
import { formatFeedInsert, runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';

/** The number of rows is higher than two batches of the check. */
const ROWS = 1_200;
const NOTHING = { rejected: [], warnings: [], resolvedIds: [], balances: [] };

let fresh: FreshStore;
afterEach(() => fresh.remove());

async function append(store: Store, connector: string, count: number): Promise<void> {
  const lease = await (await store.feed(connector, 'transactions')).acquireLease(getCurrentProcess(), 60_000);
  const records = Array.from({ length: count }, (_, index) =>
    serializeTransaction({
      ...{ id: `tx/${index}`, createdAt: '2026-01-01T00:00:00Z', type: 'PAYIN', status: 'SUCCEEDED' },
      amount: { amount: BigInt(1_000 + index), asset: 'EUR/2' },
      metadata: { name: `Zoë ${index}` },
    }),
  );
  await lease?.append({ ...NOTHING, records, cursor: 'all' });
  await lease?.release();
}

describe.each(STORES)('$name', (kind) => {
  beforeEach(async () => {
    fresh = await kind.createMigrated();
    // The check follows the numbers of the feeds, which are random in PostgreSQL.
    await runSql(
      fresh.url,
      ...['bank', 'other'].map((connector, index) => formatFeedInsert(index + 1, connector)),
    );
    const store = await openStore(fresh.url);
    await append(store, 'bank', ROWS);
    await append(store, 'other', 3);
    await store.close();
  });

  const alter = (change: string, seq: number) =>
    runSql(
      fresh.url,
      `update feed_rows set ${change} where seq = ${seq} and feed_id = (select id from feeds where connector = 'bank')`,
    );

  test('intact rows pass, and a check goes on where an earlier one was interrupted', async () => {
    const positions: string[] = [];
    const onProgress = (_rows: number, position: string) => void positions.push(position);
    expect(await verifyStoredRows(fresh.url, { onProgress })).toEqual({
      ...{ rows: ROWS + 3, damaged: 0, findings: [] },
    });
    expect(positions).toHaveLength(4);
    await alter(`body = replace(body, '"1001"', '"9001"')`, 2);
    expect(await verifyStoredRows(fresh.url, { resumeAt: positions[0] })).toMatchObject({
      ...{ rows: ROWS + 3 - 500, damaged: 0 },
    });
    await expect(verifyStoredRows(fresh.url, { resumeAt: 'x' })).rejects.toThrow('"x" is no position');
  });

  test.each([
    [`body = replace(body, '"1700"', '"9700"')`, 'the JSON does not match the hash of the row'],
    [`body = replace(body, 'Zoë', 'Zoe')`, 'the JSON does not match the hash of the row'],
    [`body = substr(body, 1, 40)`, 'the JSON does not end with the feed time of the row'],
    [`record_id = 'tx'`, 'the JSON has another id than the row'],
    [
      `hash = (select hash from feed_rows where seq = 3 limit 1)`,
      'the JSON does not match the hash of the row',
    ],
  ])('an altered row is found: %s', async (change, reason) => {
    if (change.startsWith('hash')) await runSql(fresh.url, 'drop index feed_rows_by_version');
    await alter(change, 701);
    expect(await verifyStoredRows(fresh.url)).toMatchObject({
      ...{ rows: ROWS + 3, damaged: 1 },
      findings: [{ connector: 'bank', stream: 'transactions', seq: 701, reason }],
    });
  });

  test('missing rows are found, in the middle and at the end', async () => {
    await runSql(fresh.url, 'delete from feed_rows where seq = 5 or seq > 1198');
    const { damaged, findings } = await verifyStoredRows(fresh.url);
    expect(damaged).toBe(2);
    expect(findings.map(({ reason }) => reason)).toEqual([
      'expected row 5 here: rows are missing or moved',
      'the last row is 1198, expected 1200',
    ]);
  });

  test('a sample names altered rows, and the next one begins after it', async () => {
    await alter(`body = replace(body, '"1011"', '"9011"')`, 12);
    const store = await openStore(fresh.url);
    try {
      const feed = await store.feed('bank', 'transactions');
      const first = await feed.verifyRows(undefined, 500);
      expect(first).toMatchObject({ checked: 500, damaged: [{ seq: 12, id: 'tx~2F11' }] });
      const second = await feed.verifyRows(first.last, 1_000);
      expect(second).toEqual({ checked: 700, last: undefined, damaged: [] });
    } finally {
      await store.close();
    }
  });

  test('a page that is no JSON is never served, before and after it was read intact', async () => {
    const store = await openStore(fresh.url);
    try {
      const feed = await store.feed('bank', 'transactions');
      const read = async (page: number) => (await feed.readPage(undefined, page, 100)).rows;
      expect(await read(2)).toBe(100);
      // The change keeps the length of the body.
      await alter(`body = replace(body, '"currency":', '"currency";')`, 150);
      for (let times = 0; times < 2; times++) {
        const error = await read(2).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(DamagedRowsError);
        expect(String(error)).toMatch(
          /rows of bank\/transactions are damaged .* found something else in row 150 \(tx~2F149\)\. Check the store/,
        );
      }
      expect(await read(1)).toBe(100);
      await alter(`body = replace(body, '"currency";', '"currency":')`, 150);
      expect(await read(2)).toBe(100);
      // The altered row contains two objects. The page is then invalid, because it has more than 100 objects.
      await alter(`body = replace(body, '"currency":', '"a":"b"},{"c":')`, 150);
      await expect(read(2)).rejects.toThrow(DamagedRowsError);
    } finally {
      await store.close();
    }
  });
});
