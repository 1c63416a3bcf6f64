/**
 * Finds transactions that return to an earlier state, e.g. a fee of 87, then 60, then 87 again. The feed ignores a version that it has
 * stored before, so that overlapping windows and repeated webhooks add nothing. Without this file, such a transaction would keep the state
 * between. A version that returns gets its number as metadata, so it is a new version. Decision 0024 has the rule with its reasons.
 */
import { addVersionNumber, type SerializedRecord } from '@tributary/connector-api';
import { sql, type Kysely } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { hashContent } from './verify-row.js';

/**
 * Sorts the versions of some records without an index. Otherwise PostgreSQL can read the whole feed in the sequence of its primary key, to
 * save the sorting of the few versions that were asked for.
 */
export const SEQ_WITHOUT_INDEX = sql<number>`seq + 0`;

/** A transaction that was stored before, and that is not the newest version of its record. */
interface Candidate {
  index: number;
  record: SerializedRecord;
  /** The content of an earlier record of the same append that is not stored yet; `undefined` if there is none. */
  precedingContent: string | undefined;
  /** The number of the version if it returns. */
  version: number;
}

interface StoredVersion {
  state: string;
  feedTime: number;
}

/**
 * Replaces the records that return to an earlier state by numbered versions. A record returns if it was stored before, if the newest version
 * has another type, status, amount or account, and if it is no late copy of the old version: a record whose PSP says when it changed must
 * have changed after its old version was stored.
 *
 * If records contains several versions of a transaction, only the last can return, because it is the current one. Rows of orders are never
 * changed: the state of the order decides which of them is current.
 * @param hashes the hashes of the stored versions by record id, oldest first
 */
export async function numberReturnedVersions(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  records: readonly SerializedRecord[],
  hashes: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<readonly SerializedRecord[]> {
  const candidates = findCandidates(records, hashes);
  if (candidates.length === 0) return records;
  const ids = candidates.map(({ record }) => record.id);
  const stored = await readVersions(db, adapter, feedId, ids);
  const result = [...records];
  for (const candidate of candidates) {
    const { index, record, version } = candidate;
    if (isReturn(candidate, stored.get(record.id) ?? []))
      result[index] = { ...record, content: addVersionNumber(record.content, version) };
  }
  return result;
}

function findCandidates(
  records: readonly SerializedRecord[],
  hashes: ReadonlyMap<string, ReadonlySet<string>>,
): Candidate[] {
  const lastIndexes = new Map<string, number>();
  const unstored = new Map<string, string[]>();
  const found: Candidate[] = [];
  for (const [index, record] of records.entries()) {
    const stored = record.balanceChange && hashes.get(record.id);
    if (!stored) continue;
    lastIndexes.set(record.id, index);
    const hash = hashContent(record.content).toString('latin1');
    const preceding = unstored.get(record.id) ?? [];
    if (!stored.has(hash)) unstored.set(record.id, [...preceding, record.content]);
    else if (preceding.length > 0 || [...stored].at(-1) !== hash)
      found.push({
        ...{ index, record, precedingContent: preceding.at(-1) },
        version: stored.size + preceding.length + 1,
      });
  }
  return found.filter(({ index, record }) => lastIndexes.get(record.id) === index);
}

function isReturn({ record, precedingContent }: Candidate, stored: readonly StoredVersion[]): boolean {
  const { content, originalId, changedAt } = record;
  const isOrderRow = originalId === undefined && 'relatedTransactionID' in parseContent(content);
  if (isOrderRow) return false;
  const state = describeState(`${content}}`);
  const current =
    precedingContent === undefined ? stored.at(-1)?.state : describeState(`${precedingContent}}`);
  if (state === current) return false;
  const sameStates = stored.filter((version) => version.state === state);
  return changedAt === undefined || sameStates.every(({ feedTime }) => changedAt > feedTime);
}

async function readVersions(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  feedId: number,
  ids: readonly string[],
): Promise<Map<string, StoredVersion[]>> {
  const rows = await db
    .selectFrom('feed_rows')
    .select(['record_id', 'feed_time', 'body'])
    .where('feed_id', '=', feedId)
    .where(adapter.inArray('record_id', ids))
    .orderBy(SEQ_WITHOUT_INDEX)
    .execute();
  const versions = new Map<string, StoredVersion[]>();
  for (const { record_id, feed_time, body } of rows) {
    const version = { state: describeState(body), feedTime: feed_time };
    versions.set(record_id, [...(versions.get(record_id) ?? []), version]);
  }
  return versions;
}

/** Describes what a transaction does to balances. Two versions with the same state differ only in their texts. */
function describeState(json: string): string {
  const { type, status, amount, currency, sourceAccountID, destinationAccountID } = JSON.parse(
    json,
  ) as Record<string, unknown>;
  return JSON.stringify([type, status, amount, currency, sourceAccountID, destinationAccountID]);
}

function parseContent(content: string): object {
  return JSON.parse(`${content}}`) as object;
}
