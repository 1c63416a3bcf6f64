/**
 * Converts a plugin's page to a page of the feed. The result contains the valid records, oldest first, and the rejected records with their
 * reasons.
 */
import {
  serializeAccount,
  validateBalances,
  serializeBeneficiary,
  isRejectedRecord,
  InvalidRecordError,
  serializeTransaction,
} from '@tributary/connector-api';
import type { Balances, Metadata, Page, Stream, SerializedRecord } from '@tributary/connector-api';
import type { FeedPage } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';
import { sortOldestFirst } from './sort-records.js';
import type { Redactor } from '../secret-redactor.js';
import {
  sanitizeWarning,
  sanitizeRejectedRecord,
  createRejectedRecord,
} from './sanitize-rejected-records.js';

/**
 * The number of items that are processed in one turn of the event loop. Processing them takes a few milliseconds, and other work can run
 * between two turns.
 */
const SLICE_SIZE = 250;
/** The prefix of the ids of rejected balances, which distinguishes them from other rejected records. */
const BALANCES_ID_PREFIX = 'balances:';

/**
 * The serializer of each stream. The plugin's types guarantee the type of the items. If a plugin uses a wrong cast, the serializer throws
 * and the item is rejected.
 */
const SERIALIZERS = {
  accounts: serializeAccount,
  beneficiaries: serializeBeneficiary,
  transactions: serializeTransaction,
} as Record<Stream, (item: object) => SerializedRecord>;

/**
 * Validates, serializes and sorts the items of a page.
 * @param records records of this page that are already serialized
 * @param accountMetadata metadata that is added to every account
 */
export async function normalizePage(
  stream: Stream,
  page: Page<unknown>,
  redact: Redactor,
  records: readonly SerializedRecord[] = [],
  accountMetadata: Metadata = {},
): Promise<FeedPage> {
  const result: FeedPage = {
    records: [...records],
    rejected: [],
    warnings: (page.warnings ?? []).map((warning) => sanitizeWarning(warning, redact)),
    resolvedIds: [...(page.resolvedIds ?? [])],
    balances: [],
    cursor: page.cursor,
  };
  const serialize = (item: object) =>
    SERIALIZERS[stream](stream === 'accounts' ? addMetadata(item, accountMetadata) : item);
  await forEachInSlices(page.items, (item) => addItem(item, serialize, result, redact));
  await forEachInSlices(page.balances ?? [], (balances) => addBalances(balances, result, redact));
  result.records = sortOldestFirst(result.records);
  return result;
}

/** Returns the account with additional metadata. If the plugin has set the same key, its value is replaced. */
function addMetadata(account: { metadata?: Metadata }, metadata: Metadata): object {
  return { ...account, metadata: { ...account.metadata, ...metadata } };
}

async function forEachInSlices<T>(items: readonly T[], handleItem: (item: T) => void): Promise<void> {
  for (let start = 0; start < items.length; start += SLICE_SIZE) {
    if (start > 0) await setImmediate();
    items.slice(start, start + SLICE_SIZE).forEach(handleItem);
  }
}

function addItem(
  item: unknown,
  serialize: (item: object) => SerializedRecord,
  page: FeedPage,
  redact: Redactor,
): void {
  try {
    if (typeof item !== 'object' || item === null) {
      throw new InvalidRecordError(`the item is ${item === null ? 'null' : typeof item}, expected an object`);
    }
    if (isRejectedRecord(item)) {
      page.rejected.push(sanitizeRejectedRecord(item, redact));
      return;
    }
    const record = serialize(item);
    page.records.push(record);
    // The store finds quarantine entries by the id as served to clients. A rejected record has the PSP's id, so the id must be encoded.
    const { id } = item as { id: string };
    if (id !== record.id) page.resolvedIds.push(id);
  } catch (thrown) {
    page.rejected.push(createRejectedRecord(item, thrown, redact));
  }
}

function addBalances(balances: Balances, page: FeedPage, redact: Redactor): void {
  try {
    page.balances.push(validateBalances(balances));
    page.resolvedIds.push(`${BALANCES_ID_PREFIX}${balances.accountId}`);
  } catch (thrown) {
    page.rejected.push(createRejectedRecord(balances, thrown, redact, BALANCES_ID_PREFIX));
  }
}
