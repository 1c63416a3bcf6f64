import { Json } from '../http/json-accessors.js';
import { createCursorFormat } from './cursor-format.js';
import { PspError } from '../errors.js';
import { readHalPage, readTokenPage } from './read-list-response.js';
import type { TokenPage } from './listing.types.js';
import { createMergePositionCheck } from './merge-listings.js';
import { isNewestFirstPosition } from './newest-first-walk.js';
import { readAllRows, readPages } from './read-pages.js';

async function collect(pages: Readonly<Record<string, TokenPage<number>>>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const rows of readPages(async (token) => pages[token ?? 'first'] ?? { rows: [] }))
    all.push(rows);
  return all;
}

it('reads to the page without a next one; short and empty pages are not the end', async () => {
  const pages = { first: { rows: [1, 2], next: 'b' }, b: { rows: [], next: 'c' }, c: { rows: [3] } };
  expect(await collect(pages)).toEqual([[1, 2], [], [3]]);
});

it.each([
  ['itself', { first: { rows: [1], next: 'b' }, b: { rows: [2], next: 'b' } }],
  [
    'an earlier page',
    { first: { rows: [1], next: 'b' }, b: { rows: [], next: 'c' }, c: { rows: [], next: 'b' } },
  ],
])('a page that leads to %s is an error, not the end', async (_name, pages) => {
  await expect(collect(pages)).rejects.toMatchObject({ kind: 'unavailable' });
});

it('a list whose every page leads to another new page is an error', async () => {
  let requestCount = 0;
  const fetchPage = async (): Promise<TokenPage<number>> => {
    requestCount += 1;
    return { rows: [1], next: `${requestCount}` };
  };
  await expect(readAllRows(fetchPage, String)).rejects.toThrow('the PSP returned 10000 pages');
});

it('a caller that has found its row requests no further page', async () => {
  const requested: (string | undefined)[] = [];
  const fetchPage = async (token: string | undefined): Promise<TokenPage<number>> => {
    requested.push(token);
    return { rows: [1], next: `${requested.length}` };
  };
  for await (const rows of readPages(fetchPage)) if (rows.includes(1) && requested.length === 2) break;
  expect(requested).toEqual([undefined, '1']);
});

it('a whole list has each row once, although a row moved to the next page; the later version wins', async () => {
  const pages: Record<string, TokenPage<{ id: string; n: number }>> = {
    first: {
      rows: [
        { id: 'a', n: 1 },
        { id: 'b', n: 1 },
      ],
      next: 'x',
    },
    x: {
      rows: [
        { id: 'b', n: 2 },
        { id: 'c', n: 2 },
      ],
    },
  };
  const rows = await readAllRows(
    async (token) => pages[token ?? 'first']!,
    ({ id }) => id,
  );
  expect(rows.map(({ id, n }) => `${id}${n}`)).toEqual(['a1', 'b2', 'c2']);
});

it('a stored cursor is a position of merged listings only if each part is one of the strategy', () => {
  const format = createCursorFormat({
    plugin: 'acme',
    version: 1,
    isPosition: createMergePositionCheck(isNewestFirstPosition),
  });
  const position = { 'acc-1': { covered: { anchors: ['a'], newest: 5 } } };
  expect(format.parse(format.serialize(position))).toEqual(position);
  for (const other of [{ 'acc-1': { at: 5 } }, { 'acc-1': { covered: null } }, [3]]) {
    expect(() => format.parse(JSON.stringify({ v: 1, position: other }))).toThrow('was not written by');
  }
});

describe('a page with HAL links', () => {
  const read = (links: object) =>
    readHalPage(Json.parse(JSON.stringify({ _embedded: { things: [{}] }, ...links })), 'things', 'from');

  it('has the position of the next page for a link to any host', () => {
    expect(
      read({ _links: { next: { href: 'https://other.example/v2/things?limit=5&from=t_6' } } }).next,
    ).toBe('t_6');
    expect(read({ _links: { next: { href: '/v2/things?from=t_6' } } }).next).toBe('t_6');
    expect(read({ _links: { next: null } })).not.toHaveProperty('next');
  });

  it('with a link that says no position, or without its list, is an error', () => {
    expect(() => read({ _links: { next: { href: 'https://acme.example/v2/things?page=2' } } })).toThrow(
      'no "from"',
    );
    expect(() => readHalPage(Json.parse('{"_links":{}}'), 'things', 'from')).toThrow('contains no list');
  });
});

describe('readTokenPage', () => {
  const read = (body: unknown) => readTokenPage(Json.parse(JSON.stringify(body)), 'data', 'cursor');

  it('returns the token of the next page, and no token at the end', () => {
    expect(read({ data: [{}], cursor: 'c2' })).toMatchObject({ next: 'c2' });
    expect(read({ data: [{}], cursor: 2 })).toMatchObject({ next: '2' });
    for (const end of [{}, { cursor: null }, { cursor: '' }]) {
      expect(read({ data: [{}], ...end })).not.toHaveProperty('next');
    }
  });

  it.each([
    { cursor: 'c2' },
    { data: {}, cursor: 'c2' },
    { data: [], cursor: { id: 2 } },
    { data: [], cursor: false },
  ])('refuses %j, which is not the end of the list', (body) => expect(() => read(body)).toThrow(PspError));
});
