/** Tests how a list is read to look up values, and metadata that a row can do without. */
import { Json } from '../http/json-accessors.js';
import { isRejectedRecord, PspError } from '../index.js';
import type { Transaction } from '../index.js';
import { InMemoryFeed, ManualClock } from '../testing/index.js';
import { addOptionalMetadata, createJsonRowReader, createLinkedMetadata, ListLookup } from './index.js';
import type { TimeWindowQuery } from './index.js';

const HOUR_MS = 3_600_000;
const READER = createJsonRowReader('id', 'created_at');

/** A list of objects, newest first, two on each page. */
class TestList {
  readonly clock = new ManualClock();
  readonly requests: string[] = [];
  /** The error of the next requests. */
  error: Error | undefined;
  private readonly rows: { id: string; created_at: string; name: string; account: string }[] = [];

  add(...ids: string[]): void {
    for (const id of ids) {
      const created_at = new Date(this.clock.now()).toISOString();
      this.rows.unshift({ id, created_at, name: `name of ${id}`, account: id.replace('m', 'a') });
    }
  }

  readonly options = {
    ...{ getId: READER.getId, start: 0, overlapMs: HOUR_MS },
    fetchPage: async ({ from, to, token = '0' }: TimeWindowQuery, signal: AbortSignal) => {
      signal.throwIfAborted();
      this.requests.push(token);
      if (this.error !== undefined) throw this.error;
      const isWanted = (time: string) => Date.parse(time) >= from && Date.parse(time) < to;
      const wanted = this.rows.filter(({ created_at }) => isWanted(created_at));
      const end = Number(token) + 2;
      return {
        rows: Json.parse(JSON.stringify(wanted.slice(Number(token), end))).array(),
        ...(end < wanted.length && { next: String(end) }),
      };
    },
  };

  /** @returns the number of requests since the last call */
  countRequests(): number {
    return this.requests.splice(0).length;
  }
}

describe('ListLookup', () => {
  function start(maxValues?: number) {
    const list = new TestList();
    const lookup = new ListLookup({
      ...{ ...list.options, ...(maxValues !== undefined && { maxValues }) },
      getValue: (row) => row.optionalString('name'),
    });
    const find = async (...ids: string[]) => {
      const { values, failure } = await lookup.find(ids, { clock: list.clock });
      return { found: [...values.keys()], failure, requests: list.countRequests() };
    };
    return { list, find };
  }

  it('reads only as far as necessary, and new objects later', async () => {
    const { list, find } = start();
    list.add('m1', 'm2', 'm3', 'm4', 'm5', 'm6');
    list.clock.advance(3 * HOUR_MS);
    expect(await find('m5')).toEqual({ found: ['m5'], requests: 1 });
    expect(await find('m6', 'm3')).toEqual({ found: ['m6', 'm3'], requests: 1 + 1 });
    expect(await find('m6', 'm3')).toEqual({ found: ['m6', 'm3'], requests: 0 });
    list.clock.advance(2 * HOUR_MS);
    list.add('m7');
    expect(await find('m7')).toEqual({ found: ['m7'], requests: 1 });
    // One request for new objects, and one for the last page. After that, only new objects can be missing.
    expect(await find('m1', 'unknown')).toEqual({ found: ['m1'], requests: 2 });
    expect(await find('unknown')).toEqual({ found: [], requests: 1 });
  });

  it('continues after an error, and makes a pause if nothing could be read', async () => {
    const { list, find } = start();
    list.add('m1', 'm2', 'm3');
    list.error = new PspError('unavailable', 'maintenance');
    expect(await find('m1')).toMatchObject({ found: [], failure: list.error, requests: 1 });
    expect(await find('m1')).toMatchObject({ found: [], failure: list.error, requests: 0 });
    list.clock.advance(HOUR_MS);
    list.error = undefined;
    expect(await find('m1')).toEqual({ found: ['m1'], requests: 2 });
  });

  it('forgets the values that were read first if there are too many', async () => {
    const { list, find } = start(2);
    list.add('m1', 'm2', 'm3');
    expect((await find('m1')).found).toEqual(['m1']);
    expect((await find('m3')).found).toEqual([]);
  });
});

describe('addOptionalMetadata', () => {
  const [NAME, LINK] = ['com.acme.spec/name', 'com.acme.spec/mandate'];
  const createRow = (id: string, mandate: string): Transaction => ({
    ...{ id, type: 'PAYIN', status: 'SUCCEEDED', amount: { amount: 1n, asset: 'EUR/2' } },
    ...{ createdAt: '2026-01-01T00:00:00Z', metadata: { [LINK]: mandate } },
  });
  const rejected = { id: 'bad', reason: 'x', raw: '{}' };

  function start() {
    const [mandates, accounts, feed] = [new TestList(), new TestList(), new InMemoryFeed()];
    const metadata = createLinkedMetadata({
      ...{ name: 'names of payers', linkKey: LINK, metadata: { [NAME]: ['name'] } },
      ...{ links: mandates.options, linkPath: ['account'], objects: accounts.options },
    });
    const add = async (...rows: Transaction[]) => {
      const context = { clock: mandates.clock, feedReader: feed };
      const page = await addOptionalMetadata([...rows, rejected], metadata, context);
      feed.commitPage('transactions', { ...page, cursor: '' });
      const names = page.items.map((row) => (isRejectedRecord(row) ? row.reason : row.metadata?.[NAME]));
      return { names, messages: page.warnings?.map(({ message }) => message), resolved: page.resolvedIds };
    };
    return { mandates, accounts, add };
  }

  it('adds what the linked objects tell, once', async () => {
    const { mandates, accounts, add } = start();
    mandates.add('m1', 'm2');
    accounts.add('a1');
    const resolved = ['optional-metadata-names-of-payers'];
    const first = await add(createRow('p1', 'm1'), createRow('p2', 'm2'), createRow('p3', 'm3'));
    expect(first).toEqual({ names: ['name of a1', undefined, undefined, 'x'], resolved });
    expect([mandates.countRequests(), accounts.countRequests()]).toEqual([1, 1]);
    expect(await add(createRow('p1', 'm1'))).toEqual({ names: ['name of a1', 'x'] });
    expect(mandates.countRequests()).toBe(0);
  });

  it('serves rows without it, and a row that had it with it, while the lists cannot be read', async () => {
    const { mandates, accounts, add } = start();
    mandates.add('m1', 'm2');
    accounts.add('a1', 'a2');
    await add(createRow('p1', 'm1'));
    accounts.error = new PspError('rejected', 'Acme: 403');
    mandates.error = accounts.error;
    mandates.clock.advance(HOUR_MS);
    mandates.add('m9');
    const failed = await add(createRow('p1', 'm1'), createRow('p9', 'm9'));
    expect(failed.names).toEqual(['name of a1', undefined, 'x']);
    expect(failed.messages).toEqual([
      expect.stringMatching(/^the names of payers could not be read, .*Acme: 403/),
    ]);
  });

  it('does not wait for a list that does not answer', async () => {
    const { mandates, add } = start();
    mandates.clock.timeoutOverrideMs = 1;
    mandates.options.fetchPage = (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    const { names } = await add(createRow('p1', 'm1'));
    expect(names).toEqual([undefined, 'x']);
  });
});
