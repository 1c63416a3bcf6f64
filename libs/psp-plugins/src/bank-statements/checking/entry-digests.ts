/**
 * Computes the digests of an entry, by which entries are matched and repeated entries are detected. They are computed once, when the file
 * is parsed.
 */
import { InvalidRecordError, formatAmount } from '@tributary/connector-api';
import { createGroupKey, listGroupCriteria } from '../identity/entry-identity.js';
import { digestNormalizedFacts } from '../identity/fact-digests.js';
import type { FactDigests, NormalizedFacts } from '../identity/fact-digests.js';
import { BoundedCache } from '../statements/bounded-cache.js';
import { toSignedMoney } from '../statements/to-signed-money.js';
import type { Entry } from '../statements/statement.types.js';

export interface EntryDigests {
  /** The amount in the form of `formatAmountForKey`. */
  amount: string;
  /** The key of the group (movements with the same account, amount, currency and day) to which a new movement would be added. */
  groupKey: string;
  facts: FactDigests;
}

/** Computes the digests of entries. It remembers amounts and groups, because they usually occur in many entries of a file. */
export class EntryDigester {
  private readonly groups = new BoundedCache<Pick<EntryDigests, 'amount' | 'groupKey'>>();

  /**
   * Computes the digests of an entry.
   * @param facts the result of `normalizeFacts` for the facts of the entry and of its only detail
   */
  digest(entry: Entry, facts: NormalizedFacts, accountId: string): EntryDigests {
    const criterion = listGroupCriteria(entry)[0];
    const [kind, day = ''] = criterion;
    const { amount, groupKey } = this.groups.getOrCompute(
      `${entry.creditDebit} ${entry.amount} ${entry.currency} ${kind} ${day} ${accountId}`,
      () => {
        const amount = formatAmountForKey(entry);
        return { amount, groupKey: createGroupKey(accountId, amount, criterion) };
      },
    );
    return { amount, groupKey, facts: digestNormalizedFacts(facts) };
  }
}

/** Serializes digests to a string. It is written and read several times as fast as the same digests as JSON objects. */
export function serializeDigests({ amount, groupKey, facts }: EntryDigests): string {
  const { all, reference, shortReference, payment, counterparty, text } = facts;
  return `${groupKey}|${all}|${reference}|${shortReference}|${payment}|${counterparty}|${text}|${amount}`;
}

/** Parses the result of `serializeDigests`. */
export function parseDigests(serialized: string): EntryDigests {
  const [groupKey = '', all = '', reference = '', shortReference = '', payment = '', ...others] =
    serialized.split('|');
  const [counterparty = '', text = '', ...amount] = others;
  const facts = { all, reference, shortReference, payment, counterparty, text };
  return { amount: amount.join('|'), groupKey, facts };
}

/**
 * Creates a key that is equal for entries of one statement that have the same group and the same facts.
 * @param statement the number of the statement in its file, from 0
 */
export function createEntryKey(groupKey: string, facts: string, statement: number): string {
  return `${statement} ${groupKey}${facts}`;
}

/**
 * Creates a key that is equal for entries of one statement that have the same amount and bank reference.
 * @returns an empty string if the entry has no usable reference
 */
export function createReferenceKey({ facts, amount }: EntryDigests, statement: number): string {
  const reference = facts.reference || facts.shortReference;
  return reference === '' ? '' : `${statement} ${reference} ${amount}`;
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
