/**
 * Searches a feed backwards for records with certain properties. The store has no index of these properties, so rows are read and compared.
 * Each search ends after a time limit and returns its position, so that the next request can continue there.
 */
import type { OperatorRepository, RowRange, StoredVersion } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';

/** The conditions of a search. A record must meet all of them. Ids are the ids as served to clients. */
export interface RecordFilter {
  /** The id of an account: the record is this account, or the account is its source or its destination. */
  account?: string;
  /** The amount in minor units, as decimal digits. */
  amount?: string;
  asset?: string;
  status?: string;
  type?: string;
  /** A part of the record's JSON, in upper or lower case. */
  text?: string;
}

/** A version of a record with its parsed JSON. The JSON is `undefined` if the row was altered in the database and is no longer valid. */
export interface FoundVersion {
  version: StoredVersion;
  record: Readonly<Record<string, unknown>> | undefined;
}

export interface SearchResult {
  found: FoundVersion[];
  /** The feed time before which the search must continue; `undefined` when the whole range was searched. */
  continueBeforeMs: number | undefined;
}

/** The number of rows that are read at a time. Other requests are served between two reads. */
const SLICE_ROWS = 500;
/** The maximum duration of one search in ms. A longer search ends and returns its position. */
const MAX_SEARCH_MS = 100;

/**
 * Searches records.
 * @param now returns the milliseconds of a monotonic clock
 */
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
