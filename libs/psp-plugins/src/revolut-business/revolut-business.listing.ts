/**
 * Listings that are paged by time alone, newest first: the next page is asked for with the time of the last row, exclusive, and would lose
 * the rows that share it. So it is asked for with the next millisecond, which repeats them, and what was seen is left out.
 */
import { parseTime, PspError, RefusedError } from '@tributary/connector-api';
import type { Finding, Refusal } from '@tributary/connector-api';
import { readRow } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import { LARGEST_PAGE } from './revolut-business.client.js';
import type { RevolutBusinessClient } from './revolut-business.client.js';
import { TRANSACTION_KINDS } from './revolut-business.rows.js';

/** `[from, to)` in milliseconds. */
export interface Span {
  from: number;
  to: number;
}

export interface SpanRows {
  /** Oldest first, each once. */
  rows: Json[];
  /** Everything from here on was read: the span's own beginning, unless it took too many pages. */
  from: number;
  findings: Finding[];
}

export interface ReadOptions {
  pageSize: number;
  /** Pages after which it is given up. */
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

/** Of one millisecond that fills a page by itself: time cannot divide it, but types can. */
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

/** All counterparties created since, oldest first. */
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
    // Where one moment fills a page, the page grows; where that does not help, the next moment follows.
    const isStuck = oldest + 1 >= before;
    before = isStuck && limit >= LARGEST_PAGE ? oldest : oldest + 1;
    limit = isStuck ? LARGEST_PAGE : pageSize;
  }
  return rows.oldestFirst();
}

/** One row → its records, or one refusal. @param read throws RefusedError */
export function readAll<T>(row: Json, read: (row: Json) => T[]): (T | Refusal)[] {
  const found = readRow(row, 'id', read);
  return Array.isArray(found) ? found : [found];
}

/** Rows by their id, as they were listed: newest first. */
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

/** Milliseconds; `undefined` for a row without a time that can be read. */
export function createdAt(row: Json): number | undefined {
  return parseTime(textOf(row, 'created_at') ?? '')?.milliseconds;
}

/** `undefined` for what is no text too: the mapper refuses such a row, and the listing goes on. */
export function textOf(row: Json, member: string): string | undefined {
  try {
    return row.optionalText(member);
  } catch (error) {
    if (error instanceof RefusedError) return undefined;
    throw error;
  }
}

/** @throws PspError `unavailable` where none has a time */
export function oldestOf(rows: readonly Json[]): number {
  const times = rows.map(createdAt).filter((time) => time !== undefined);
  if (times.length > 0) return Math.min(...times);
  throw new PspError(
    'unavailable',
    'Revolut: a whole page of rows without a readable created_at: the next page cannot be asked for',
  );
}
