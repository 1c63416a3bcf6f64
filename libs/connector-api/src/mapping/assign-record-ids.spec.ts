import type { FeedReader, StoredRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { assignRecordIds } from './assign-record-ids.js';
import type { RecordIdentity } from './assign-record-ids.js';

const TIME = Date.UTC(2026, 0, 1);

/** A record as its PSP lists it: `{ parts: ['sale', '100'] }`. */
interface TestRecord extends Pick<RecordIdentity, 'parts'> {
  time?: number;
  isOpen?: boolean;
}

/** A feed with the rows that the records of earlier pages became. */
class TestFeed implements FeedReader {
  readonly rows = new Map<string, StoredRecord>();
  requestedIds: string[] = [];

  findLatest(_stream: string, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    this.requestedIds.push(...ids);
    const found = ids.flatMap((id) => (this.rows.has(id) ? [[id, this.rows.get(id)!] as const] : []));
    return Promise.resolve(new Map(found));
  }

  store(rowId: string, key: string, { parts, time = TIME, isOpen = false }: TestRecord): void {
    const createdAt = new Date(time).toISOString();
    const status = isOpen ? 'PENDING' : 'SUCCEEDED';
    const amount = { amount: 1n, asset: 'EUR/2' };
    const transaction: Transaction = { id: rowId, createdAt, type: 'PAYIN', status, amount };
    const metadata = { key, parts: parts.join(' ') };
    this.rows.set(rowId, { metadata, status, transaction });
  }
}

let feed: TestFeed;
beforeEach(() => {
  feed = new TestFeed();
});

/** Lists records with the id `x`, stores their rows, and returns the ids of their rows. */
async function list(...records: TestRecord[]): Promise<string[]> {
  const getIds = await assignRecordIds(records, {
    read: ({ parts, time = TIME, isOpen = false }) => ({
      ...{ id: 'x', key: ['x', ...parts].join('.'), time, parts, isOpen },
    }),
    readStored: ({ metadata }) => ({ key: metadata['key'], parts: metadata['parts']?.split(' ') ?? [] }),
    feedReader: feed,
  });
  return records.map((record) => {
    const { rowId, key } = getIds(record);
    feed.store(rowId, key, record);
    return rowId;
  });
}

const sale = (amount: string, more: Partial<TestRecord> = {}): TestRecord => ({
  ...{ parts: ['sale', amount] },
  ...more,
});
const hold = (amount: string, more: Partial<TestRecord> = {}): TestRecord => ({
  ...{ parts: ['hold', amount] },
  ...more,
});

it('a record keeps its row and its key when its properties change', async () => {
  expect(await list(sale('100'))).toEqual(['x']);
  expect(await list(sale('98'))).toEqual(['x']);
  expect(await list(hold('98'))).toEqual(['x']);
  expect(await list(sale('5'))).toEqual(['x']);
  expect(feed.rows.get('x')?.metadata['key']).toBe('x.sale.100');
  expect(feed.rows.size).toBe(1);
});

it('records with other times are other rows, in one page and in several', async () => {
  expect(await list(sale('100', { time: TIME + 1 }), sale('100'))).toEqual(['x.2', 'x']);
  expect(await list(sale('100', { time: TIME + 1 }))).toEqual(['x.2']);
  expect(await list(sale('100', { time: TIME + 2 }))).toEqual(['x.3']);
  expect(await list(sale('100', { time: TIME + 2 }), sale('100'))).toEqual(['x.3', 'x']);
});

it('the sequence of the list does not matter', async () => {
  expect(await list(hold('1'), sale('1'), hold('2'))).toEqual(['x', 'x.3', 'x.2']);
  expect(await list(hold('2'), hold('1'), sale('1'))).toEqual(['x.2', 'x', 'x.3']);
});

it('a record that has changed gets the row with the most equal properties', async () => {
  await list(hold('1'), sale('1'));
  expect(await list(sale('2'), hold('2'))).toEqual(['x.2', 'x']);
});

it('each of the records has a row of its own, although all of them change', async () => {
  await list(sale('1'), sale('2'));
  expect(new Set(await list(hold('3'), hold('4')))).toEqual(new Set(['x', 'x.2']));
});

it('an open record is a version of an open row only, because a filter may list it alone', async () => {
  await list(sale('1'));
  expect(await list(hold('1', { isOpen: true }))).toEqual(['x.2']);
  expect(await list(hold('2', { isOpen: true }))).toEqual(['x.2']);
  expect(await list(sale('1'), hold('3'))).toEqual(['x', 'x.2']);
});

it('rows that an earlier release served under their keys are recognised, and no key is used twice', async () => {
  feed.store('x', 'x.sale.1', sale('1'));
  feed.store('x.hold.1', 'x.hold.1', hold('1'));
  expect(await list(hold('1'), sale('1'))).toEqual(['x.hold.1', 'x']);
  expect(await list(hold('1'), sale('3'), sale('4'))).toEqual(['x.hold.1', 'x', 'x.2']);
  expect(await list(sale('1', { time: TIME + 1 }))).toEqual(['x.3']);
});

it('a record without a readable time is new', async () => {
  await list(sale('1'));
  feed.rows.get('x')!.transaction!.createdAt = 'soon';
  expect(await list(sale('1'))).toEqual(['x.2']);
});

it('asks for three ids of a record whose id is not shared', async () => {
  await list(sale('1'));
  expect(feed.requestedIds).toEqual(['x', 'x.2', 'x.sale.1']);
});
