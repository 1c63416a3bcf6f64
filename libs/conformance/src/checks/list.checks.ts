/**
 * Checks of the three lists: the properties of rows, the order, pages and filters. They also check that rows before a reader's position
 * never change.
 */
import { STREAMS, type Stream } from '@tributary/connector-api';
import { setTimeout as sleep } from 'node:timers/promises';
import { CheckSkipped, type ConformanceCheck } from '../conformance.types.js';
import { findInvalidRows, findOrderViolations } from '../rules/contract-rules.js';
import {
  LIST_PAGE_SIZE,
  ROW_TIME_PROPERTY,
  type ServedRow,
  type ServerUnderTest,
} from '../server-under-test.js';

/** The maximum number of rows that are read in small pages. It is limited, because each page needs a request. */
const MAX_SMALL_PAGE_ROWS = 60;
const SMALL_PAGE_SIZES = [1, 7];

export const LIST_CHECKS: readonly ConformanceCheck[] = [
  {
    id: 'lists/rows',
    title: 'Rows have the properties and formats of the contract',
    severity: 'error',
    consequence: 'One invalid row makes Formance reject its page for ever, so nothing behind it arrives.',
    run: (server) => forEachStream(async (stream) => findInvalidRows(stream, await server.rows(stream))),
  },
  {
    id: 'lists/order',
    title: 'The time by which a list is sorted increases from row to row',
    severity: 'error',
    consequence:
      'Formance remembers the time of its last row, and never reads rows with the same or an earlier time.',
    run: (server) => forEachStream(async (stream) => findOrderViolations(stream, await server.rows(stream))),
  },
  {
    id: 'lists/pages',
    title: 'Pages of any size give the same rows in the same order',
    severity: 'error',
    consequence: 'Rows at the border of two pages are read twice or never.',
    run: (server) => forEachStream((stream) => findPageDifferences(server, stream)),
  },
  {
    id: 'lists/page-size',
    title: 'A page has at most pageSize rows, and fewer only at the end',
    severity: 'error',
    consequence: 'Formance takes a page with fewer rows than asked for as the end of the list.',
    run: (server) => forEachStream((stream) => findShortPages(server, stream)),
  },
  {
    id: 'lists/past-the-end',
    title: 'A page behind the last row is an empty array',
    severity: 'error',
    consequence: 'Releases of version 2 read pages until an empty one, and never end.',
    run: (server) =>
      forEachStream(async (stream) => {
        const rows = await server.readPage(stream, { page: 1_000_000, pageSize: 100 });
        return rows.length === 0 ? [] : [`page 1,000,000 has ${rows.length} rows`];
      }),
  },
  {
    id: 'lists/filter',
    title: 'The time filter returns the rows at or after the time',
    severity: 'error',
    consequence:
      'Formance asks for rows from the time of its last row on, and misses those that the filter leaves out.',
    run: (server) => forEachStream((stream) => findFilterProblems(server, stream)),
  },
  {
    id: 'lists/filter-pages',
    title: 'Page numbers count within the filter',
    severity: 'error',
    consequence: 'Formance skips or repeats rows on the second page of each poll.',
    run: (server) =>
      forEachStream(async (stream) => {
        const rows = await server.rows(stream);
        if (rows.length < 4) return [];
        const [from, wanted] = [rows[1]!, rows[2]!];
        const page = await server.readPage(stream, {
          ...createTimeFilter(stream, from),
          page: 2,
          pageSize: 1,
        });
        return page[0]?.id === wanted.id
          ? []
          : [
              `page 2 from ${readRowTime(stream, from)} on has ${describeRow(page[0])}, expected ${describeRow(wanted)}`,
            ];
      }),
  },
  {
    id: 'lists/filter-formats',
    title: 'The filter accepts an offset, and a time in whole seconds',
    severity: 'error',
    consequence:
      'Releases before v3.2.2 send the time with the offset in which it was served; every release cuts it to whole seconds.',
    run: (server) => forEachStream((stream) => findFormatProblems(server, stream)),
  },
  {
    id: 'lists/append-only',
    title: 'A row that was served once stays at its place',
    severity: 'error',
    consequence:
      'A row that moves, changes or appears before the last one is never read by a client that is past it.',
    run: async (server) => {
      const before = await Promise.all(STREAMS.map((stream) => server.rows(stream)));
      await sleep(server.watchMs);
      const after = await Promise.all(STREAMS.map((stream) => server.drain(stream)));
      return STREAMS.flatMap((stream, index) => findMovedRow(stream, before[index]!, after[index]!));
    },
  },
  {
    id: 'lists/unknown-parameters',
    title: 'Unknown parameters are ignored, and invalid ones are a 4xx',
    severity: 'warning',
    consequence: 'A new release that sends one more parameter gets nothing; a 5xx is repeated for ever.',
    run: (server) =>
      forEachStream(async (stream) => {
        const unknown = await server.request(`/${stream}?tributaryConform=1`);
        const invalid = await server.request(`/${stream}?pageSize=many`);
        return [
          ...(unknown.status === 200 ? [] : [`an unknown parameter has the status ${unknown.status}`]),
          ...(invalid.status >= 400 && invalid.status < 500
            ? []
            : [`pageSize=many has the status ${invalid.status}, expected 4xx`]),
        ];
      }),
  },
  {
    id: 'lists/content-type',
    title: 'Lists are application/json',
    severity: 'error',
    consequence: 'Releases before v3.2.2, v3.3.0 and v3.3.1 reject every other content type.',
    run: (server) =>
      forEachStream(async (stream) => {
        const { contentType } = await server.request(`/${stream}?pageSize=1`);
        return /^application\/json(;|$)/.test(contentType) ? [] : [`the content type is "${contentType}"`];
      }),
  },
];

