import type { FeedReader, StoredRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { parseTime } from '../time.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';

const REVISION_KEY = `${COMMON_METADATA_PREFIX}revision`;

/**
 * Numbers the versions of rows that the PSP changes after they were final, e.g. an amount that it corrects: `com.tributary.spec/revision` is `2` for the first
 * change. The feed itself serves a row that returns to an earlier amount or status (decision 0024). The numbers are kept for plugins whose rows already have them. A row that was pending, and that is decided for the first time, has no number.
 * @param metadataKeys the keys of metadata whose changes are numbered, too
 */
export async function numberRevisions(
  rows: readonly Transaction[],
  feedReader: FeedReader,
  metadataKeys: readonly string[] = [],
): Promise<Transaction[]> {
  const served = await feedReader.findLatest(
    'transactions',
    rows.map(({ id }) => id),
  );
  return rows.map((row) => {
    const revision = getRevision(row, served.get(row.id), metadataKeys);
    return revision === undefined
      ? row
      : { ...row, metadata: { ...row.metadata, [REVISION_KEY]: String(revision) } };
  });
}

/** @returns `undefined` for a row that the PSP has not changed after it was final */
function getRevision(
  row: Transaction,
  stored: StoredRecord | undefined,
  metadataKeys: readonly string[],
): number | undefined {
  const number = Number(stored?.metadata[REVISION_KEY] ?? 1);
  const isDecided = stored?.status === 'PENDING' && row.status !== 'PENDING';
  const describe = (transaction: Transaction) => describeState(transaction, metadataKeys);
  const served = stored?.transaction;
  const isChanged = served !== undefined && !isDecided && describe(row) !== describe(served);
  const revision = isChanged ? number + 1 : number;
  return revision === 1 ? undefined : revision;
}

/** Describes what a row does to balances, with some of its metadata. */
function describeState(row: Transaction, metadataKeys: readonly string[]): string {
  const { createdAt, type, status, amount, sourceAccountId, destinationAccountId, metadata } = row;
  const money = `${amount.amount} ${amount.asset}`;
  const time = parseTime(createdAt)?.milliseconds;
  const texts = metadataKeys.map((key) => metadata?.[key]);
  return JSON.stringify([time, type, status, money, sourceAccountId, destinationAccountId, texts]);
}
