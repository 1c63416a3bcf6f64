/**
 * Checks a whole file: the file must be complete, and the balances of each statement must agree with its entries. Repeated entries are
 * counted. Records are served only after this check.
 */
import { computeDigest, computeJsonDigest } from '../identity/digest.js';
import { createAccountId } from '../identity/entry-identity.js';
import { normalizeFacts } from '../identity/fact-digests.js';
import type { NormalizedFacts } from '../identity/fact-digests.js';
import { mergeOnlyDetail } from '../statements/merge-entry-detail.js';
import { StatementError } from '../statements/statement.types.js';
import type { Entry, StatementEvent, StatementStart } from '../statements/statement.types.js';
import { EntryDigester } from './entry-digests.js';
import type { EntryDigests } from './entry-digests.js';
import { KeyCounts } from './key-counts.js';
import { EntrySums, checkStatement } from './statement-check.js';
import type { CheckedStatement } from './statement-check.js';

export interface CheckedFile {
  /** The statements, in the order of the file. */
  statements: CheckedStatement[];
  /** Shows which keys of entries occur several times. */
  keyCounts: KeyCounts;
}

export class FileCheck {
  private readonly statements: CheckedStatement[] = [];
  private readonly keyCounts = new KeyCounts();
  private readonly digester = new EntryDigester();
  /** The digests of the contents of the statements, by identity. */
  private readonly contents = new Map<string, string>();
  private open: { start: StatementStart; accountId: string; sums: EntrySums; content: string } | undefined;

  /**
   * Checks the next event of the file.
   * @returns the digests of an entry; `undefined` if the event is not an entry
   * @throws StatementError if the events are in a wrong order
   */
  add(part: StatementEvent): EntryDigests | undefined {
    const { open } = this;
    switch (part.part) {
      case 'start':
        this.open = { start: part, accountId: createAccountId(part), sums: new EntrySums(), content: '' };
        return undefined;
      case 'entry': {
        if (!open) throw new StatementError(`${part.position} stands outside of any statement`);
        open.sums.add(part);
        const ownFacts = normalizeFacts(part);
        open.content = computeJsonDigest(
          `["${open.content}",${JSON.stringify(part.creditDebit)},${JSON.stringify(part.amount)},${JSON.stringify(part.bookedAt ?? '')},${ownFacts.json}]`,
        );
        return this.digest(part, ownFacts, open.accountId);
      }
      case 'end':
        if (!open) throw new StatementError('a statement ends that never began');
        this.statements.push(
          this.ensureDistinctIdentity(checkStatement(open.start, part, open.sums, open.content)),
        );
        this.open = undefined;
        return undefined;
      default:
        return part satisfies never;
    }
  }

  /**
   * Ends the check.
   * @throws StatementError if a statement has no end, or if the file contains no statement
   */
  finish(): CheckedFile {
    if (this.open) throw new StatementError(`statement ${this.open.start.id} has no end`);
    if (this.statements.length === 0) throw new StatementError('there is no statement in it');
    this.keyCounts.finish();
    return { statements: this.statements, keyCounts: this.keyCounts };
  }

  /** Computes the digests of an entry, and counts its keys. */
  private digest(entry: Entry, ownFacts: NormalizedFacts, accountId: string): EntryDigests {
    const merged = mergeOnlyDetail(entry);
    const facts = merged === entry ? ownFacts : normalizeFacts(merged);
    const digests = this.digester.digest(entry, facts, accountId);
    this.keyCounts.add(digests, this.statements.length);
    return digests;
  }

  /**
   * Returns the statement with another identity if the file already contains a statement with an equal header and different entries. Some
   * banks write such statements. A file that contains the same statement twice is accepted.
   */
  private ensureDistinctIdentity(statement: CheckedStatement): CheckedStatement {
    const { content, identity } = statement;
    const first = this.contents.get(identity);
    if (first === undefined) this.contents.set(identity, content);
    return first === undefined || first === content
      ? statement
      : { ...statement, identity: computeDigest(identity, content), version: '' };
  }
}

/**
 * Checks a whole file from its events.
 * @throws StatementError if the file is broken or is not a bank statement
 */
export async function checkFile(parts: AsyncIterable<StatementEvent>): Promise<CheckedFile> {
  const check = new FileCheck();
  for await (const part of parts) check.add(part);
  return check.finish();
}
