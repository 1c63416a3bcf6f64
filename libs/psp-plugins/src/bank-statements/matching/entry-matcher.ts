/**
 * Assigns the entries of a batch to movements. Certain matches are assigned before probable matches. Two booked entries are never assigned
 * to the same movement.
 */
import { MovementIndex } from './movement-index.js';
import type { EntryFingerprint } from '../identity/entry-identity.js';
import type { FactDigests } from '../identity/fact-digests.js';
import type { ItemToMatch } from './matching-input.js';
import { extractDate } from '../statements/local-time-parser.js';
import type { LocalTimeParser } from '../statements/local-time-parser.js';
import { splitBatch } from '../statements/split-batch.js';
import { METADATA_KEYS } from '../mapping/metadata-keys.js';
import type { Movement } from './movement-repository.js';
import type { UnmatchedAnnouncements } from './unmatched-announcements.js';

export interface EntryMatch {
  item: ItemToMatch;
  movement: Movement;
  /** False if the stored record is more reliable than this entry. The entry is then not served. */
  shouldServe: boolean;
  /** True if the match is certain, because the bank's reference, the payer's reference or all facts are equal. */
  isIdentified: boolean;
  /**
   * The fingerprint of the movement after an earlier version of this statement. Absent if the earlier version did not contain the entry.
   */
  previous?: EntryFingerprint;
}

/** The maximum number of days between a pending entry and its booking. An older pending entry is not matched with a new booking. */
const MAX_PENDING_DAYS = 15;

/** A rule that selects the movements to which an entry without an exact match may be assigned. */
interface MatchRule {
  appliesTo(item: ItemToMatch): boolean;
  allows(item: ItemToMatch, movement: Movement): boolean;
  /** True if the bank's references may differ. Then only movements with the payer's reference of the entry are candidates. */
  ignoresBankReference?: true;
}

const isPendingEntry = ({ entry }: ItemToMatch): boolean => entry.status !== 'BOOK';

/**
 * The rules, from certain to probable. The bank's reference comes before the payer's, which two payments may share. A booked entry is assigned to a movement that was reported in advance. An entry of a report is first
 * compared with booked movements, because a movement that is reported late must not be counted twice. If no booked movement fits, the entry
 * becomes a movement that a later booking can be assigned to.
 *
 * Some banks give a payment one reference in a notification and another in the statement. If the payer's reference, account, amount and day
 * are equal, such entries are one movement. A statement that contains two such payments still results in two movements, because two
 * booked entries are never assigned to the same movement.
 */
const MATCH_RULES: readonly MatchRule[] = [
  { appliesTo: ({ isFinal }) => isFinal, allows: hasReferenceOf },
  { appliesTo: ({ isFinal }) => isFinal, allows: isIdentified },
  {
    appliesTo: ({ isFinal }) => isFinal,
    allows: (_, movement) => !isBooked(movement),
    ignoresBankReference: true,
  },
  { appliesTo: ({ isFinal }) => isFinal, allows: () => true },
  {
    appliesTo: ({ isFinal }) => !isFinal,
    allows: (item, movement) => isBooked(movement) && hasReferenceOf(item, movement),
  },
  {
    appliesTo: ({ isFinal }) => !isFinal,
    allows: (item, movement) => isBooked(movement) && isIdentified(item, movement),
  },
  {
    appliesTo: (item) => !item.isFinal && !isPendingEntry(item),
    allows: (item, movement) => isBooked(movement) && isUnannounced(item, movement),
    ignoresBankReference: true,
  },
  {
    appliesTo: ({ isFinal }) => !isFinal,
    allows: (item, movement) =>
      isPendingEntry(item)
        ? isInOtherGroup(item, movement) && !isPendingMovement(movement)
        : isBooked(movement),
  },
  { appliesTo: ({ isFinal }) => !isFinal, allows: isIdentified },
  {
    appliesTo: (item) => !item.isFinal && !isPendingEntry(item),
    // Interim reports and notifications of the same bank may describe a movement differently. Two reports of the same kind describe a
    // movement in the same way.
    allows: ({ statement }, movement) =>
      isPendingMovement(movement) ||
      (movement.fingerprint?.notificationEntryId !== '') !== (statement.start.kind === 'notification'),
  },
];

