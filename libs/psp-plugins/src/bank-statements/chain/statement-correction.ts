/**
 * Applies a corrected version of a statement. An entry of the earlier version is cancelled only if the bank's reference shows that an entry
 * of the new version replaces it.
 */
import type { Transaction } from '@tributary/connector-api';
import { toTransactions } from '../bank-statements.mapper.js';
import { computeStatementVersion } from '../identity/entry-identity.js';
import type { EntryMatch } from '../matching/entry-matcher.js';
import type { ItemToMatch } from '../matching/matching-input.js';
import type { MovementRepository } from '../matching/movement-repository.js';
import type { ReadOtherFile } from '../pulling/pull-directory.js';
import type { LocalTimeParser } from '../statements/local-time-parser.js';
import type { CheckedStatement } from '../checking/statement-check.js';
import { readFormerVersion } from './read-former-version.js';
import type { ChainLink } from './statement-chain.js';

/** The numbers of entries that only the earlier version contains, by what happened to them. */
export interface CorrectionResult {
  /** The number of entries that were cancelled because another entry replaces them. */
  replacedCount: number;
  /** The number of entries that are still served. `undefined` if the earlier version can no longer be read. */
  remainingCount?: number;
}

export class StatementCorrection {
  private readonly references = new Set<string>();
  private readonly matchedIds = new Set<string>();

  constructor(private readonly former: ChainLink) {}

  /** Returns the new version with the identity of the first version. Entries that did not change are then recognised. */
  withFormerIdentity(statement: CheckedStatement): CheckedStatement {
    const { identity } = this.former;
    return { ...statement, identity, version: computeStatementVersion(identity, statement.balances) };
  }

  /** Adds an entry of the new version. */
  add({ item, movement }: EntryMatch): void {
    if (!item.isFinal) return;
    this.matchedIds.add(movement.id);
    const key = referenceOf(item);
    if (key !== '') this.references.add(key);
  }

  /**
   * Ends the correction: cancels the entries that were replaced, and counts the entries that are left. The caller must have added all
   * entries of the new version before.
   */
  async finish(
    readOther: ReadOtherFile,
    movements: MovementRepository,
    time: LocalTimeParser,
  ): Promise<{ items: Transaction[]; result: CorrectionResult }> {
    const formerItems = await readFormerVersion(this.former, readOther);
    if (!formerItems) return { items: [], result: { replacedCount: 0 } };
    const items: Transaction[] = [];
    let remainingCount = 0;
    for (const item of formerItems) {
      const groups = await movements.loadGroups(new Set(item.groupKeys));
      const movement = [...groups.values()]
        .flat()
        .find(({ fingerprint }) => fingerprint?.bookedEntryId === item.entryId);
      if (!movement || this.matchedIds.has(movement.id) || movement.status === 'CANCELLED') continue;
      const isReplaced = movement.detailCount === 0 && this.references.has(referenceOf(item));
      if (!isReplaced) {
        remainingCount++;
        continue;
      }
      const match = { item, movement, shouldServe: true, isIdentified: true };
      const [row] = toTransactions(match, new Map(), time);
      if (row) items.push({ ...row, status: 'CANCELLED' });
    }
    return { items, result: { replacedCount: items.length, remainingCount } };
  }
}

/** Returns a key of the bank's reference and the currency, or an empty string if the entry has no reference. */
function referenceOf({ facts, entry }: ItemToMatch): string {
  const reference = facts.reference || facts.shortReference;
  return reference === '' ? '' : `${reference} ${entry.currency}`;
}
