/**
 * Lists transactions. Revolut lists by `created_at` only, newest first, and changes listed transactions weeks later without a filter for
 * changes. So a listing reads three things, each at a bounded cost:
 * 1. New transactions, and the last hours again, window by window, oldest first.
 * 2. Changeable transactions that are open or were reverted. The filter on states makes these few rows. A transaction that was open at the
 *    last listing and is missing now was decided: it is read by its time.
 * 3. Every `rereadEveryHours`, all transactions that can still change.
 */
import type { Cursor, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  createCursorFormat,
  createRereadCheck,
  isTimeWindowsPosition,
  isTimeWindowsUnderWay,
  PageBudget,
  readJsonRows,
  readWindow,
  reread,
  rewindTimeWindows,
  timeWindows,
  toPages,
} from '@tributary/connector-api/listing';
import type {
  ListingContext,
  OpenRow,
  RereadPosition,
  TimeWindowSource,
  TimeWindowsPosition,
} from '@tributary/connector-api/listing';
import { parseRowToRecords, readText } from '@tributary/connector-api';
import { MAX_PAGE_SIZE } from './revolut-business.client.js';
import type { RevolutBusinessClient } from './revolut-business.client.js';
import type { RevolutBusinessSettings } from './revolut-business.config.js';
import { isFinalState, REVOLUT_TRANSACTION_TYPES, toTransactions } from './revolut-business.rows.js';

type Position = RereadPosition<TimeWindowsPosition>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Milliseconds that are read again. Rows can appear late, and Revolut's clock can differ from the gateway's clock. */
const OVERLAP_MS = 2 * HOUR_MS;
const INITIAL_WINDOW_MS = 30 * DAY_MS;
/** Maximum number of pages of open and reverted transactions in one listing. The regular reading of everything covers the remaining ones. */
const MAX_WATCHED_PAGES = 4;
/** Maximum number of pages of decided transactions in one listing. The remaining ones wait for the next listing. */
const MAX_DECIDED_PAGES = 20;
const WATCHED_STATES = ['created', 'pending', 'reverted'];

/** Reads Revolut's rows: transactions and counterparties have the same names for id and time. */
export const REVOLUT_ROWS = readJsonRows('id', 'created_at');

const CURSOR_FORMAT = createCursorFormat<Position>({
  plugin: 'revolut-business',
  version: 2,
  isPosition: createRereadCheck(isTimeWindowsPosition),
  // Version 1 contained the times of the open transactions instead of their ids. The new one finds them when it reads everything again.
  upgrade: ({ v, at, span }) =>
    v === 1 && isTimeWindowsPosition({ at, span })
      ? { base: { at: Number(at) - OVERLAP_MS, span: Number(span) }, reread: 0, open: [] }
      : undefined,
});

export async function* listTransactionPages(
  client: RevolutBusinessClient,
  settings: RevolutBusinessSettings,
  since: Cursor | undefined,
  context: ListingContext,
): AsyncGenerator<Page<Transaction>> {
  const source = createSource(client, settings.pageSize);
  const start = Math.min(Date.parse(settings.since), context.clock.now());
  const steps = reread<Json, TimeWindowsPosition>(
    {
      getId: REVOLUT_ROWS.getId,
      start: { at: start, span: INITIAL_WINDOW_MS },
      list: (position) => timeWindows({ ...source, start, overlapMs: OVERLAP_MS }, position, context),
      rewind: rewindTimeWindows,
      isUnderWay: isTimeWindowsUnderWay,
      changesWithinMs: settings.changesWithinDays * DAY_MS,
      everyMs: settings.rereadEveryHours * HOUR_MS,
      toOpenRow,
      refetch: (open, from) => readChanges(client, settings.pageSize, open, from, context),
    },
    CURSOR_FORMAT.parse(since),
    context,
  );
  yield* toPages(steps, CURSOR_FORMAT, (rows) =>
    rows.flatMap((row) =>
      parseRowToRecords<Transaction>(row, 'id', (each, add) =>
        add(each.string('id'), () => toTransactions(each)),
      ),
    ),
  );
}

