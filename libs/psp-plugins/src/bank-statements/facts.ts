/** What an entry and its details say together. */
import type { Entry, EntryFacts } from './statement.js';

/** The entry's facts, with those of its only detail. */
export function factsOfWhole(entry: Entry): EntryFacts {
  const [detail, ...others] = entry.details;
  return detail && others.length === 0 ? mergeFacts(entry, detail) : entry;
}

export function mergeFacts(entry: EntryFacts, detail: EntryFacts): EntryFacts {
  const given = Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== undefined));
  return { ...entry, ...given, references: { ...entry.references, ...detail.references } };
}
