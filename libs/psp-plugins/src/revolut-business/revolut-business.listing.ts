/**
 * Reads lists that are paged by time alone, newest first. A page that starts exclusively at the time of the last row would lose the rows that
 * share this time. So the next page starts one millisecond later, which repeats these rows, and duplicates are removed.
 */
import { parseTime, PspError, RefusedError } from '@tributary/connector-api';
import type { Finding, Refusal } from '@tributary/connector-api';
import { readRow } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import { LARGEST_PAGE } from './revolut-business.client.js';
import type { RevolutBusinessClient } from './revolut-business.client.js';
import { TRANSACTION_KINDS } from './revolut-business.rows.js';

/** The range `[from, to)` in milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

export interface SpanRows {
  /** Oldest first, each row once. */
  rows: Json[];
  /** Everything from this time on was read. It is the beginning of the range, unless the range had too many pages. */
  from: number;
  findings: Finding[];
}

export interface ReadOptions {
  pageSize: number;
  /** Number of pages after which the reading stops. */
  mostPages: number;
  states?: readonly string[];
}

export async function readTransactions(
  client: RevolutBusinessClient,
  { from, to }: Span,
  { pageSize, mostPages, states }: ReadOptions,
): Promise<SpanRows> {
  const rows = new Rows();
  const findings: Finding[] = [];
  const filter = states === undefined ? {} : { states };
  let before = to;
  for (let page = 1; before > from; page += 1) {
    if (page > mostPages) return { rows: rows.oldestFirst(), from: before, findings };
    const listed = await client.transactions({ from, to: before, count: pageSize, ...filter });
    rows.add(listed);
    if (listed.length < pageSize) break;
    const oldest = oldestOf(listed);
    if (oldest + 1 < before) {
      before = oldest + 1;
      continue;
    }
    findings.push(...(await readCrowd(client, oldest, rows)));
    before = oldest;
  }
  return { rows: rows.oldestFirst(), from, findings };
}

/**
 * Reads one millisecond that alone fills a page. Time cannot divide it further, so it is read type by type.
 * @returns a warning for each type that fills a page
 */
async function readCrowd(client: RevolutBusinessClient, at: number, rows: Rows): Promise<Finding[]> {
  const span = { from: at, to: at + 1, count: LARGEST_PAGE };
  const listed = await client.transactions(span);
  rows.add(listed);
  if (listed.length < LARGEST_PAGE) return [];
  const full: string[] = [];
  for (const type of TRANSACTION_KINDS) {
    const ofType = await client.transactions({ ...span, type });
    rows.add(ofType);
    if (ofType.length >= LARGEST_PAGE) full.push(type);
  }
  const time = new Date(at).toISOString();
  return full.map((type) => ({
    id: `crowded-${type}-${time}`,
    found: `${LARGEST_PAGE} or more transactions of type ${type} were created at ${time}; Revolut lists no more of one moment, so some may be missing`,
  }));
}

/** Returns all counterparties that were created in the range, oldest first. */
export async function readCounterparties(
  client: RevolutBusinessClient,
  { from, to }: Span,
  pageSize: number,
): Promise<Json[]> {
  const rows = new Rows();
  let before = to;
  let limit = pageSize;
  while (before > from) {
    const listed = await client.counterparties(before, limit);
    rows.add(listed);
    if (listed.length < limit) break;
    const oldest = oldestOf(listed);
    // When one moment fills a page, the next page is larger. When that does not help, the next moment follows.
    const isStuck = oldest + 1 >= before;
    before = isStuck && limit >= LARGEST_PAGE ? oldest : oldest + 1;
    limit = isStuck ? LARGEST_PAGE : pageSize;
  }
  return rows.oldestFirst();
}

/**
 * Maps one row to its records, or to one rejected record.
 * @param read throws InvalidRecordError for an invalid row
 */
export function readAll<T>(row: Json, read: (row: Json) => T[]): (T | Refusal)[] {
  const found = readRow(row, 'id', read);
  return Array.isArray(found) ? found : [found];
}

/** Collects rows by id, in the order of the list: newest first. */
export class Rows {
  private readonly byId = new Map<string, Json>();

  add(rows: readonly Json[]): void {
    for (const row of rows) {
      const id = textOf(row, 'id') ?? row.toText();
      if (!this.byId.has(id)) this.byId.set(id, row);
    }
  }

  oldestFirst(): Json[] {
    return [...this.byId.values()].reverse();
  }
}

/** Returns the creation time in milliseconds since 1970; `undefined` when the row has no readable time. */
export function createdAt(row: Json): number | undefined {
  return parseTime(textOf(row, 'created_at') ?? '')?.milliseconds;
}

/** Returns the string, or `undefined` when the property is not a string. The mapper rejects such a row later, and the listing continues. */
export function textOf(row: Json, member: string): string | undefined {
  try {
    return row.optionalText(member);
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

/**
 * Returns the time of the oldest row.
 * @throws PspError `unavailable` when no row has a readable time
 */
export function oldestOf(rows: readonly Json[]): number {
  const times = rows.map(createdAt).filter((time) => time !== undefined);
  if (times.length > 0) return Math.min(...times);
  throw new PspError(
    'unavailable',
    'Revolut: a whole page of rows without a readable created_at: the next page cannot be asked for',
  );
}
