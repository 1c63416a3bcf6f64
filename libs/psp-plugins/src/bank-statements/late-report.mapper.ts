/**
 * Converts reports that arrive after the booked statement and contain more facts, e.g. the details of a batch or the counterparty. Values
 * of the booked statement are never replaced.
 */
import type { StoredRecord, Transaction } from '@tributary/connector-api';
import { toTransactions } from './bank-statements.mapper.js';
import { parseFingerprint } from './identity/entry-identity.js';
import { BOOKED_ENTRY_KEYS, METADATA_KEYS } from './mapping/metadata-keys.js';
import { addMissingFacts, hasMissingFacts, readStoredFacts } from './mapping/read-stored-facts.js';
import type { EntryMatch } from './matching/entry-matcher.js';
import type { ItemToMatch } from './matching/matching-input.js';
import type { LocalTimeParser } from './statements/local-time-parser.js';
import type { CheckedStatement } from './checking/statement-check.js';
import { mergeOnlyDetail } from './statements/merge-entry-detail.js';
import { splitBatch } from './statements/split-batch.js';
import type { Entry } from './statements/statement.types.js';

const NO_STORED_DETAILS: ReadonlyMap<string, StoredRecord> = new Map();

/**
 * Converts a late report to transactions with the additional facts.
 * @returns no transactions if the report adds no facts, or if it is not certain that the report describes this movement
 */
export function toEnrichedTransactions(match: EntryMatch, time: LocalTimeParser): Transaction[] {
  const { item, movement } = match;
  const booked = toBookedItem(match);
  if (!booked) return [];
  const known = readStoredFacts(movement.metadata);
  if (splitBatch(item.entry)) {
    return toTransactions({ ...match, item: booked, isIdentified: false }, NO_STORED_DETAILS, time);
  }
  const reported = mergeOnlyDetail(item.entry);
  if (!hasMissingFacts(known, reported) && !hasNewReference(match)) return [];
  const facts = addMissingFacts(known, reported);
  const entry: Entry = { ...booked.entry, ...facts, details: [] };
  return toTransactions({ ...match, item: { ...booked, entry } }, NO_STORED_DETAILS, time);
}

/**
 * Returns the entry of the report, with the booking data of the booked statement. The result is `undefined` if the served transaction must
 * stay unchanged.
 */
function toBookedItem({ item, movement, isIdentified }: EntryMatch): ItemToMatch | undefined {
  const { fingerprint, status, detailCount, metadata } = movement;
  const bookedAt = metadata[BOOKED_ENTRY_KEYS.bookedAt];
  if (!isIdentified || !fingerprint?.bookedEntryId || status !== 'SUCCEEDED' || detailCount > 0)
    return undefined;
  // The time of a served row must not change. Without the booking date, this time is unknown here.
  if (item.entry.status !== 'BOOK' || bookedAt === undefined) return undefined;
  const entry: Entry = {
    ...item.entry,
    bookedAt,
    reversal: metadata[BOOKED_ENTRY_KEYS.reversal] === 'true',
  };
  setOrDelete(entry, 'valueAt', metadata[BOOKED_ENTRY_KEYS.valueAt]);
  setOrDelete(entry, 'entryReference', metadata[BOOKED_ENTRY_KEYS.entryReference]);
  const { start } = item.statement;
  const statement: CheckedStatement = {
    ...item.statement,
    version: fingerprint.statementVersion,
    start: { ...start, kind: 'booked', sequence: metadata[METADATA_KEYS.statement] ?? start.id },
  };
  setOrDelete(statement, 'imbalance', metadata[METADATA_KEYS.statementBreak]);
  return {
    ...item,
    groupKeys: item.groupKeys,
    entry,
    statement,
    facts: fingerprint.facts,
    entryId: fingerprint.bookedEntryId,
    isFinal: true,
  };
}

/**
 * Returns true if the report has another reference than the booked statement, and the stored row does not contain it yet. The row must
 * contain it, so that the report is recognised when it comes again, and so that another report is not taken for this one.
 */
function hasNewReference({ movement: { fingerprint, metadata } }: EntryMatch): boolean {
  const stored = parseFingerprint(metadata[METADATA_KEYS.fingerprint]);
  return stored !== undefined && stored.announcedReference !== fingerprint?.announcedReference;
}

function setOrDelete<K extends string>(
  target: { [key in K]?: string },
  key: K,
  value: string | undefined,
): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}
