/** Combines the facts of an entry with the facts of its details. */
import type { Entry, EntryFacts } from './statement.types.js';

/** Returns the facts of an entry. If the entry has exactly one detail, the facts of the detail are merged into them. */
export function mergeOnlyDetail(entry: Entry): EntryFacts {
  const [detail, ...others] = entry.details;
  return detail && others.length === 0 ? mergeFacts(entry, detail) : entry;
}

export function mergeFacts(entry: EntryFacts, detail: EntryFacts): EntryFacts {
  const given = Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== undefined));
  return { ...entry, ...given, references: { ...entry.references, ...detail.references } };
}
