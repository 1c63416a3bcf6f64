/** Builds the input for matching: an entry of a checked statement with its groups, facts and ids. */
import { factsOfWhole } from './facts.js';
import { chainOf, digest, factsOf, linksOf, wordsOf } from './identity.js';
import type { Facts } from './identity.js';
import { entryKey, referenceKey, signedAmount } from './item-keys.js';
import type { CheckedFile, CheckedStatement } from './statement-check.js';
import type { Entry } from './statement.js';
import type { Seat } from './seat.js';

export interface Item {
  entry: Entry;
  statement: CheckedStatement;
  /** Keys of the groups in which the movement may be found. A new movement is added to the first one. */
  chains: string[];
  facts: Facts;
  /** Identifies this entry of this statement. */
  token: string;
  /** Returns whether an earlier version of this statement booked the movement, and no entry of this version does. */
  isLeft(seat: Seat): boolean;
  /** Number of equal entries before this one in the statement. */
  ordinal: number;
  /** True for a booked entry of a booked statement: it appears in no other statement. */
  settled: boolean;
}

/** Creates the match items of one statement, in order, and numbers equal entries. */
export class ItemCounter {
  private readonly counts = new Map<string, number>();
  /** Entry ids of repeated entries, by their key. */
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
    // If two movements with equal amounts have the same bank reference, it does not identify either of them.
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

  /**
   * Only a statement with the same closing balance is another version. A booked entry that is missing in it
   * was reworded by the bank.
   */
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
