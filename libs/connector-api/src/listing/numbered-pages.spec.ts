/** Tests a list with page numbers whose time range is limited by the PSP. */
import { Json } from '../http/json-accessors.js';
import {
  fetchNumberedPage,
  getTokenOfFirstHalf,
  getNextPageToken,
  parseNumberedPage,
  readCount,
} from './numbered-pages.js';
import { WindowTooLargeError } from './read-window.js';

const MAX_RANGE_MS = 1000;

/**
 * Reads all pages of a range.
 * @param countPages returns the number of pages of the part that begins at a time
 */
function readAll(from: number, to: number, countPages: (from: number) => number): string[] {
  const pages: string[] = [];
  for (let token: string | undefined, count = 0; count < 20; count += 1) {
    const query = { from, to, ...(token !== undefined && { token }) };
    const part = parseNumberedPage(query, MAX_RANGE_MS);
    pages.push(`${part.from}-${part.to} ${part.page}`);
    token = getNextPageToken(part, countPages(part.from), query, MAX_RANGE_MS);
    if (token === undefined) return pages;
  }
  return pages;
}

it('reads all pages of a range', () => {
  expect(readAll(0, 900, () => 3)).toEqual(['0-900 1', '0-900 2', '0-900 3']);
  expect(readAll(0, 900, () => 0)).toEqual(['0-900 1']);
});

it('reads a range that is too long in parts', () => {
  const pages = ['0-1000 1', '0-1000 2', '1000-2000 1', '2000-2500 1', '2000-2500 2'];
  expect(readAll(0, 2500, (from) => (from === 1000 ? 0 : 2))).toEqual(pages);
});

it('divides a part, and reads what follows the half', () => {
  const query = { from: 0, to: 900 };
  const token = getTokenOfFirstHalf(parseNumberedPage(query, MAX_RANGE_MS), 100);
  const half = parseNumberedPage({ ...query, token }, MAX_RANGE_MS);
  expect(half).toEqual({ from: 0, to: 500, page: 1 });
  const next = getNextPageToken(half, 1, query, MAX_RANGE_MS) ?? '';
  expect(parseNumberedPage({ ...query, token: next }, MAX_RANGE_MS)).toEqual({ from: 500, to: 900, page: 1 });
});

it('reads a number of pages, also as a text, and refuses a response without one', () => {
  expect(readCount(Json.parse('{"pages": 3}'), 'pages')).toBe(3);
  expect(readCount(Json.parse('{"pages": "3"}'), 'pages')).toBe(3);
  for (const text of [
    '{}',
    'null',
    '{"pages": null}',
    '{"pages": -1}',
    '{"pages": "many"}',
    '{"pages": 1.5}',
  ])
    expect(() => readCount(Json.parse(text), 'pages')).toThrow('its last page is not known');
});

/** What a PSP returns for the page after the last one. */
type BehindEnd =
  | 'refuses'
  | 'repeats'
  | 'repeats without a number'
  | 'returns the first page'
  | 'has no rows'
  | 'has no list';

function createPageBehindEnd(pages: readonly number[][], behindEnd: BehindEnd): object {
  if (behindEnd === 'has no list') return {};
  if (behindEnd === 'has no rows') return { rows: [], total: 0, pages: 0 };
  const rows = behindEnd === 'returns the first page' ? pages[0] : pages.at(-1);
  return behindEnd === 'repeats without a number' ? { rows } : { rows, total: rows?.length, pages: 1 };
}