/**
 * Runs a check on each list.
 * @returns the problems of all lists, each with the name of its list
 */
async function forEachStream(find: (stream: Stream) => Promise<string[]>): Promise<string[]> {
  const problems: string[] = [];
  for (const stream of STREAMS)
    problems.push(...(await find(stream)).map((problem) => `${stream}: ${problem}`));
  return problems;
}

async function findPageDifferences(server: ServerUnderTest, stream: Stream): Promise<string[]> {
  const expected = (await server.rows(stream)).slice(0, MAX_SMALL_PAGE_ROWS);
  const problems: string[] = [];
  for (const pageSize of SMALL_PAGE_SIZES) {
    const rows = await server.drain(stream, pageSize, MAX_SMALL_PAGE_ROWS);
    const index = expected.findIndex((row, place) => JSON.stringify(rows[place]) !== JSON.stringify(row));
    if (index >= 0)
      problems.push(
        `with pageSize=${pageSize} row ${index} is ${describeRow(rows[index])}, with pageSize=100 it is ${describeRow(expected[index])}`,
      );
  }
  return problems;
}

async function findShortPages(server: ServerUnderTest, stream: Stream): Promise<string[]> {
  const { length } = await server.rows(stream);
  const problems: string[] = [];
  for (const pageSize of [...SMALL_PAGE_SIZES, 25, 100]) {
    if (length <= pageSize) continue;
    const page = await server.readPage(stream, { page: 1, pageSize });
    if (page.length !== pageSize)
      problems.push(`pageSize=${pageSize} gives ${page.length} rows, and the list has at least ${length}`);
  }
  if (length === 0 || length >= LIST_PAGE_SIZE) return problems;
  const next = await server.readPage(stream, { page: 2, pageSize: length });
  return next.length === 0
    ? problems
    : [...problems, `pageSize=${LIST_PAGE_SIZE} gives ${length} rows, and more rows follow`];
}

async function findFilterProblems(server: ServerUnderTest, stream: Stream): Promise<string[]> {
  const rows = await server.rows(stream);
  const problems: string[] = [];
  for (const index of new Set([0, Math.floor(rows.length / 2), rows.length - 1])) {
    const row = rows[index];
    if (row === undefined) continue;
    const [first] = await server.readPage(stream, { ...createTimeFilter(stream, row), page: 1, pageSize: 5 });
    const expected = rows.find((other) => readRowTime(stream, other) === readRowTime(stream, row));
    if (first?.id !== expected?.id)
      problems.push(
        `from ${readRowTime(stream, row)} on, the first row is ${describeRow(first)}, expected ${describeRow(expected)}`,
      );
  }
  return problems;
}

async function findFormatProblems(server: ServerUnderTest, stream: Stream): Promise<string[]> {
  const rows = await server.rows(stream);
  const row = rows[Math.floor(rows.length / 2)];
  const time = row === undefined ? undefined : Date.parse(readRowTime(stream, row));
  if (row === undefined || time === undefined || Number.isNaN(time)) return [];
  const wholeSeconds = Math.floor(time / 1000) * 1000;
  const zulu = new Date(wholeSeconds).toISOString().replace('.000Z', 'Z');
  const offset = `${new Date(wholeSeconds + 3_600_000).toISOString().slice(0, 19)}+01:00`;
  const problems: string[] = [];
  const [expected] = await server.readPage(stream, {
    [`${ROW_TIME_PROPERTY[stream]}From`]: new Date(wholeSeconds).toISOString(),
    pageSize: 1,
  });
  for (const text of [zulu, offset]) {
    const response = await server.request(
      `/${stream}?pageSize=1&${ROW_TIME_PROPERTY[stream]}From=${encodeURIComponent(text)}`,
    );
    const [found] = response.status === 200 ? (JSON.parse(response.body) as ServedRow[]) : [];
    if (response.status !== 200) problems.push(`the time ${text} has the status ${response.status}`);
    else if (found?.id !== expected?.id)
      problems.push(
        `from ${text} on, the first row is ${describeRow(found)}, expected ${describeRow(expected)}`,
      );
  }
  return problems;
}

function findMovedRow(stream: Stream, before: readonly ServedRow[], after: readonly ServedRow[]): string[] {
  const index = before.findIndex((row, place) => JSON.stringify(after[place]) !== JSON.stringify(row));
  return index < 0
    ? []
    : [`${stream}: row ${index} was ${describeRow(before[index])}, and is ${describeRow(after[index])} now`];
}

export function createTimeFilter(stream: Stream, row: ServedRow): Record<string, string> {
  return { [`${ROW_TIME_PROPERTY[stream]}From`]: readRowTime(stream, row) };
}

export function readRowTime(stream: Stream, row: ServedRow): string {
  return String(row[ROW_TIME_PROPERTY[stream]]);
}

export function describeRow(row: ServedRow | undefined): string {
  if (row === undefined) return 'missing';
  const status = typeof row['status'] === 'string' ? ` ${row['status']}` : '';
  const time = row['updatedAt'] ?? row['createdAt'];
  return `${row.id}${status} (${String(time)})`;
}

/**
 * Returns the rows of a list.
 * @throws CheckSkipped if the list is empty
 */
export async function requireRows(server: ServerUnderTest, stream: Stream): Promise<ServedRow[]> {
  const rows = await server.rows(stream);
  if (rows.length === 0) throw new CheckSkipped(`the service lists no ${stream}`);
  return rows;
}
