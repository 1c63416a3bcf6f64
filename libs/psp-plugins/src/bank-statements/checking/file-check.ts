/**
 * Checks a whole file: the file must be complete, and the balances of each statement must agree with its entries. Repeated entries are
 * counted. Records are served only after this check.
 */
import { createAccountId, computeDigest, normalizeFacts } from '../identity/entry-identity.js';
import { StatementError } from '../statements/statement.types.js';
import type { StatementEvent, StatementStart } from '../statements/statement.types.js';
import { DigestCounter } from './digest-counter.js';
import { digestEntry } from './entry-digests.js';
import type { EntryDigests } from './entry-digests.js';
import { EntrySums, checkStatement } from './statement-check.js';
import type { CheckedStatement } from './statement-check.js';

export interface CheckedFile {
  /** The statements, in the order of the file. */
  statements: CheckedStatement[];
  /** Counts how often each key of `EntryDigests` occurs. */
  digestCounts: DigestCounter;
}

export class FileCheck {
  private readonly statements: CheckedStatement[] = [];
  private readonly digestCounts = new DigestCounter();
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
        const digests = digestEntry(part, open.accountId, this.statements.length);
        this.digestCounts.add(digests.groupKey);
        this.digestCounts.add(digests.entryKey);
        if (digests.referenceKey !== '') this.digestCounts.add(digests.referenceKey);
        const facts = normalizeFacts(part);
        open.content = computeDigest(open.content, part.creditDebit, part.amount, part.bookedAt, ...facts);
        return digests;
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
    this.digestCounts.finish();
    return { statements: this.statements, digestCounts: this.digestCounts };
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
