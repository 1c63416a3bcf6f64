/** An entry of a checked statement with everything that its recognition needs. */
import { RefusedError, formatAmount } from '@tributary/connector-api';
import { factsOfWhole } from './facts.js';
import { chainOf, digest, factsOf, isStrong, linksOf, wordsOf } from './identity.js';
import type { Facts } from './identity.js';
import { signedMoney } from './signed-money.js';
import type { CheckedFile, CheckedStatement } from './statement-check.js';
import type { Entry } from './statement.js';

export interface Item {
  entry: Entry;
  statement: CheckedStatement;
  /** Where it may be found; the first is where it takes a seat. */
  chains: string[];
  facts: Facts;
  /** Names this very entry of this very statement. */
  token: string;
  /** How many equal ones precede it in its statement. */
  ordinal: number;
  /** Booked for good: it appears in no other statement. */
  settled: boolean;
}

/** What may repeat within a statement: the whole entry, and the bank's reference. */
export function itemKeys(entry: Entry, statement: number): string[] {
  const words = wordsOf(factsOfWhole(entry));
  const [reference = ''] = words;
  const keys = [entryKey(entry, words, statement)];
  return isStrong(reference) ? [...keys, referenceKey(entry, reference, statement)] : keys;
}

/** Equal for entries that take seats in the same chain with the same facts. */
function entryKey(entry: Entry, words: readonly string[], statement: number): string {
  return digest(statement, signedAmount(entry), ...linksOf(entry)[0], ...words);
}

/** Equal for movements of equal amount that the bank gives the same reference. */
function referenceKey(entry: Entry, reference: string, statement: number): string {
  return digest(statement, 'reference', reference, signedAmount(entry));
}

/** Turns the entries of one statement into items, in order: it counts the equal ones. */
export class ItemCounter {
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly statement: CheckedStatement,
    private readonly index: number,
    private readonly repeats: CheckedFile['repeats'],
  ) {}

  item(entry: Entry): Item {
    const { identity, accountId, start } = this.statement;
    const whole = factsOfWhole(entry);
    const words = wordsOf(whole);
    const facts = factsOf(whole);
    const chains = linksOf(entry, start.createdAt).map((link) =>
      chainOf(accountId, signedAmount(entry), link),
    );
    const ordinal = this.count(entryKey(entry, words, this.index));
    // A reference that the bank gives to two movements of equal amount names neither.
    const isShared =
      facts.reference !== '' && this.repeats.has(referenceKey(entry, words[0] ?? '', this.index));
    return {
      entry,
      statement: this.statement,
      chains,
      facts: isShared ? { ...facts, reference: '' } : facts,
      token: digest(identity, chains[0], facts.all, ordinal),
      ordinal,
      settled: start.kind === 'booked' && entry.status === 'BOOK',
    };
  }

  private count(key: string): number {
    if (!this.repeats.has(key)) return 0;
    const ordinal = this.counts.get(key) ?? 0;
    this.counts.set(key, ordinal + 1);
    return ordinal;
  }
}

/** As served where it can be: banks write `8.850` in one report and `8.85` in the next. */
function signedAmount(entry: Entry): string {
  try {
    return `${entry.creditDebit} ${formatAmount(signedMoney(entry))} ${entry.currency}`;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return `${entry.creditDebit} ${entry.amount} ${entry.currency}`;
  }
}
