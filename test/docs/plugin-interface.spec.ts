/** Checks docs/reference/plugin-interface.md against the code: the version, the methods, and the kinds of errors. */
import {
  INTERFACE_VERSION,
  ORDER_STATUSES,
  TRANSACTION_STATUSES,
  TRANSACTION_TYPES,
} from '@tributary/connector-api';
import { listTableRows, readPage } from './markdown-pages.js';

const PAGE = readPage('docs/reference/plugin-interface.md');
const CODE = 'libs/connector-api/src';

it('the page names the version of the interface', () => {
  expect(PAGE).toContain(`version **${INTERFACE_VERSION}**`);
  expect(PAGE).toContain(`"interface": "${INTERFACE_VERSION}"`);
});

it('the page lists every method of PspClient, whether it is required, and no other', () => {
  const [, body = ''] = /export interface PspClient \{\n(.*?)\n\}/s.exec(readPage(`${CODE}/plugin.ts`)) ?? [];
  const methods = [...body.matchAll(/^ {2}(\w+)(\??)\(/gm)].map(([, name, optional]) => [
    name,
    optional === '?' ? 'no' : 'yes',
  ]);
  expect(methods.length).toBeGreaterThan(5);
  const documented = listTableRows(sectionOf('Methods of `PspClient`')).flatMap(
    ([call = '', required = '']) => {
      const name = /^`(\w+)\(/.exec(call)?.[1];
      return name === undefined ? [] : [[name, required]];
    },
  );
  expect(documented.sort()).toEqual(methods.sort());
});

it('the page lists every property of a page of a listing, and no other', () => {
  const [, body = ''] = /export interface Page<T> \{\n(.*?)\n\}/s.exec(readPage(`${CODE}/plugin.ts`)) ?? [];
  const properties = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
  expect(firstCells(sectionOf('Pages'))).toEqual(properties);
});

it('the page lists every kind of error, and no other', () => {
  const [, union = ''] = /type PspErrorKind =\n(.*?);/s.exec(readPage(`${CODE}/errors.ts`)) ?? [];
  const kinds = [...union.matchAll(/\| '([a-z-]+)'/g)].map(([, kind]) => kind);
  expect(kinds.length).toBeGreaterThan(3);
  expect(firstCells(sectionOf('Errors'))).toEqual(kinds);
});

it.each([...TRANSACTION_TYPES, ...TRANSACTION_STATUSES, ...ORDER_STATUSES])('the page names %s', (word) => {
  expect(PAGE).toContain(`\`${word}\``);
});

/** Returns the text between a heading of level two and the next heading of level two. */
function sectionOf(heading: string): string {
  const start = PAGE.indexOf(`## ${heading}\n`);
  expect(start).toBeGreaterThan(0);
  return PAGE.slice(start, PAGE.indexOf('\n## ', start + 1));
}

/** Returns the words in backticks in the first column of the tables of a section. */
function firstCells(section: string): string[] {
  return listTableRows(section).flatMap(([cell = '']) => /^`([\w-]+)`$/.exec(cell)?.[1] ?? []);
}
