/**
 * Computes the digests of an entry, by which entries are matched and repeated entries are detected. They are computed once, when the file
 * is parsed.
 */
import { InvalidRecordError, formatAmount } from '@tributary/connector-api';
import { mergeOnlyDetail } from '../statements/merge-entry-detail.js';
import {
  createGroupKey,
  computeDigest,
  digestNormalizedFacts,
  isUsableReference,
  listGroupCriteria,
  normalizeFacts,
} from '../identity/entry-identity.js';
import type { FactDigests } from '../identity/entry-identity.js';
import { toSignedMoney } from '../statements/to-signed-money.js';
import type { Entry } from '../statements/statement.types.js';

export interface EntryDigests {
  /** The key of the group (movements with the same account, amount, currency and day) to which a new movement would be added. */
  groupKey: string;
  facts: FactDigests;
  /** A digest that is equal for entries of one statement that have the same group and the same facts. */
  entryKey: string;
  /**
   * A digest that is equal for entries of one statement that have the same amount and bank reference. It is empty if the entry has no
   * usable reference.
   */
  referenceKey: string;
}

/**
 * Computes the digests of an entry.
 * @param statement the number of the statement in its file, from 0
 */
export function digestEntry(entry: Entry, accountId: string, statement: number): EntryDigests {
  const normalized = normalizeFacts(mergeOnlyDetail(entry));
  const facts = digestNormalizedFacts(normalized);
  const [reference = ''] = normalized;
  const amount = formatAmountForKey(entry);
  const groupKey = createGroupKey(accountId, amount, listGroupCriteria(entry)[0]);
  return {
    groupKey,
    facts,
    entryKey: createEntryKey(groupKey, facts.all, statement),
    referenceKey: isUsableReference(reference)
      ? computeDigest(statement, 'reference', reference, amount)
      : '',
  };
}

export function createEntryKey(groupKey: string, facts: string, statement: number): string {
  return computeDigest(statement, groupKey, facts);
}

/** Formats the amount in the form in which it is served, if possible, because banks write `8.850` in one report and `8.85` in the next. */
export function formatAmountForKey(entry: Entry): string {
  try {
    return `${entry.creditDebit} ${formatAmount(toSignedMoney(entry))} ${entry.currency}`;
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return `${entry.creditDebit} ${entry.amount} ${entry.currency}`;
  }
}
