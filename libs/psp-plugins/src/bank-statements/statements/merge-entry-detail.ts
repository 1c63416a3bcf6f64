/** Combines the facts of an entry with the facts of its details. */
import type { Entry, EntryFacts } from './statement.types.js';

/** Returns the facts of an entry. If the entry has exactly one detail, the facts of the detail are merged into them. */
export function mergeOnlyDetail(entry: Entry): EntryFacts {
  const [detail, ...others] = entry.details;
  return detail && others.length === 0 ? mergeFacts(entry, detail) : entry;
}

export function mergeFacts(entry: EntryFacts, detail: EntryFacts): EntryFacts {
  const merged: EntryFacts = {
    ...entry,
    ...detail,
    references: { ...entry.references, ...detail.references },
  };
  for (const name in detail) {
    const key = name as keyof EntryFacts;
    if (detail[key] === undefined && entry[key] !== undefined) Object.assign(merged, { [key]: entry[key] });
  }
  return merged;
}
