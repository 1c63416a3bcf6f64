/** Tests feeds, leases, the quarantine and balances on both databases. */
import { serializeTransaction, type SerializedRecord } from '@tributary/connector-api';
import { LeaseLostError, openStore, type Feed, type FeedPage, type Lease, type Store } from '../index.js';
import { STORES, type FreshStore } from '../testing/stores.js';

const START = Date.UTC(2026, 0, 1);
const ME = { host: 'here', pid: process.pid, id: 'a' };
const OTHER = { host: 'there', pid: 1, id: 'b' };

function row(id: string, changes: { at?: number; amount?: bigint } = {}): SerializedRecord {
  return serializeTransaction({
    id,
    createdAt: new Date(changes.at ?? START - 1000).toISOString(),
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: changes.amount ?? 1n, asset: 'EUR/2' },
  });
}

function page(records: SerializedRecord[], more: Partial<FeedPage> = {}): FeedPage {
  return { records, rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'c', ...more };
}

async function acquireLease(feed: Feed, holder = ME): Promise<Lease> {
  const lease = await feed.acquireLease(holder, 1000);
  if (!lease) throw new Error('not leased');
  return lease;
}

interface Row {
  id: string;
  updatedAt: string;
  amount: string;
}

async function read(feed: Feed, from?: number, number = 1, size = 100): Promise<Row[]> {
  const { rows, body } = await feed.readPage(from, number, size);
  const parsed = JSON.parse(body.toString()) as Row[];
  expect(parsed).toHaveLength(rows);
  return parsed;
}

const ids = (rows: Row[]) => rows.map(({ id }) => id);
const times = (rows: Row[]) => rows.map(({ updatedAt }) => Date.parse(updatedAt));

