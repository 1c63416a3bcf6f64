/** Digests that show which entries and references occur more than once in a statement. */
import { RefusedError, formatAmount } from '@tributary/connector-api';
import { factsOfWhole } from './facts.js';
import { chainOf, digest, isStrong, linksOf, wordsOf } from './identity.js';
import { signedMoney } from './signed-money.js';
import type { Entry } from './statement.js';

/**
 * Returns the digests to be counted for an entry: one for the whole entry and one for a distinctive bank
 * reference.
 */
export function itemKeys(entry: Entry, accountId: string, statement: number): string[] {
  const words = wordsOf(factsOfWhole(entry));
  const [reference = ''] = words;
  const chain = chainOf(accountId, signedAmount(entry), linksOf(entry)[0]);
  const keys = [entryKey(chain, digest(...words), statement)];
  return isStrong(reference) ? [...keys, referenceKey(entry, reference, statement)] : keys;
}

/** Returns the same digest for entries of one group with equal facts. */
export function entryKey(chain: string, facts: string, statement: number): string {
  return digest(statement, chain, facts);
}

/** Returns the same digest for entries with equal amount and bank reference. */
export function referenceKey(entry: Entry, reference: string, statement: number): string {
  return digest(statement, 'reference', reference, signedAmount(entry));
}

/** Formats the amount as it is served, if possible: banks write `8.850` in one report and `8.85` in the next. */
export function signedAmount(entry: Entry): string {
  try {
    return `${entry.creditDebit} ${formatAmount(signedMoney(entry))} ${entry.currency}`;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return `${entry.creditDebit} ${entry.amount} ${entry.currency}`;
  }
}
