/** Tests that entries of days that were never served need no lookup in the feed. They must get the same ids as with a lookup. */
import { describe, expect, it } from '@jest/globals';
import type { StoredRecord, Stream } from '@tributary/connector-api';
import { FakeBank, FakeFeed, createCamtXml } from '../bank-statements.fake.js';
import type { FakeEntry } from '../bank-statements.fake.js';
import { DaysBeforeStatement, ServedDays } from './served-days.js';

const ACCOUNT = 'DE89370400440532013000';

/** A feed that counts how many ids of transactions the plugin looks up. */
class CountingFeed extends FakeFeed {
  idCount = 0;

  override findLatest(stream: Stream, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    if (stream === 'transactions') this.idCount += ids.length;
    return super.findLatest(stream, ids);
  }
}

describe('served days', () => {
  it('know booked and value days, and join days that are near', () => {
    const days = new ServedDays({});
    for (const day of ['2026-03-02', '2026-03-06', '2026-05-04']) days.add(ACCOUNT, ['booked', day]);
    expect(days.stored).toEqual({
      [ACCOUNT]: {
        booked: [
          ['2026-03-02', '2026-03-06'],
          ['2026-05-04', '2026-05-04'],
        ],
      },
    });
    expect(days.mayInclude(ACCOUNT, ['booked', '2026-03-04'])).toBe(true);
    expect(days.mayInclude(ACCOUNT, ['booked', '2026-04-04'])).toBe(false);
    expect(days.mayInclude(ACCOUNT, ['value', '2026-03-04'])).toBe(false);
    expect(days.mayInclude(ACCOUNT, ['pending'])).toBe(false);
    expect(days.mayInclude('__proto__', ['booked', '2026-03-04'])).toBe(false);
  });

  it('keep few periods, which contain every served day', () => {
    const days = new ServedDays({});
    const served = Array.from({ length: 60 }, (_, n) =>
      new Date(Date.UTC(2020, (n * 7) % 60, 1)).toISOString().slice(0, 10),
    );
    for (const day of served) days.add(ACCOUNT, ['value', day]);
    expect(days.stored?.[ACCOUNT]?.value?.length).toBeLessThanOrEqual(12);
    expect(served.filter((day) => !days.mayInclude(ACCOUNT, ['value', day]))).toEqual([]);
  });

  it('are unknown in a cursor that does not have them', () => {
    const days = new ServedDays(undefined);
    days.add(ACCOUNT, ['booked', '2026-03-02']);
    expect(days.stored).toBeUndefined();
    expect(days.mayInclude('other', ['booked', '2030-01-01'])).toBe(true);
  });

  it('before a statement are the same when the file is read again', () => {
    const beforeFile = {};
    const served = new ServedDays({});
    const first = new DaysBeforeStatement(served, beforeFile);
    expect(first.open(ACCOUNT).mayInclude(ACCOUNT, ['booked', '2026-03-02'])).toBe(false);
    first.add(ACCOUNT, ['booked', '2026-03-02']);
    expect(first.open(ACCOUNT).mayInclude(ACCOUNT, ['booked', '2026-03-02'])).toBe(true);
    expect(served.mayInclude(ACCOUNT, ['booked', '2026-03-02'])).toBe(true);
    const again = new DaysBeforeStatement(served, beforeFile);
    expect(again.open(ACCOUNT).mayInclude(ACCOUNT, ['booked', '2026-03-02'])).toBe(false);
  });
});

describe('a statement of a new day', () => {
  const entries: FakeEntry[] = Array.from({ length: 1200 }, (_, n) => ({
    amount: String((n % 3) + 1),
    text: `t${n % 7}`,
  }));
  const xml = createCamtXml({ number: '1', entries });

  it('needs no lookups, and the same statement in another file changes nothing', async () => {
    const bank = new FakeBank();
    const feed = new CountingFeed();
    bank.writeFile('1.xml', xml);
    await feed.pullStream(bank.createPlugin(feed), 'transactions');
    expect(feed.idCount).toBe(0);
    expect(feed.transactions).toHaveLength(1200);
    bank.writeFile('2.xml', xml);
    await feed.pullStream(bank.createPlugin(feed), 'transactions');
    expect(feed.idCount).toBeGreaterThan(0);
    expect(feed.rows).toHaveLength(1200);
  });

  it('has the same rows with a cursor of an earlier version, which does not know the days', async () => {
    const bank = new FakeBank();
    const [feed, formerFeed] = [new FakeFeed(), new CountingFeed()];
    formerFeed.cursors.set('transactions', JSON.stringify({ version: 1, done: '' }));
    bank.writeFile('1.xml', xml);
    for (const each of [feed, formerFeed]) await each.pullStream(bank.createPlugin(each), 'transactions');
    expect(formerFeed.idCount).toBeGreaterThan(0);
    expect(feed.rows).toEqual(formerFeed.rows);
  });

  it('is compared with an entry that was announced before', async () => {
    const bank = new FakeBank();
    bank.writeFile('1.xml', createCamtXml({ type: '052', entries: [{ amount: '5', status: 'PDNG' }] }));
    bank.writeFile('2.xml', createCamtXml({ number: '1', entries: [{ amount: '5' }, { amount: '5' }] }));
    await bank.sync('transactions');
    expect(bank.feed.summary).toEqual(['+5.00 EUR SUCCEEDED', '+5.00 EUR SUCCEEDED']);
  });

  it('whose file is replaced after its first pages keeps their rows', async () => {
    const bank = new FakeBank();
    bank.writeFile('1.xml', xml);
    await bank.feed.pullStream(bank.createPlugin(), 'transactions', 2);
    const servedBefore = bank.feed.rows.length;
    expect(servedBefore).toBeGreaterThan(0);
    bank.writeFile('1.xml', createCamtXml({ number: '2', entries: [{ amount: '1', text: 'another' }] }));
    await bank.sync('transactions');
    expect(bank.feed.transactions).toHaveLength(servedBefore + 1);
  });
});
