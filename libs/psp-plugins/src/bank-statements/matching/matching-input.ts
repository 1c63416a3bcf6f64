/**
 * Builds the input for matching. It consists of an entry of a checked statement, with its groups (account, amount, currency, day), facts
 * and ids.
 */
import { computeJsonDigest } from '../identity/digest.js';
import { createGroupKey, listGroupCriteria } from '../identity/entry-identity.js';
import type { GroupCriteria } from '../identity/entry-identity.js';
import { normalizeFacts } from '../identity/fact-digests.js';
import type { FactDigests } from '../identity/fact-digests.js';
import { mergeOnlyDetail } from '../statements/merge-entry-detail.js';
import { EntryDigester, createEntryKey } from '../checking/entry-digests.js';
import type { EntryDigests } from '../checking/entry-digests.js';
import type { CheckedFile } from '../checking/file-check.js';
import type { CheckedStatement } from '../checking/statement-check.js';
import type { Entry } from '../statements/statement.types.js';
import type { Movement } from './movement-repository.js';

export interface ItemToMatch {
  entry: Entry;
  statement: CheckedStatement;
  /** The kinds and days of the groups in which the movement may be found. A new movement is added to the first group. */
  criteria: GroupCriteria;
  /** The key of the first group in `criteria`. */
  groupKey: string;
  /** The keys of all groups in `criteria`, in the same order. */
  readonly groupKeys: readonly string[];
  facts: FactDigests;
  /** An id of this entry within its statement. */
  entryId: string;
  /** Returns true if an earlier version of this statement booked the movement, and no entry of this version books it. */
  isOrphaned(movement: Movement): boolean;
  /** The number of equal entries before this entry in the statement. */
  ordinal: number;
  /** True for a booked entry of a booked statement. No other statement contains such an entry. */
  isFinal: boolean;
}

/** The input for one entry. It is a class, because a large file has millions of entries, and object literals with getters are slow. */
class StatementItem implements ItemToMatch {
  private allGroupKeys: readonly string[] | undefined;

  constructor(
    readonly entry: Entry,
    readonly statement: CheckedStatement,
    readonly criteria: GroupCriteria,
    readonly groupKey: string,
    private readonly amount: string,
    readonly facts: FactDigests,
    readonly entryId: string,
    readonly ordinal: number,
    readonly isFinal: boolean,
    readonly isOrphaned: (movement: Movement) => boolean,
  ) {}

  /** The keys are computed only when they are first used, because most entries are new and need only the first key. */
  get groupKeys(): readonly string[] {
    return (this.allGroupKeys ??= this.criteria.map((criterion) =>
      createGroupKey(this.statement.accountId, this.amount, criterion),
    ));
  }
}

/** Creates the matching input of one statement in the order of its entries, and numbers equal entries. */
export class ItemToMatchFactory {
  private readonly digester = new EntryDigester();
  private readonly ordinals = new Map<string, number>();
  /** The ids of repeated entries, by the key of the entry. */
  private readonly entryIdsByKey = new Map<string, ReadonlySet<string>>();

  constructor(
    private readonly statement: CheckedStatement,
    private readonly statementIndex: number,
    private readonly keyCounts: CheckedFile['keyCounts'],
  ) {}

  create(entry: Entry, digests = this.digest(entry)): ItemToMatch {
    const { identity, start } = this.statement;
    const { facts, groupKey } = digests;
    const criteria = listGroupCriteria(entry, start.createdAt);
    const ordinal = this.nextOrdinal(groupKey, facts.all);
    // If two entries with equal amounts have the same bank reference, the reference identifies neither of them.
    const isShared = this.keyCounts.isReferenceRepeated(digests, this.statementIndex);
    return new StatementItem(
      entry,
      this.statement,
      criteria,
      groupKey,
      digests.amount,
      isShared ? { ...facts, reference: '', shortReference: '' } : facts,
      createEntryId(identity, groupKey, facts.all, ordinal),
      ordinal,
      start.kind === 'booked' && entry.status === 'BOOK',
      this.isOrphaned,
    );
  }

  private digest(entry: Entry): EntryDigests {
    return this.digester.digest(entry, normalizeFacts(mergeOnlyDetail(entry)), this.statement.accountId);
  }

  /**
   * Returns true if the bank has changed the text of the movement's entry. This can only be the case in another version of the same
   * statement, i.e. a statement with the same closing balance. A booked entry that is missing in the other version was changed.
   */
  private readonly isOrphaned = ({ groupKey, fingerprint }: Movement): boolean => {
    const { identity, version } = this.statement;
    if (!fingerprint?.bookedEntryId || version === '' || fingerprint.statementVersion !== version)
      return false;
    const key = createEntryKey(groupKey, fingerprint.facts.all, this.statementIndex);
    let entryIds = this.entryIdsByKey.get(key);
    if (!entryIds) {
      const count = this.keyCounts.countEntries(groupKey, fingerprint.facts.all, this.statementIndex);
      entryIds = new Set(
        Array.from({ length: count }, (_, n) => createEntryId(identity, groupKey, fingerprint.facts.all, n)),
      );
      if (count > 1) this.entryIdsByKey.set(key, entryIds);
    }
    return !entryIds.has(fingerprint.bookedEntryId);
  };

  private nextOrdinal(groupKey: string, facts: string): number {
    if (!this.keyCounts.isEntryRepeated(groupKey, facts, this.statementIndex)) return 0;
    const key = createEntryKey(groupKey, facts, this.statementIndex);
    const ordinal = this.ordinals.get(key) ?? 0;
    this.ordinals.set(key, ordinal + 1);
    return ordinal;
  }
}

function createEntryId(identity: string, chain: string, facts: string, ordinal: number): string {
  // The parts are digests, which JSON does not escape.
  return computeJsonDigest(`["${identity}","${chain}","${facts}",${ordinal}]`);
}