export class EntryMatcher {
  private readonly matches = new Map<ItemToMatch, EntryMatch>();
  private readonly assigned = new Set<Movement>();
  private readonly groupIndexes = new Map<string, MovementIndex>();

  /**
   * Creates a matcher for one batch of entries.
   * @param groups the stored movements by group (same account, amount, currency and day)
   * @param guessedIds the ids of movements that were assigned without certainty in earlier batches of the same statement. The matcher adds
   * further ids
   * @param unmatched the movements of this statement that were announced and not booked. The matcher adds and removes movements
   */
  constructor(
    private readonly groups: ReadonlyMap<string, Movement[]>,
    private readonly guessedIds: Set<string>,
    private readonly unmatched: UnmatchedAnnouncements,
    private readonly time: LocalTimeParser,
  ) {}

  /**
   * Assigns each entry to a movement.
   * @param items the entries of one statement, in the order of the statement
   */
  match(items: readonly ItemToMatch[]): EntryMatch[] {
    for (const item of items) this.assign(item, this.findExact(item));
    for (const item of items) if (item.isFinal && !this.matches.has(item)) this.assignOrphaned(item);
    for (const rule of MATCH_RULES) {
      for (const item of items) {
        if (this.matches.has(item) || !rule.appliesTo(item)) continue;
        this.assign(item, this.findBest(item, rule), this.guessedIds);
      }
    }
    const matches = items.map((item) => this.matches.get(item) ?? this.assignNew(item));
    for (const match of matches) this.findUnmatched(match);
    return matches;
  }

  /** Returns the movement that already contains this entry, or a movement that was reported in advance with equal facts. */
  private findExact(item: ItemToMatch): Movement | undefined {
    const { entryId, facts, groupKeys, ordinal } = item;
    const first = this.groupIndex(groupKeys[0]);
    if (!item.isFinal)
      return first.findByFacts(facts.all).filter((movement) => this.couldBeSame(item, movement))[ordinal];
    const groups = groupKeys.map((groupKey) => this.groupIndex(groupKey));
    return (
      findFirst(groups, (group) => group.findByBookedEntry(entryId)) ??
      findFirst(groups, (group) => {
        const movement = group.findByReference(facts);
        return movement && factsAgree(item, movement) ? movement : undefined;
      }) ??
      first.findUnbookedByFacts(facts.all).find((movement) => this.isAvailable(item, movement))
    );
  }

  private findBest(item: ItemToMatch, rule: MatchRule): Movement | undefined {
    return findMostSimilar(
      item,
      this.listCandidates(item, rule).filter((movement) => rule.allows(item, movement)),
    );
  }

  private listCandidates(item: ItemToMatch, { ignoresBankReference }: MatchRule): Movement[] {
    return item.groupKeys
      .map((groupKey) => this.groupIndex(groupKey))
      .flatMap((group) => {
        if (ignoresBankReference) return group.findRelated({ ...item.facts, reference: '' });
        return item.isFinal ? group.unbooked : group.movements;
      })
      .filter(
        (movement) =>
          !this.assigned.has(movement) &&
          !this.guessedIds.has(movement.id) &&
          // `findExact` has already assigned the entries of a report that are equal to the movement. The remaining movements with equal
          // facts belong to other entries.
          (item.isFinal ||
            movement.groupKey !== item.groupKeys[0] ||
            movement.fingerprint?.facts.all !== item.facts.all) &&
          factsAgree(item, movement, ignoresBankReference) &&
          (item.isFinal ? this.isAvailable(item, movement) : this.couldBeSame(item, movement)),
      );
  }

  /** Returns true if the movement may be assigned to a booked entry. */
  private isAvailable(item: ItemToMatch, movement: Movement): boolean {
    return (
      !movement.fingerprint?.bookedEntryId && !this.assigned.has(movement) && this.isRecent(item, movement)
    );
  }