/** Returns a transaction as an open one. A state that Revolut adds later counts as open, because it is not known to be final. */
function toOpenRow(row: Json): OpenRow | undefined {
  const time = REVOLUT_ROWS.getTime(row);
  return time === undefined || isFinalState(readText(row, 'state') ?? '')
    ? undefined
    : [REVOLUT_ROWS.getId(row), time];
}

function createSource(
  client: RevolutBusinessClient,
  count: number,
  states?: readonly string[],
): TimeWindowSource<Json> {
  const filter = states === undefined ? {} : { states };
  return {
    ...REVOLUT_ROWS,
    order: 'newest-first',
    paging: 'time',
    resolutionMs: 1,
    fetchPage: async ({ from, to }, signal) => ({
      rows: await client.listTransactions({ from, to, count, ...filter }, signal),
    }),
    // More rows of one millisecond than a page holds are read type by type.
    fetchInstant: async (instant, signal) => {
      const all = await client.listTransactions({ ...instant, count: MAX_PAGE_SIZE }, signal);
      if (all.length < MAX_PAGE_SIZE) return { rows: all, warnings: [] };
      const full: string[] = [];
      for (const type of REVOLUT_TRANSACTION_TYPES) {
        const rows = await client.listTransactions({ ...instant, count: MAX_PAGE_SIZE, type }, signal);
        all.push(...rows);
        if (rows.length >= MAX_PAGE_SIZE) full.push(type);
      }
      const time = new Date(instant.from).toISOString();
      const warnings = full.map((type) => ({
        id: `crowded-${type}-${time}`,
        message: `${MAX_PAGE_SIZE} or more transactions of type ${type} were created at ${time}; Revolut lists no more of one moment, so some may be missing`,
      }));
      return { rows: all, warnings };
    },
  };
}

/** Returns the changed transactions among those that can change, oldest first. The last hours are left out: the listing reads them anyway. */
async function readChanges(
  client: RevolutBusinessClient,
  pageSize: number,
  open: readonly OpenRow[],
  from: number,
  context: ListingContext,
): Promise<Json[]> {
  const to = context.clock.now() - OVERLAP_MS;
  const budget = new PageBudget(context);
  const watched = await readWindow(
    createSource(client, pageSize, WATCHED_STATES),
    { from, to },
    { budget, maxPages: MAX_WATCHED_PAGES, largestPage: pageSize },
  );
  const known = new Set(watched.rows.map(REVOLUT_ROWS.getId));
  const decided = open.filter(([id, time]) => time >= watched.covered.from && time < to && !known.has(id));
  const rows = [...watched.rows, ...(await readDecided(client, pageSize, decided, budget))];
  return rows.sort((a, b) => (REVOLUT_ROWS.getTime(a) ?? 0) - (REVOLUT_ROWS.getTime(b) ?? 0));
}

/** Returns these transactions in their present state. Transactions that are close to each other share a page. */
async function readDecided(
  client: RevolutBusinessClient,
  count: number,
  decided: readonly OpenRow[],
  budget: PageBudget,
): Promise<Json[]> {
  const wanted = new Set(decided.map(([id]) => id));
  const times = decided.map(([, time]) => time);
  const from = Math.min(...times);
  const found: Json[] = [];
  let to = Math.max(...times) + 1;
  for (let page = 0; page < MAX_DECIDED_PAGES && wanted.size > 0 && to > from; page += 1) {
    const rows = await client.listTransactions({ from, to, count }, budget.signal);
    if (rows.length === 0 || budget.isUsedUp()) break;
    found.push(...rows.filter((row) => wanted.delete(REVOLUT_ROWS.getId(row))));
    const oldest = Math.min(...rows.map((row) => REVOLUT_ROWS.getTime(row) ?? Infinity));
    to = Math.min(oldest + 1, to - 1);
  }
  return found;
}
