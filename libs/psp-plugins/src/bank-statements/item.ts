/** An entry of a checked statement with everything that its recognition needs. */
import { RefusedError, formatAmount } from '@tributary/connector-api';
import { chainsOf, digest, factsOf } from './identity.js';
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
export function itemKeys(entry: Entry, accountId: string, statement: number): string[] {
  const { key, facts } = recognise(entry, accountId);
  const reference = facts.reference && referenceKey(entry, facts, statement);
  return [digest(statement, key), ...(reference ? [reference] : [])];
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
    const { chains, facts, key } = recognise(entry, this.statement.accountId);
    const ordinal = this.count(key);
    // A reference that the bank gives to two movements of equal amount names neither.
    const shared = facts.reference !== '' && this.repeats.has(referenceKey(entry, facts, this.index));
    return {
      entry,
      statement: this.statement,
      chains,
      facts: shared ? { ...facts, reference: '' } : facts,
      token: digest(this.statement.identity, key, ordinal),
      ordinal,
      settled: this.statement.start.kind === 'booked' && entry.status === 'BOOK',
    };
  }

  private count(key: string): number {
    if (!this.repeats.has(digest(this.index, key))) return 0;
    const ordinal = this.counts.get(key) ?? 0;
    this.counts.set(key, ordinal + 1);
    return ordinal;
  }
}

function recognise(entry: Entry, accountId: string): { chains: string[]; facts: Facts; key: string } {
  const facts = factsOf(entry.details.length === 1 ? { ...entry, ...entry.details[0] } : entry);
  const chains = chainsOf(entry, accountId, signedAmount(entry));
  return { chains, facts, key: digest(chains[0], facts.all) };
}

function referenceKey(entry: Entry, facts: Facts, statement: number): string {
  return digest(statement, 'reference', facts.reference, signedAmount(entry));
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