  /** Returns true if an entry that is not final may describe this movement. */
  private couldBeSame(item: ItemToMatch, movement: Movement): boolean {
    const { start } = item.statement;
    if (sharesReference(item, movement.fingerprint)) return true;
    // A bank never reports the same movement in two notifications. So an entry of another notification is another movement.
    if (
      start.kind === 'notification' &&
      movement.fingerprint?.notificationEntryId &&
      movement.fingerprint.notificationEntryId !== item.entryId
    )
      return false;
    // A report that begins after the end of another report does not repeat the entries of the other report.
    const until = movement.metadata[METADATA_KEYS.interimUntil];
    const from =
      start.from?.includes('T') && start.from !== start.to ? this.time.toEpochMs(start.from) : undefined;
    if (until !== undefined && from !== undefined && from >= (this.time.toEpochMs(until) ?? Infinity))
      return false;
    return this.isRecent(item, movement);
  }

  private isRecent(item: ItemToMatch, movement: Movement): boolean {
    if (movement.status !== 'PENDING' || sharesReference(item, movement.fingerprint)) return true;
    const { entry, statement } = item;
    const day = extractDate(
      entry.bookedAt ?? entry.valueAt ?? statement.start.createdAt ?? statement.start.to,
    );
    const since = movement.metadata[METADATA_KEYS.createdAt];
    if (day === undefined || since === undefined) return true;
    return Math.abs(Date.parse(day) - Date.parse(since)) <= MAX_PENDING_DAYS * 86_400_000;
  }

  private groupIndex(groupKey = ''): MovementIndex {
    const known = this.groupIndexes.get(groupKey) ?? new MovementIndex(this.groups.get(groupKey) ?? []);
    this.groupIndexes.set(groupKey, known);
    return known;
  }

  private assign(item: ItemToMatch, movement: Movement | undefined, guessedIds?: Set<string>): void {
    if (!movement || this.matches.has(item)) return;
    const { fingerprint } = movement;
    const previous = item.isFinal && fingerprint?.bookedEntryId === item.entryId ? fingerprint : undefined;
    const isCertain =
      previous !== undefined || isIdentified(item, movement) || sharesShortReference(item, movement);
    this.matches.set(item, {
      item,
      movement,
      shouldServe: shouldServe(item, movement),
      isIdentified: isCertain,
      ...(previous && { previous }),
    });
    this.assigned.add(movement);
    if (!item.isFinal) guessedIds?.add(movement.id);
    if (item.isFinal && !fingerprint?.bookedEntryId) {
      const booked = bookedFingerprint(item);
      const facts =
        isCertain && fingerprint ? addMissingDigests(booked.facts, fingerprint.facts) : booked.facts;
      movement.fingerprint = {
        notificationEntryId: '',
        ...fingerprint,
        ...booked,
        facts,
        ...reportedReferences(movement),
      };
    } else if (isPendingMovement(movement) && fingerprint && !isPendingEntry(item)) {
      movement.fingerprint = { ...fingerprint, ...reportedReferences(movement) };
    } else if (!item.isFinal && fingerprint?.bookedEntryId && isUnannounced(item, movement)) {
      movement.fingerprint = { ...fingerprint, announcedReference: item.facts.reference };
    }
  }

  /**
   * Finds movements that may be served twice: an announced movement without a booked entry has a reference in common with an entry of a
   * booked statement that was assigned to another movement.
   */
  private findUnmatched({ item, movement, isIdentified: isCertain, previous }: EntryMatch): void {
    const groups = item.groupKeys.map((groupKey) => this.groupIndex(groupKey));
    if (item.isFinal) {
      this.unmatched.delete(movement);
      // If the bank's reference is equal, another payment with the payer's reference is announced for a later statement.
      // An entry that is read again is certain, too. If no report had announced it, the first reading may have ended before its warning was
      // stored, e.g. because the gateway was stopped within the statement.
      const wasUnannounced = previous !== undefined && !wasAnnounced(movement);
      if (isCertain && !hasTwoReferences(movement) && !wasUnannounced) return;
      for (const other of groups.flatMap((group) => group.findRelated(item.facts))) {
        const isOpen = !isBooked(other) && !isPendingMovement(other) && !this.assigned.has(other);
        if (isOpen) this.unmatched.add(other, item);
      }
    } else if (!isPendingEntry(item) && !isBooked(movement)) {
      const related = groups.flatMap((group) => group.findRelated(item.facts));
      if (related.some((other) => isBooked(other) && isAnotherEntry(item, other)))
        this.unmatched.add(movement, item);
    }
  }

