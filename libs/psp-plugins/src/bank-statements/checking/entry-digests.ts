/**
 * Computes the digests of an entry, by which entries are matched and repeated entries are detected. They are computed once, when the file
 * is parsed.
 */
import { InvalidRecordError, formatAmount } from '@tributary/connector-api';
import { createGroupKey, listGroupCriteria } from '../identity/entry-identity.js';
import type { GroupCriterion } from '../identity/entry-identity.js';
import { digestNormalizedFacts } from '../identity/fact-digests.js';
import type { FactDigests, NormalizedFacts } from '../identity/fact-digests.js';
import { BoundedCache } from '../statements/bounded-cache.js';
import { toSignedMoney } from '../statements/to-signed-money.js';
import type { CreditDebit, Entry } from '../statements/statement.types.js';

export interface EntryDigests {
  /** The amount in the form of `formatAmountForKey`. */
  amount: string;
  /** The key of the group (movements with the same account, amount, currency and day) to which a new movement would be added. */
  groupKey: string;
  facts: FactDigests;
}

/**
 * Computes the digests of entries. It remembers the groups of consecutive entries with the same day and currency by their amounts, because
 * the same amounts usually occur in many entries of a statement.
 */
export class EntryDigester {
  private amounts = createAmountCaches();
  /** What the entries have in common whose amounts are cached. */
  private common: { currency: string; criterion: GroupCriterion; accountId: string } | undefined;

  /**
   * Computes the digests of an entry.
   * @param facts the result of `normalizeFacts` for the facts of the entry and of its only detail
   */
  digest(entry: Entry, facts: NormalizedFacts, accountId: string): EntryDigests {
    const { amount, groupKey } = this.identifyGroup(entry, accountId);
    return { amount, groupKey, facts: digestNormalizedFacts(facts) };
  }

  private identifyGroup(entry: Entry, accountId: string): EntryGroup {
    const [criterion] = listGroupCriteria(entry);
    const { creditDebit, currency } = entry;
    const { common } = this;
    if (
      common?.criterion[0] !== criterion[0] ||
      common.criterion[1] !== criterion[1] ||
      common.currency !== currency ||
      common.accountId !== accountId
    ) {
      this.common = { currency, criterion, accountId };
      this.amounts = createAmountCaches();
    }
    return this.amounts[creditDebit].getOrCompute(entry.amount, () => {
      const amount = formatAmountForKey(entry);
      return { amount, groupKey: createGroupKey(accountId, amount, criterion) };
    });
  }
}

type EntryGroup = Pick<EntryDigests, 'amount' | 'groupKey'>;

function createAmountCaches(): Record<CreditDebit, BoundedCache<EntryGroup>> {
  return { CRDT: new BoundedCache(), DBIT: new BoundedCache() };
}

/** Serializes digests to a string. It is written and read several times as fast as the same digests as JSON objects. */
export function serializeDigests({ amount, groupKey, facts }: EntryDigests): string {
  const { all, reference, shortReference, payment, counterparty, text } = facts;
  return `${groupKey}|${all}|${reference}|${shortReference}|${payment}|${counterparty}|${text}|${amount}`;
}

/** Parses the result of `serializeDigests`. */
export function parseDigests(serialized: string): EntryDigests {
  const parts = serialized.split('|');
  const part = (n: number): string => parts[n] ?? '';
  const facts = {
    all: part(1),
    reference: part(2),
    shortReference: part(3),
    payment: part(4),
    counterparty: part(5),
    text: part(6),
  };
  return { amount: parts.length === 8 ? part(7) : parts.slice(7).join('|'), groupKey: part(0), facts };
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
