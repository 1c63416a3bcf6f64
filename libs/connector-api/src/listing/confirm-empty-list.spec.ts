import { PspError } from '../errors.js';
import { confirmEmptyList } from './index.js';
import type { TokenPage } from './index.js';

/** Returns a function that returns the given pages, one for each request. After the last page, it returns the last page again. */
function answerWith(...pages: (TokenPage<string> | undefined)[]) {
  let requests = 0;
  return async () => pages[Math.min((requests += 1), pages.length) - 1];
}

const ROWS = { rows: ['row-1'] };

it.each([
  ['a list', answerWith(ROWS), ROWS],
  ['a fault, and then a list', answerWith(undefined, ROWS), ROWS],
  ['no list, although other rows are listed', answerWith(undefined), { rows: [] }],
])('a PSP that returns %s', async (_name, fetchPage, expected) => {
  expect(await confirmEmptyList({ fetchPage, fetchKnownRows: answerWith(ROWS) })).toEqual(expected);
});

it.each([undefined, { rows: [] }])('without known rows (%p) a missing list is an error', async (known) => {
  const confirmed = confirmEmptyList({ fetchPage: answerWith(undefined), fetchKnownRows: answerWith(known) });
  await expect(confirmed).rejects.toThrow(PspError);
});

it('a page without rows that names a next page shows that the list is not empty', async () => {
  const fetchKnownRows = answerWith({ rows: [], next: 'token-2' });
  expect(await confirmEmptyList({ fetchPage: answerWith(undefined), fetchKnownRows })).toEqual({ rows: [] });
});

it('a known row that the page should have contained contradicts an empty page', async () => {
  const confirm = (isExpected: (row: string) => boolean) =>
    confirmEmptyList({ fetchPage: answerWith(undefined), fetchKnownRows: answerWith(ROWS), isExpected });
  expect(await confirm((row) => row === 'row-2')).toEqual({ rows: [] });
  await expect(confirm((row) => row === 'row-1')).rejects.toThrow('this is not the end of the list');
});