  /**
   * Assigns a booked entry to a movement of an earlier version of the statement whose text the bank has changed. The amount is equal, and
   * the total of the statement did not change.
   */
  private assignOrphaned(item: ItemToMatch): void {
    const fits = ({ detailCount }: Movement): boolean =>
      detailCount === 0 || splitBatch(item.entry)?.length === detailCount;
    const orphaned = item.groupKeys
      .flatMap((groupKey) => this.groupIndex(groupKey).findOrphaned(item))
      .filter((movement) => !this.assigned.has(movement) && fits(movement));
    const movement = findMostSimilar(item, orphaned);
    if (!movement?.fingerprint) return;
    const previous = movement.fingerprint;
    movement.fingerprint = { ...previous, ...bookedFingerprint(item) };
    this.assigned.add(movement);
    this.matches.set(item, { item, movement, shouldServe: true, isIdentified: false, previous });
  }

  private assignNew(item: ItemToMatch): EntryMatch {
    const [groupKey = ''] = item.groupKeys;
    const movement = this.groupIndex(groupKey).append(groupKey);
    this.assigned.add(movement);
    return { item, movement, shouldServe: true, isIdentified: false };
  }
}

function findMostSimilar(item: ItemToMatch, movements: readonly Movement[]): Movement | undefined {
  return movements.reduce<Movement | undefined>(
    (found, movement) =>
      found && similarityScore(item, found) >= similarityScore(item, movement) ? found : movement,
    undefined,
  );
}

function findFirst(
  groups: readonly MovementIndex[],
  find: (group: MovementIndex) => Movement | undefined,
): Movement | undefined {
  for (const group of groups) {
    const movement = find(group);
    if (movement) return movement;
  }
  return undefined;
}

function bookedFingerprint(
  item: ItemToMatch,
): Pick<EntryFingerprint, 'bookedEntryId' | 'statementVersion' | 'facts'> {
  return { bookedEntryId: item.entryId, statementVersion: item.statement.version, facts: item.facts };
}

/** Returns the references for the fingerprint of a reported movement that another entry now announces or books. */
function reportedReferences(
  movement: Movement,
): Pick<EntryFingerprint, 'announcedReference' | 'pendingReference'> {
  const { facts, pendingReference = '' } = movement.fingerprint ?? {};
  const reference = facts?.reference ?? '';
  return isPendingMovement(movement)
    ? { announcedReference: '', pendingReference: reference }
    : { announcedReference: reference, pendingReference };
}

/**
 * Adds the digests that only the earlier report has. The served row keeps facts that only the earlier report contains, so the fingerprint
 * must contain the digests of these facts.
 */
function addMissingDigests(facts: FactDigests, announced: FactDigests): FactDigests {
  return {
    ...facts,
    payment: facts.payment || announced.payment,
    counterparty: facts.counterparty || announced.counterparty,
  };
}

/** Returns true if the entry adds information. A booked statement is final, while a report only describes movements in advance. */
function shouldServe(item: ItemToMatch, movement: Movement): boolean {
  if (item.isFinal)
    return !movement.fingerprint?.bookedEntryId || movement.fingerprint.bookedEntryId === item.entryId;
  if (movement.fingerprint?.bookedEntryId) return false;
  if (movement.status === 'PENDING') return true;
  return item.entry.status === 'BOOK' && movement.fingerprint?.facts.all === item.facts.all;
}

/**
 * Returns true if the bank's reference identifies the movement. A short reference may be a counter that starts again, so it is sufficient
 * only if the payer's reference or all other facts are equal, too. For booked entries, `MovementIndex.findByReference` has a stricter rule.
 */
function sharesReference(item: ItemToMatch, fingerprint: EntryFingerprint | undefined): boolean {
  if (!fingerprint) return false;
  const { facts } = fingerprint;
  if (item.facts.reference !== '')
    return item.facts.reference === facts.reference || isReportedReference(item, fingerprint);
  if (item.facts.shortReference === '' || item.facts.shortReference !== facts.shortReference) return false;
  return (item.facts.payment !== '' && item.facts.payment === facts.payment) || item.facts.all === facts.all;
}

