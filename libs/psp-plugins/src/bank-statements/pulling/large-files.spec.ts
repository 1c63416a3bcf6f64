/** Tests large files, many files and many equal entries. A listing must always yield a page in time, and must not repeat its work. */
import { describe, expect, it, jest } from '@jest/globals';
import { isRejectedRecord } from '@tributary/connector-api';
import type { StoredRecord, Stream } from '@tributary/connector-api';
import { FakeBank, FakeFeed, createCamtXml } from '../bank-statements.fake.js';
import type { FakeEntry } from '../bank-statements.fake.js';
import { FileCheck } from '../checking/file-check.js';
import { MovementRepository } from '../matching/movement-repository.js';

/** A feed that counts how many ids the plugin looks up. */
class CountingFeed extends FakeFeed {
  idCount = 0;

  override findLatest(stream: Stream, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    this.idCount += ids.length;
    return super.findLatest(stream, ids);
  }
}

describe('equal entries', () => {
  const statement = (count: number): string => {
    const entries: FakeEntry[] = Array.from({ length: count }, () => ({ amount: '1', text: 'equal' }));
    return createCamtXml({ number: '1', opening: '0', closing: String(count), entries });
  };

  it('are looked up about once each, and not once for each batch', async () => {
    const bank = new FakeBank();
    const feed = new CountingFeed();
    bank.writeFile('1.xml', statement(3000));
    await feed.pullStream(bank.createPlugin(feed), 'transactions');
    expect(feed.summary).toHaveLength(3000);
    const firstCount = feed.idCount;
    bank.writeFile('again.xml', statement(3000));
    await feed.pullStream(bank.createPlugin(feed), 'transactions');
    expect(feed.rows).toHaveLength(3000);
    // Two ids are looked up for each movement. While the group is small, up to four times as many ids are looked up, so the limit is 8 ids
    // per movement.
    expect(firstCount).toBeLessThan(8 * 3000);
    expect(feed.idCount - firstCount).toBeLessThan(8 * 3000);
  });

  it('are counted once when the pull is interrupted after each page', async () => {
    const bank = new FakeBank();
    bank.writeFile('1.xml', statement(1800));
    bank.writeFile(
      '2.xml',
      statement(1800)
        .replace('>1</ElctrncSeqNb>', '>2</ElctrncSeqNb>')
        .replace(/>0<\/Amt>/, '>1800</Amt>')
        .replace(
          '>1800</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-04</Dt></Dt></Bal><Ntry>',
          '>3600</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-04</Dt></Dt></Bal><Ntry>',
        ),
    );
    for (let page = 0; page < 20; page++) await bank.feed.pullStream(bank.createPlugin(), 'transactions', 1);
    expect(bank.feed.summary).toHaveLength(3600);
    expect([...bank.feed.warnings.values()]).toEqual([]);
  });
});

it('a rejected entry of a large file has its own source text in the quarantine', async () => {
  const bank = new FakeBank();
  const rejected = [0, 249, 250, 251, 1700, 2999];
  const entries: FakeEntry[] = Array.from({ length: 3000 }, (_, n) => ({
    amount: rejected.includes(n) ? '1.23456' : '1',
    text: `Entry ${n}; ${'text '.repeat(80)}`,
  }));
  bank.writeFile('1.xml', createCamtXml({ number: '1', entries }));
  await bank.sync('transactions');
  const raws = bank.feed.pages.flatMap(({ items }) =>
    items.filter((item) => isRejectedRecord(item)).map(({ raw }) => String(raw)),
  );
  expect(raws.map((raw) => /Entry \d+;/.exec(raw)?.[0])).toEqual(rejected.map((n) => `Entry ${n};`));
  expect(raws.every((raw) => raw.startsWith('<Ntry><Amt Ccy="EUR">1.23456</Amt>'))).toBe(true);
});

describe('a cached group', () => {
  it('forgets a movement that was matched but not stored', async () => {
    const stored = new Map<string, StoredRecord>(
      Array.from({ length: 600 }, (_, n) => [`g-${n}`, { metadata: {}, status: 'SUCCEEDED' }]),
    );
    const repository = new MovementRepository({
      findLatest: async (_stream, ids) =>
        new Map(ids.flatMap((id) => (stored.has(id) ? [[id, stored.get(id) as StoredRecord]] : []))),
    });
    const movements = (await repository.loadGroups(new Set(['g']))).get('g');
    movements?.push({ id: 'g-600', groupKey: 'g', detailCount: 0, metadata: {} });
    repository.markChanged('g-600');
    stored.set('g-3', { metadata: { changed: 'yes' }, status: 'CANCELLED' });
    repository.markChanged('g-3');
    const again = (await repository.loadGroups(new Set(['g']))).get('g');
    expect(again).toHaveLength(600);
    expect(again?.[3]).toMatchObject({ status: 'CANCELLED', metadata: { changed: 'yes' } });
  });
});

describe('a pull', () => {
  it('reads a large file after the others', async () => {
    const bank = new FakeBank();
    // This padding makes the file large without adding entries, because the reader ignores lines between messages.
    const padding = `${' '.repeat(60_000)}\n`.repeat(300);
    const swift =
      ':20:X\n:25:1\n:28C:1\n:60F:C260303EUR0,\n:61:2603040304C1,NTRFNONREF\n:62F:C260304EUR1,\n-\n';
    bank.writeFile('large.sta', swift + padding);
    bank.writeFile('small.xml', createCamtXml({ number: '2', entries: [{ amount: '2' }] }));
    await bank.sync('transactions');
    expect(bank.feed.transactions.map(({ amount }) => amount.amount)).toEqual([200n, 100n]);
  });

  it('parses a large file once for all streams, and reads it again after it has changed', async () => {
    const bank = new FakeBank();
    const entries: FakeEntry[] = Array.from({ length: 3000 }, (_, n) => ({
      amount: String(n % 2 === 0 ? n + 1 : -n),
      name: 'A name of some length',
      iban: n % 2 === 0 ? 'DE02120300000000202051' : 'NL91ABNA0417164300',
      text: 'A long text that makes the file larger than a small one. '.repeat(5),
    }));
    const xml = createCamtXml({ number: '1', entries });
    expect(xml.length).toBeGreaterThan(1 << 20);
    bank.writeFile('1.xml', xml);
    const parse = jest.spyOn(FileCheck.prototype, 'finish');
    const plugin = bank.createPlugin();
    const streams = ['accounts', 'beneficiaries', 'transactions'] as const;
    await Promise.all(streams.map((stream) => bank.feed.pullStream(plugin, stream)));
    expect(parse).toHaveBeenCalledTimes(1);
    expect(bank.feed.transactions).toHaveLength(3000);
    expect(bank.feed.rows.filter(({ stream }) => stream === 'beneficiaries')).toHaveLength(1);
    bank.writeFile('1.xml', createCamtXml({ number: '1', entries: [...entries, { amount: '0.50' }] }));
    for (const stream of streams) await bank.feed.pullStream(plugin, stream);
    expect(parse).toHaveBeenCalledTimes(2);
    expect(bank.feed.transactions).toHaveLength(3001);
    parse.mockRestore();
  });

  it('refuses a large file that is broken, once, and leaves no row of it', async () => {
    const bank = new FakeBank();
    const entries: FakeEntry[] = Array.from({ length: 8000 }, () => ({ amount: '1', text: 'x'.repeat(100) }));
    bank.writeFile('1.xml', createCamtXml({ entries }).slice(0, -20));
    await bank.sync();
    expect(bank.feed.rows).toEqual([]);
    expect([...bank.feed.rejected.keys()]).toEqual(['file:1.xml']);
  });
});
