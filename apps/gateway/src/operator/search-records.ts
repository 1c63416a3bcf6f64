/**
 * Searches a feed backwards for records with certain properties. The store has no index of these properties, so rows are read and compared.
 * Each search ends after a time limit and returns its position, so that the next request can continue there.
 */
import type { OperatorRepository, RowRange, StoredVersion } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';

/** Conditions, all of which a record must meet. Ids are those as served to clients. */
export interface RecordFilter {
  /** The account itself, the source or the destination. */
  account?: string;
  /** Minor units, decimal digits. */
  amount?: string;
  asset?: string;
  status?: string;
  type?: string;
  /** A part of the record's JSON. Upper and lower case are not distinguished. */
  text?: string;
}

/** A version of a record with its parsed JSON; `undefined` if the row was altered in the database and is no longer valid JSON. */
export interface FoundVersion {
  version: StoredVersion;
  record: Readonly<Record<string, unknown>> | undefined;
}

export interface SearchResult {
  found: FoundVersion[];
  /** The search continues with rows before this feed time; `undefined` when the whole range was searched. */
  continueBeforeMs: number | undefined;
}

/** Number of rows that are read at a time. Other requests are served between two reads. */
const SLICE_ROWS = 500;
/** Maximum duration of one search in ms. */
const MAX_SEARCH_MS = 100;

/** @param now returns the milliseconds of a monotonic clock */
export async function searchRecords(
  repository: Pick<OperatorRepository, 'readRowsBackwards'>,
  range: RowRange,
  filter: RecordFilter,
  now: () => number = () => performance.now(),
): Promise<SearchResult> {
  const deadline = now() + MAX_SEARCH_MS;
  const found: FoundVersion[] = [];
  let toMs = range.toMs;
  for (;;) {
    const slice = await repository.readRowsBackwards({
      ...range,
      ...(toMs !== undefined && { toMs }),
      limit: SLICE_ROWS,
    });
    for (const version of slice) {
      toMs = version.feedTime;
      const record = parseRecord(version.body);
      if (matches(version, record, filter) && found.push({ version, record }) === range.limit)
        return { found, continueBeforeMs: toMs };
    }
    if (slice.length < SLICE_ROWS) return { found, continueBeforeMs: undefined };
    if (now() >= deadline) return { found, continueBeforeMs: toMs };
    await setImmediate();
  }
}

export function parseRecord(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function matches(
  { body, recordId }: StoredVersion,
  record: Readonly<Record<string, unknown>> | undefined,
  { account, amount, asset, status, type, text }: RecordFilter,
): boolean {
  if (text !== undefined && !body.toLowerCase().includes(text.toLowerCase())) return false;
  const has = (name: string, expected: string | undefined) =>
    expected === undefined || record?.[name] === expected;
  return (
    has('amount', amount) &&
    has('currency', asset) &&
    has('status', status) &&
    has('type', type) &&
    (account === undefined ||
      recordId === account ||
      record?.['sourceAccountID'] === account ||
      record?.['destinationAccountID'] === account)
  );
}
