import { PspResponseError } from '../http/psp-response-error.js';
import { Json } from '../http/json-accessors.js';
import type { Page } from '../plugin.js';
import { createRecordSource, listSources, listWhereAllowed } from './index.js';
import type { ListingStep, RecordSource } from './index.js';

interface Row {
  id: string;
}
const FORMAT = { plugin: 'acme', version: 1 };
const DENIED = new PspResponseError('unauthorized', 'no permission', { status: 403 }, Json.absent);

/** Lists rows one by one. Its position is the number of rows that were read. */
async function* listRows(ids: readonly string[], since = 0): AsyncGenerator<ListingStep<Row, number>> {
  for (const [index, id] of ids.entries())
    if (index >= since)
      yield { rows: [{ id }], position: index + 1, progress: { done: 1, total: 2, unit: 'x' } };
}

function createSource(id: string, ids: readonly string[]): RecordSource<Row> {
  return createRecordSource({
    id,
    isPosition: (value) => typeof value === 'number',
    list: (since: number | undefined) => listRows(ids, since),
    toRecords: (rows: Row[]) =>
      id === 'payouts'
        ? { items: rows, warnings: [{ id: 'w', message: 'late' }], resolvedIds: ['old'] }
        : rows,
  });
}

async function readAll(sources: readonly RecordSource<Row>[], since?: string) {
  const pages: Page<Row>[] = [];
  for await (const page of listSources(FORMAT, sources, since)) pages.push(page);
  return pages;
}

const listIds = (pages: readonly Page<Row>[]) => pages.flatMap(({ items }) => items.map(({ id }) => id));

it('lists all sources in turn, and resumes each at its own position', async () => {
  const sources = [createSource('payments', ['a1', 'a2']), createSource('payouts', ['b1', 'b2'])];
  const pages = await readAll(sources);
  expect(listIds(pages)).toEqual(['a1', 'b1', 'a2', 'b2']);
  expect(pages[1]).toMatchObject({
    ...{ warnings: [{ id: 'w' }], resolvedIds: ['old'], progress: { unit: 'x' } },
    cursor: '{"v":1,"position":{"payments":1,"payouts":1}}',
  });
  expect(listIds(await readAll(sources, pages[1]?.cursor))).toEqual(['a2', 'b2']);
});

it('reads a list from its beginning if its stored position belongs to another strategy', async () => {
  const cursor = '{"v":1,"position":{"payments":{"at":5}}}';
  expect(listIds(await readAll([createSource('payments', ['a1'])], cursor))).toEqual(['a1']);
  await expect(readAll([createSource('payments', ['a1'])], 'x')).rejects.toThrow('was not written by');
});

it.each([true, false])('a list that the credentials may not read, optional: %s', async (isOptional) => {
  const denied = createRecordSource({
    ...{ id: 'refunds', isPosition: (_value): _value is number => false, isOptional },
    // eslint-disable-next-line require-yield
    async *list(): AsyncGenerator<ListingStep<Row, number>> {
      throw DENIED;
    },
    toRecords: (rows: Row[]) => rows,
  });
  const pages = readAll([denied, createSource('payments', ['a1'])]);
  if (isOptional) expect(listIds(await pages)).toEqual(['a1']);
  else await expect(pages).rejects.toThrow('no permission');
});

it('does not take a denied request of the mapping for a list that may not be read', async () => {
  const source = createRecordSource({
    ...{ id: 'refunds', isPosition: (value): value is number => typeof value === 'number', isOptional: true },
    list: (since: number | undefined) => listRows(['a1'], since),
    toRecords: (): Row[] => {
      throw DENIED;
    },
  });
  await expect(readAll([source])).rejects.toThrow('no permission');
});

it.each([
  ['off', [], 0],
  ['where-allowed', [], 1],
  ['required', undefined, 1],
] as const)('listWhereAllowed: %s', async (access, expected, requests) => {
  let count = 0;
  const rows = listWhereAllowed(access, async (): Promise<string[]> => {
    count += 1;
    throw DENIED;
  });
  if (expected === undefined) await expect(rows).rejects.toBe(DENIED);
  else expect(await rows).toEqual(expected);
  expect(count).toBe(requests);
  expect(await listWhereAllowed('where-allowed', async () => ['a'])).toEqual(['a']);
});
