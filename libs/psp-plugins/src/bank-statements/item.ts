/** An entry of a checked statement with everything that its recognition needs. */
import { RefusedError, formatAmount } from '@tributary/connector-api';
import { factsOfWhole } from './facts.js';
import { chainOf, digest, factsOf, isStrong, linksOf, wordsOf } from './identity.js';
import type { Facts } from './identity.js';
import { signedMoney } from './signed-money.js';
import type { CheckedFile, CheckedStatement } from './statement-check.js';
import type { Entry } from './statement.js';
import type { Seat } from './seat.js';

export interface Item {
  entry: Entry;
  statement: CheckedStatement;
  /** Where it may be found; the first is where it takes a seat. */
  chains: string[];
  facts: Facts;
  /** Names this very entry of this very statement. */
  token: string;
  /** Is this seat, which the same statement claimed when it came before, none of its entries' now? */
  isLeft(seat: Seat): boolean;
  /** How many equal ones precede it in its statement. */
  ordinal: number;
  /** Booked for good: it appears in no other statement. */
  settled: boolean;
}

/** What may repeat within a statement: the whole entry, and the bank's reference. */
export function itemKeys(entry: Entry, accountId: string, statement: number): string[] {
  const words = wordsOf(factsOfWhole(entry));
  const [reference = ''] = words;
  const chain = chainOf(accountId, signedAmount(entry), linksOf(entry)[0]);
  const keys = [entryKey(chain, digest(...words), statement)];
  return isStrong(reference) ? [...keys, referenceKey(entry, reference, statement)] : keys;
}

/** Equal for entries that take seats in the same chain with the same facts. */
function entryKey(chain: string, facts: string, statement: number): string {
  return digest(statement, chain, facts);
}

/** Equal for movements of equal amount that the bank gives the same reference. */
function referenceKey(entry: Entry, reference: string, statement: number): string {
  return digest(statement, 'reference', reference, signedAmount(entry));
}

/** Turns the entries of one statement into items, in order: it counts the equal ones. */
export class ItemCounter {
  private readonly counts = new Map<string, number>();
  /** Of entries that repeat, by key. */
  private readonly tokens = new Map<string, ReadonlySet<string>>();

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
    const [chain = ''] = chains;
    const ordinal = this.count(entryKey(chain, facts.all, this.index));
    // A reference that the bank gives to two movements of equal amount names neither.
    const isShared =
      facts.reference !== '' && this.repeats.has(referenceKey(entry, words[0] ?? '', this.index));
    return {
      entry,
      statement: this.statement,
      chains,
      facts: isShared ? { ...facts, reference: '' } : facts,
      token: tokenOf(identity, chain, facts.all, ordinal),
      isLeft: (seat) => this.isLeft(seat),
      ordinal,
      settled: start.kind === 'booked' && entry.status === 'BOOK',
    };
  }

  /** Only a statement with the same closing balance is a new version: what it has not is what it says in other words. */
  private isLeft({ chain, imprint }: Seat): boolean {
    const { identity, version } = this.statement;
    if (!imprint?.claim || version === '' || imprint.version !== version) return false;
    const key = entryKey(chain, imprint.facts.all, this.index);
    let tokens = this.tokens.get(key);
    if (!tokens) {
      const count = this.repeats.count(key);
      tokens = new Set(
        Array.from({ length: count }, (_, n) => tokenOf(identity, chain, imprint.facts.all, n)),
      );
      if (count > 1) this.tokens.set(key, tokens);
    }
    return !tokens.has(imprint.claim);
  }

  private count(key: string): number {
    if (!this.repeats.has(key)) return 0;
    const ordinal = this.counts.get(key) ?? 0;
    this.counts.set(key, ordinal + 1);
    return ordinal;
  }
}

function tokenOf(identity: string, chain: string, facts: string, ordinal: number): string {
  return digest(identity, chain, facts, ordinal);
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
