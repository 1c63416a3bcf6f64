/**
 * Reads lists that are paged by time alone, newest first. A page that starts exclusively at the time of the last row would lose the rows that
 * share this time. So the next page starts one millisecond later, which repeats these rows, and duplicates are removed.
 */
import { parseTime, PspError, InvalidRecordError } from '@tributary/connector-api';
import type { DataWarning, RejectedRecord } from '@tributary/connector-api';
import { parseRow } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import { MAX_PAGE_SIZE } from './revolut-business.client.js';
import type { RevolutBusinessClient } from './revolut-business.client.js';
import { REVOLUT_TRANSACTION_TYPES } from './revolut-business.rows.js';

/** The range `[from, to)` in milliseconds since 1970. */
export interface TimeRange {
  from: number;
  to: number;
}

export interface TimeRangeRows {
  /** Oldest first, each row once. */
  rows: Json[];
  /** Everything from this time on was read. It is the beginning of the range, unless the range had too many pages. */
  from: number;
  warnings: DataWarning[];
}

export interface ReadOptions {
  pageSize: number;
  /** Number of pages after which the reading stops. */
  maxPages: number;
  states?: readonly string[];
}

export async function readTransactionsInRange(
  client: RevolutBusinessClient,
  { from, to }: TimeRange,
  { pageSize, maxPages, states }: ReadOptions,
): Promise<TimeRangeRows> {
  const rows = new UniqueRows();
  const warnings: DataWarning[] = [];
  const filter = states === undefined ? {} : { states };
  let before = to;
  for (let page = 1; before > from; page += 1) {
    if (page > maxPages) return { rows: rows.toOldestFirst(), from: before, warnings };
    const listed = await client.listTransactions({ from, to: before, count: pageSize, ...filter });
    rows.add(listed);
    if (listed.length < pageSize) break;
    const oldest = getOldestTime(listed);
    if (oldest + 1 < before) {
      before = oldest + 1;
      continue;
    }
    warnings.push(...(await readCrowdedMillisecond(client, oldest, rows)));
    before = oldest;
  }
  return { rows: rows.toOldestFirst(), from, warnings };
}

/**
 * Reads one millisecond that alone fills a page. Time cannot divide it further, so it is read type by type.
 * @returns a warning for each type that fills a page
 */
async function readCrowdedMillisecond(
  client: RevolutBusinessClient,
  at: number,
  rows: UniqueRows,
): Promise<DataWarning[]> {
  const span = { from: at, to: at + 1, count: MAX_PAGE_SIZE };
  const listed = await client.listTransactions(span);
  rows.add(listed);
  if (listed.length < MAX_PAGE_SIZE) return [];
  const full: string[] = [];
  for (const type of REVOLUT_TRANSACTION_TYPES) {
    const ofType = await client.listTransactions({ ...span, type });
    rows.add(ofType);
    if (ofType.length >= MAX_PAGE_SIZE) full.push(type);
  }
  const time = new Date(at).toISOString();
  return full.map((type) => ({
    id: `crowded-${type}-${time}`,
    message: `${MAX_PAGE_SIZE} or more transactions of type ${type} were created at ${time}; Revolut lists no more of one moment, so some may be missing`,
  }));
}

/** Returns all counterparties that were created in the range, oldest first. */
export async function readCounterparties(
  client: RevolutBusinessClient,
  { from, to }: TimeRange,
  pageSize: number,
): Promise<Json[]> {
  const rows = new UniqueRows();
  let before = to;
  let limit = pageSize;
  while (before > from) {
    const listed = await client.listCounterparties(before, limit);
    rows.add(listed);
    if (listed.length < limit) break;
    const oldest = getOldestTime(listed);
    // When one moment fills a page, the next page is larger. When that does not help, the next moment follows.
    const isStuck = oldest + 1 >= before;
    before = isStuck && limit >= MAX_PAGE_SIZE ? oldest : oldest + 1;
    limit = isStuck ? MAX_PAGE_SIZE : pageSize;
  }
  return rows.toOldestFirst();
}

/**
 * Maps one row to its records, or to one rejected record.
 * @param parse throws InvalidRecordError for an invalid row
 */
export function parseRowItems<T>(row: Json, parse: (row: Json) => T[]): (T | RejectedRecord)[] {
  const found = parseRow(row, 'id', parse);
  return Array.isArray(found) ? found : [found];
}

/** Collects rows by id, in the order of the list: newest first. */
export class UniqueRows {
  private readonly byId = new Map<string, Json>();

  add(rows: readonly Json[]): void {
    for (const row of rows) {
      const id = getStringOrUndefined(row, 'id') ?? row.toJsonString();
      if (!this.byId.has(id)) this.byId.set(id, row);
    }
  }

  toOldestFirst(): Json[] {
    return [...this.byId.values()].reverse();
  }
}

/** Returns the creation time in milliseconds since 1970; `undefined` when the row has no readable time. */
export function getCreatedAt(row: Json): number | undefined {
  return parseTime(getStringOrUndefined(row, 'created_at') ?? '')?.milliseconds;
}

/** Returns the string, or `undefined` when the property is not a string. The mapper rejects such a row later, and the listing continues. */
export function getStringOrUndefined(row: Json, property: string): string | undefined {
  try {
    return row.optionalString(property);
  } catch (error) {
    if (error instanceof InvalidRecordError) return undefined;
    throw error;
  }
}

/**
 * Returns the time of the oldest row.
 * @throws PspError `unavailable` when no row has a readable time
 */
export function getOldestTime(rows: readonly Json[]): number {
  const times = rows.map(getCreatedAt).filter((time) => time !== undefined);
  if (times.length > 0) return Math.min(...times);
  throw new PspError(
    'unavailable',
    'Revolut: a whole page of rows without a readable created_at: the next page cannot be asked for',
  );
}
