/** Digests that show which entries and references occur more than once in a statement. */
import { InvalidRecordError, formatAmount } from '@tributary/connector-api';
import { entryFactsWithDetail } from '../statements/merge-entry-detail.js';
import {
  createGroupKey,
  computeDigest,
  isUsableReference,
  listGroupCriteria,
  normalizeFacts,
} from '../identity/entry-identity.js';
import { toSignedMoney } from '../statements/signed-money.js';
import type { Entry } from '../statements/statement.types.js';

/**
 * Returns the digests to be counted for an entry: one for its group, one for the whole entry and one for the bank's
 * reference.
 */
export function listDuplicateKeys(entry: Entry, accountId: string, statement: number): string[] {
  const facts = normalizeFacts(entryFactsWithDetail(entry));
  const [reference = ''] = facts;
  const chain = createGroupKey(accountId, formatAmountForKey(entry), listGroupCriteria(entry)[0]);
  const keys = [
    groupDuplicateKey(chain, statement),
    entryDuplicateKey(chain, computeDigest(...facts), statement),
  ];
  return isUsableReference(reference) ? [...keys, referenceDuplicateKey(entry, reference, statement)] : keys;
}

/** Returns a digest of an entry. Entries that can be the same movement have the same digest. */
export function groupDuplicateKey(chain: string, statement: number): string {
  return computeDigest(statement, 'group', chain);
}

/** Returns the same digest for entries of one group with equal facts. */
export function entryDuplicateKey(chain: string, facts: string, statement: number): string {
  return computeDigest(statement, chain, facts);
}

/** Returns the same digest for entries with equal amount and bank reference. */
export function referenceDuplicateKey(entry: Entry, reference: string, statement: number): string {
  return computeDigest(statement, 'reference', reference, formatAmountForKey(entry));
}

/** Formats the amount as it is served, if possible: banks write `8.850` in one report and `8.85` in the next. */
export function formatAmountForKey(entry: Entry): string {
  try {
    return `${entry.creditDebit} ${formatAmount(toSignedMoney(entry))} ${entry.currency}`;
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return `${entry.creditDebit} ${entry.amount} ${entry.currency}`;
  }
}