describe('fetchNumberedPage', () => {
  const REFUSAL = new Error('too large');
  /** Creates a list with one row for each 100 ms. The PSP refuses a range with more than five rows. */
  const createList = (maxRowCount?: number) => ({
    ...{ names: { rows: 'rows', rowCount: 'total', pageCount: 'pages' }, maxRangeMs: MAX_RANGE_MS },
    ...{ resolutionMs: 100, maxRowCount, isRefusalAsTooLarge: (error: unknown) => error === REFUSAL },
    requestPart: async ({ from, to }: { from: number; to: number }) => {
      const total = (to - from) / 100;
      if (total > 5) throw REFUSAL;
      const rows = Array.from({ length: total }, (_, index) => from + index * 100);
      return Json.parse(JSON.stringify({ rows, total, pages: 1 }));
    },
  });
  const readRows = async (to: number) => {
    const rows: string[] = [];
    for (let token: string | undefined, count = 0; count < 20; count += 1) {
      const page = await fetchNumberedPage(
        { from: 0, to, ...(token !== undefined && { token }) },
        createList(),
      );
      rows.push(...page.rows.map((row) => row.toJsonString()));
      token = page.next;
      if (token === undefined) return rows;
    }
    return rows;
  };

  it('reads a range that the PSP refuses in halves', async () => {
    expect(await readRows(800)).toEqual(['0', '100', '200', '300', '400', '500', '600', '700']);
    expect(await readRows(500)).toEqual(['0', '100', '200', '300', '400']);
  });

  it('refuses a range with too many rows if the list has a maximum', async () => {
    const fetch = (to: number) => fetchNumberedPage({ from: 0, to }, createList(3));
    await expect(fetch(800)).rejects.toBeInstanceOf(WindowTooLargeError);
    await expect(fetch(400)).rejects.toBeInstanceOf(WindowTooLargeError);
    expect((await fetch(300)).rows).toHaveLength(3);
  });

  it.each([0, 1])('refuses a response with more rows than its number says: %d', async (total) => {
    const requestPart = async () => Json.parse(JSON.stringify({ rows: [1, 2], total, pages: 1 }));
    const read = fetchNumberedPage({ from: 0, to: 300 }, { ...createList(), requestPart });
    await expect(read).rejects.toThrow(`the response lists 2 rows, and its "total" is ${total}`);
  });

  it.each<[string, number[][], BehindEnd, number]>([
    ['although it is not counted', [[1, 2], [3, 4], [5]], 'refuses', 6],
    [
      'which is refused',
      [
        [1, 2],
        [3, 4],
      ],
      'refuses',
      4,
    ],
    [
      'which repeats the last page',
      [
        [1, 2],
        [3, 4],
      ],
      'repeats',
      4,
    ],
    [
      'which has no rows',
      [
        [1, 2],
        [3, 4],
      ],
      'has no rows',
      4,
    ],
    [
      'which is the first page again',
      [
        [1, 2],
        [3, 4],
      ],
      'returns the first page',
      5,
    ],
    [
      'which repeats the last page and has no number of rows',
      [
        [1, 2],
        [3, 4],
      ],
      'repeats without a number',
      4,
    ],
    [
      'which has no list',
      [
        [1, 2],
        [3, 4],
      ],
      'has no list',
      4,
    ],
    ['only if the last page is full', [[1]], 'refuses', 1],
  ])('requests the page after a full last page, %s', async (_name, pages, behindEnd, requestCount) => {
    const requested: number[] = [];
    const requestPart = async ({ page }: { page: number }) => {
      requested.push(page);
      if (page > pages.length && behindEnd === 'refuses') throw new Error('no such page');
      const rows = pages[page - 1];
      if (rows === undefined) return Json.parse(JSON.stringify(createPageBehindEnd(pages, behindEnd)));
      return Json.parse(JSON.stringify({ rows, total: rows.length, pages: 1 }));
    };
    const isRefusalOfPage = (error: unknown) => (error as Error).message === 'no such page';
    const list = { ...createList(), requestPart, isRefusalOfPage, pageSize: 2 };
    const rows: string[] = [];
    for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
      const page = await fetchNumberedPage({ from: 0, to: 300, ...(token !== undefined && { token }) }, list);
      rows.push(...page.rows.map((row) => row.toJsonString()));
      token = page.next;
    }
    expect(rows).toEqual(pages.flat().map(String));
    expect(requested).toHaveLength(requestCount);
  });

  it('throws every other error of the page after a full last page', async () => {
    const requestPart = async ({ page }: { page: number }) => {
      if (page > 1) throw new Error('down');
      return Json.parse('{"rows": [1, 2], "total": 2, "pages": 1}');
    };
    const read = fetchNumberedPage(
      { from: 0, to: 300 },
      { ...createList(), requestPart, isRefusalOfPage: () => false, pageSize: 2 },
    );
    await expect(read).rejects.toThrow('down');
  });

  it('a page after a full last page that is refused because the range has too many rows is no end', async () => {
    const tooLarge = new Error('too large, and no such page');
    const requestPart = async ({ page }: { page: number }) => {
      if (page > 1) throw tooLarge;
      return Json.parse('{"rows": [1, 2], "total": 2, "pages": 1}');
    };
    const list = { ...createList(), requestPart, pageSize: 2, isRefusalOfPage: () => true };
    const isRefusalAsTooLarge = (error: unknown) => error === tooLarge;
    const read = fetchNumberedPage({ from: 0, to: 300 }, { ...list, isRefusalAsTooLarge });
    await expect(read).rejects.toBe(tooLarge);
  });

  it('throws other errors, and the refusal of a range that cannot be divided', async () => {
    const refuse = (isRefusal: boolean, to: number) =>
      fetchNumberedPage(
        { from: 0, to },
        {
          ...createList(3),
          requestPart: () => Promise.reject(new Error('no')),
          isRefusalAsTooLarge: () => isRefusal,
        },
      );
    await expect(refuse(false, 800)).rejects.toThrow('no');
    await expect(refuse(true, 100)).rejects.toThrow('no');
  });
});