/** Returns true if a report of the movement had the bank's reference of the entry. */
function isReportedReference(
  { facts: { reference } }: ItemToMatch,
  { announcedReference, pendingReference }: EntryFingerprint,
): boolean {
  return reference !== '' && (reference === announcedReference || reference === pendingReference);
}

function sharesShortReference({ facts }: ItemToMatch, { fingerprint }: Movement): boolean {
  return facts.shortReference !== '' && facts.shortReference === fingerprint?.facts.shortReference;
}

/**
 * Returns false if both the entry and the movement have a fact, and its values differ. The references of pending entries are not compared,
 * because banks give a pending entry another reference than the booking.
 */
function factsAgree(
  item: ItemToMatch,
  { fingerprint, status }: Movement,
  ignoresBankReference = false,
): boolean {
  if (!fingerprint) return true;
  const { facts } = item;
  const differ = (a: string, b: string): boolean => a !== '' && b !== '' && a !== b;
  return (
    !differ(facts.payment, fingerprint.facts.payment) &&
    !differ(facts.counterparty, fingerprint.facts.counterparty) &&
    (ignoresBankReference ||
      status === 'PENDING' ||
      isReportedReference(item, fingerprint) ||
      !differ(facts.reference, fingerprint.facts.reference))
  );
}

/**
 * Returns true if the booked movement has another reference than the entry of a report, and no report with a reference has announced the
 * movement. A pending report does not count, because banks give a pending entry another reference than the announcement.
 */
function isUnannounced({ facts }: ItemToMatch, { fingerprint }: Movement): boolean {
  return (
    fingerprint?.announcedReference === '' &&
    facts.reference !== '' &&
    fingerprint.facts.reference !== '' &&
    facts.reference !== fingerprint.facts.reference
  );
}

/** Returns true if a report announced the movement before a booked statement contained it. */
function wasAnnounced({ metadata }: Movement): boolean {
  return metadata[METADATA_KEYS.createdAt] !== undefined;
}

/** Returns true if the entry did not announce the booked movement, and may nevertheless describe the same payment. */
function isAnotherEntry(item: ItemToMatch, movement: Movement): boolean {
  return hasTwoReferences(movement) || movement.fingerprint?.announcedReference === '';
}

/** Returns true if the bank announced the movement with one reference and booked it with another one. */
function hasTwoReferences({ fingerprint }: Movement): boolean {
  const reported = fingerprint?.announcedReference || fingerprint?.pendingReference || '';
  return reported !== '' && reported !== fingerprint?.facts.reference;
}

/**
 * Rates how similar an entry and a movement are. Movements that are not pending are preferred, because they already count as money and
 * should not remain without a match.
 */
function similarityScore({ facts }: ItemToMatch, movement: Movement): number {
  const equal = (a: string, b: string | undefined, weight: number): number =>
    a !== '' && a === b ? weight : 0;
  return (
    (isPendingMovement(movement) ? 0 : 4) +
    equal(facts.shortReference, movement.fingerprint?.facts.shortReference, 3) +
    equal(facts.text, movement.fingerprint?.facts.text, 2) +
    equal(facts.counterparty, movement.fingerprint?.facts.counterparty, 1)
  );
}

/** Returns true if the bank's or the payer's reference is equal, or if all facts are equal although the day differs. */
function isIdentified(item: ItemToMatch, { fingerprint }: Movement): boolean {
  return (
    sharesReference(item, fingerprint) ||
    (item.facts.payment !== '' && fingerprint?.facts.payment === item.facts.payment) ||
    fingerprint?.facts.all === item.facts.all
  );
}

/** Returns true if the bank's reference of the entry identifies the movement. */
function hasReferenceOf(item: ItemToMatch, { fingerprint }: Movement): boolean {
  return sharesReference(item, fingerprint);
}

/** Returns true if a booked statement contains the movement. */
function isBooked({ fingerprint }: Movement): boolean {
  return fingerprint !== undefined && fingerprint.bookedEntryId !== '';
}

function isPendingMovement({ status }: Movement): boolean {
  return status === 'PENDING';
}

function isInOtherGroup(item: ItemToMatch, { groupKey }: Movement): boolean {
  return groupKey !== item.groupKeys[0];
}