describe.each(STORES)('$name', (kind) => {
  let fresh: FreshStore;
  let now: number;
  let store: Store;

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    now = START;
    store = await open();
  });

  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const open = () => openStore(fresh.url, () => now);

  describe('a feed', () => {
    it('serves rows in the order of their arrival, 10 ms apart at least, following the times of the PSP where it can', async () => {
      const feed = await store.feed('bank', 'transactions');
      const lease = await acquireLease(feed);
      await lease.append(
        page([
          row('a', { at: START - 5000 }),
          row('tie', { at: START - 5000 }),
          row('b', { at: START - 100 }),
        ]),
      );
      await lease.append(page([row('late', { at: START - 9000 }), row('future', { at: START + 9000 })]));
      expect(await read(feed)).toMatchObject([
        { id: 'a' },
        { id: 'tie' },
        { id: 'b' },
        { id: 'late' },
        { id: 'future' },
      ]);
      expect(times(await read(feed)).map((time) => time - START)).toEqual([-5000, -4990, -100, -90, 0]);
    });

    it('keeps its order when the clock steps back, and over a restart', async () => {
      const feed = await store.feed('bank', 'transactions');
      const lease = await acquireLease(feed);
      await lease.append(page([row('a', { at: START })]));
      await lease.release();
      await store.close();
      now = START - 3_600_000;
      store = await open();
      const again = await store.feed('bank', 'transactions');
      await (await acquireLease(again)).append(page([row('b', { at: START - 50_000 })]));
      expect(times(await read(again)).map((time) => time - START)).toEqual([0, 10]);
    });

    it('filters inclusively and pages from there, past the end too', async () => {
      const feed = await store.feed('bank', 'transactions');
      await (
        await acquireLease(feed)
      ).append(page([...'abcdefg'].map((id, i) => row(id, { at: START - 1000 + i * 20 }))));
      const from = START - 1000 + 40;
      expect(ids(await read(feed, from, 1, 2))).toEqual(['c', 'd']);
      expect(ids(await read(feed, from, 3, 2))).toEqual(['g']);
      expect(await read(feed, from, 4, 2)).toEqual([]);
      expect(await read(feed, from, 1_000_000_000, 10_000)).toEqual([]);
      expect(ids(await read(feed, from + 1, 1, 1))).toEqual(['d']);
      expect(await read(feed, START + 1)).toEqual([]);
      expect(ids(await read(feed, -1, 1, 1))).toEqual(['a']);
    });

    it('appends a changed record as a new row, and the same version only once', async () => {
      const feed = await store.feed('bank', 'transactions');
      const lease = await acquireLease(feed);
      const first = await lease.append(page([row('a'), row('b'), row('a')]));
      expect(first).toEqual({ added: 2, changed: 0, unchanged: 1, rejected: 0, effects: [] });
      const changed = page([row('a', { amount: 2n }), row('b')]);
      const second = await lease.append(changed);
      expect(second).toEqual({ added: 0, changed: 1, unchanged: 1, rejected: 0, effects: [] });
      const third = await lease.append(changed);
      expect(third).toEqual({ added: 0, changed: 0, unchanged: 2, rejected: 0, effects: [] });
      expect((await read(feed)).map(({ id, amount }) => id + amount)).toEqual(['a1', 'b1', 'a2']);
      expect(JSON.parse((await feed.latestBodies(['a', 'none'])).get('a') ?? '')).toMatchObject({
        amount: '2',
      });
      expect((await feed.latestBodies(['none'])).size).toBe(0);
    });

    it('is apart from other feeds, and knows its head', async () => {
      const feed = await store.feed('bank', 'transactions');
      await (await acquireLease(await store.feed('tenant/bank', 'transactions'))).append(page([row('x')]));
      expect(await read(feed)).toEqual([]);
      expect(await feed.head()).toEqual({ rows: 0, feedTime: undefined });
      await (await acquireLease(feed)).append(page([row('a')]));
      expect(await feed.head()).toEqual({ rows: 1, feedTime: START - 1000 });
    });
  });

  describe('a lease', () => {
    it('is held by one writer at a time, and runs out', async () => {
      const feed = await store.feed('bank', 'transactions');
      const lease = await acquireLease(feed);
      expect(await feed.acquireLease(OTHER, 1000)).toBeUndefined();
      now += 900;
      expect(await lease.renew()).toBe(true);
      now += 900;
      expect(await feed.acquireLease(OTHER, 1000)).toBeUndefined();
      now += 101;
      expect(await feed.acquireLease(OTHER, 1000)).toBeDefined();
    });

    it('refuses a writer that was paused while another took over, and writes nothing of its page', async () => {
      const feed = await store.feed('bank', 'transactions');
      const paused = await acquireLease(feed);
      now += 1001;
      const other = await acquireLease(feed, OTHER);
      await other.append(page([row('b')], { cursor: 'of the other' }));
      await expect(paused.append(page([row('a')], { cursor: 'late' }))).rejects.toThrow(LeaseLostError);
      expect(await paused.renew()).toBe(false);
      await paused.release();
      expect(await other.renew()).toBe(true);
      expect(ids(await read(feed))).toEqual(['b']);
      await other.release();
      expect((await acquireLease(feed)).cursor).toBe('of the other');
    });

    it('passes at once from a process of this machine that has died', async () => {
      const feed = await store.feed('bank', 'transactions');
      await acquireLease(feed, { ...ME, pid: 2 ** 22 + 1 });
      expect(await feed.acquireLease(ME, 1000)).toBeDefined();
    });

    it('acquired with a clock that was years ahead blocks no process, and the fencing token stops the process that holds it', async () => {
      const feed = await store.feed('bank', 'transactions');
      now = Date.UTC(2030, 0, 1);
      const ahead = await acquireLease(feed, OTHER);
      now = START;
      await (await acquireLease(feed)).append(page([row('a')]));
      await expect(ahead.append(page([row('b')]))).rejects.toThrow(LeaseLostError);
      expect(ids(await read(feed))).toEqual(['a']);
    });

    it('after its release refuses to write', async () => {
      const lease = await acquireLease(await store.feed('bank', 'transactions'));
      await lease.release();
      await expect(lease.append(page([row('a')]))).rejects.toThrow(LeaseLostError);
    });
  });

  describe('the quarantine', () => {
    it('keeps what was refused until a good version comes, and findings until they are cleared', async () => {
      const feed = await store.feed('bank', 'transactions');
      const lease = await acquireLease(feed);
      const rejected = [
        { id: 'bad', reason: 'no amount', raw: '{}' },
        { id: 'file:x', reason: 'cut' },
      ];
      await lease.append(page([], { rejected, warnings: [{ id: 's1', message: 'off by 1' }] }));
      now += 5000;
      await lease.append(page([], { rejected: [{ id: 'bad', reason: 'still none' }] }));
      expect(await store.listQuarantine('bank')).toMatchObject([
        { id: 'bad', reason: 'still none', since: START, kind: 'refusal' },
        { id: 'file:x', reason: 'cut' },
        { id: 's1', reason: 'off by 1', kind: 'finding' },
      ]);
      expect(await store.listQuarantine('other')).toEqual([]);
      await lease.append(page([row('bad')], { resolvedIds: ['s1'] }));
      expect((await store.listQuarantine()).map(({ id }) => id)).toEqual(['file:x']);
      now += 5000;
      await lease.append(page([], { warnings: [{ id: 's1', message: 'again' }] }));
      expect((await store.listQuarantine())[0]).toMatchObject({
        id: 's1',
        reason: 'again',
        since: START + 10_000,
      });
    });
  });

  describe('balances', () => {
    const observed = (at: number, amounts: Record<string, bigint>) =>
      store
        .balances('bank')
        .recordObservation({ accountId: 'acc', at, amounts: new Map(Object.entries(amounts)) });

    it('serve an asset that vanished as zero, and a time that grows with every change', async () => {
      expect(await store.balances('bank').findLatest('acc')).toBeUndefined();
      await observed(START, { 'EUR/2': 5n, 'USD/2': -7n });
      expect(await observed(START, { 'EUR/2': 6n })).toEqual({
        id: 'acc',
        accountID: 'acc',
        at: new Date(START + 1).toISOString(),
        balances: [
          { amount: '6', currency: 'EUR/2' },
          { amount: '0', currency: 'USD/2' },
        ],
      });
      await observed(START, { 'EUR/2': 7n });
      expect(await store.balances('bank').findLatest('acc')).toMatchObject({
        at: new Date(START + 2).toISOString(),
      });
    });

    it('ignore an observation older than the last', async () => {
      await observed(START, { 'EUR/2': 5n });
      expect(await observed(START - 1, { 'EUR/2': 4n })).toMatchObject({ balances: [{ amount: '5' }] });
    });

    it('come with a page', async () => {
      const lease = await acquireLease(await store.feed('bank', 'accounts'));
      await lease.append(
        page([], { balances: [{ accountId: 'acc', at: START, amounts: new Map([['JPY', 10n ** 30n]]) }] }),
      );
      expect(await store.balances('bank').findLatest('acc')).toMatchObject({
        balances: [{ amount: `1${'0'.repeat(30)}` }],
      });
    });
  });

  describe('balances of the future', () => {
    it('count as observed now, so that the next ones still count', async () => {
      const lease = await acquireLease(await store.feed('bank', 'accounts'));
      const balances = (at: number, amount: bigint) => [
        { accountId: 'acc', at, amounts: new Map([['JPY', amount]]) },
      ];
      await lease.append(page([], { balances: balances(Date.UTC(2099, 0, 1), 1n) }));
      now += 1000;
      await lease.append(page([], { balances: balances(now, 2n) }));
      expect(await store.balances('bank').findLatest('acc')).toMatchObject({
        at: new Date(now).toISOString(),
        balances: [{ amount: '2' }],
      });
    });
  });

  describe('the store', () => {
    it('opens for many at once, and only once creates its tables', async () => {
      const stores = await Promise.all(Array.from({ length: 8 }, open));
      await Promise.all(stores.map((each) => each.feed('bank', 'accounts')));
      await Promise.all(stores.map((each) => each.close()));
    });
  });
});
