/** Lists counterparties. Revolut lists them newest first, with a filter `created_before`, and without a filter for changes. */
import type { Beneficiary, Cursor, Page } from '@tributary/connector-api';
import { parseRowToRecords } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { createCursorFormat, PageBudget, readWindow } from '@tributary/connector-api/listing';
import type { ListingContext, TimeWindowSource } from '@tributary/connector-api/listing';
import { MAX_PAGE_SIZE } from './revolut-business.client.js';
import type { RevolutBusinessClient } from './revolut-business.client.js';
import type { RevolutBusinessSettings } from './revolut-business.config.js';
import { toBeneficiaries } from './revolut-business.mapper.js';
import { REVOLUT_ROWS } from './revolut-business.transactions.js';

/** Times are in milliseconds since 1970. */
interface Position {
  /** Counterparties up to this time were read. */
  at: number;
  /** The last complete reading began at this time. */
  reread: number;
  /** A reading that is under way: everything from this time on was read. */
  under?: { before: number; from: number; startedAt: number };
}

const HOUR_MS = 3_600_000;
const MAX_CLOCK_SKEW_MS = 60_000;
const MAX_PAGES = 8;

const CURSOR_FORMAT = createCursorFormat<Position>({
  plugin: 'revolut-business',
  version: 2,
  isPosition,
  upgrade: ({ v, at, reread }) =>
    v === 1 && isPosition({ at, reread }) ? { at: Number(at), reread: Number(reread) } : undefined,
});

function isPosition(value: unknown): value is Position {
  if (typeof value !== 'object' || value === null) return false;
  const { at, reread } = value as Partial<Position>;
  return Number.isSafeInteger(at) && Number.isSafeInteger(reread);
}

/** Lists new counterparties. Every `rereadEveryHours` it lists all of them, to see changes. */
export async function* listBeneficiaryPages(
  client: RevolutBusinessClient,
  { pageSize, rereadEveryHours }: RevolutBusinessSettings,
  since: Cursor | undefined,
  context: ListingContext,
): AsyncGenerator<Page<Beneficiary>> {
  const now = context.clock.now();
  const position = CURSOR_FORMAT.parse(since) ?? { at: 0, reread: 0 };
  const isAll = now - position.reread >= rereadEveryHours * HOUR_MS;
  const reading = position.under ?? {
    before: now + MAX_CLOCK_SKEW_MS,
    from: isAll ? 0 : position.at - HOUR_MS,
    startedAt: now,
  };
  const { from, startedAt } = reading;
  const budget = new PageBudget(context);
  for (let before = reading.before; before > from;) {
    const limits = { budget, maxPages: MAX_PAGES, largestPage: pageSize };
    const { rows, covered } = await readWindow(createSource(client, pageSize), { from, to: before }, limits);
    before = covered.from;
    const next =
      before > from
        ? { ...position, under: { before, from, startedAt } }
        : { at: startedAt, reread: from === 0 ? startedAt : position.reread };
    const items = rows.flatMap((row) =>
      parseRowToRecords<Beneficiary>(row, 'id', (each, add) =>
        add(each.string('id'), () => toBeneficiaries(each)),
      ),
    );
    yield { items, cursor: CURSOR_FORMAT.serialize(next) };
    budget.restart();
  }
}

function createSource(client: RevolutBusinessClient, limit: number): TimeWindowSource<Json> {
  const list = async (from: number, to: number, count: number, signal: AbortSignal) => {
    const listed = await client.listCounterparties(to, count, signal);
    const rows = listed.filter((row) => (REVOLUT_ROWS.getTime(row) ?? Infinity) >= from);
    return { rows, isLast: rows.length < listed.length };
  };
  return {
    ...REVOLUT_ROWS,
    order: 'newest-first',
    paging: 'time',
    resolutionMs: 1,
    fetchPage: ({ from, to }, signal) => list(from, to, limit, signal),
    fetchInstant: async ({ from, to }, signal) => ({
      ...(await list(from, to, MAX_PAGE_SIZE, signal)),
      warnings: [],
    }),
  };
}
