/** Records rejected files and rejected entries, and finds the rejections that are resolved. */
import type { PullProgress } from './pull-progress.js';

export function createFileRejectionId(name: string): string {
  return `file:${name}`;
}

/**
 * Returns the id of a rejected entry. Rejected entries are numbered within their file, so that their rejections can be resolved when the
 * file is repaired.
 */
export function createEntryRejectionId(name: string, number: number): string {
  return `file:${name}#${number}`;
}

/**
 * Records that a whole file is rejected.
 * @returns the ids of rejections of the file's earlier version, which are now resolved
 */
export function recordRejectedFile(name: string, progress: PullProgress): string[] {
  const before = progress.rejectedCounts.get(name) ?? 0;
  progress.rejectedCounts.set(name, 0);
  return entryRejectionIds(name, 1, before);
}

/**
 * Records that a file was read, with the given number of rejected entries.
 * @returns the ids of rejections of the file's earlier version, which are now resolved
 */
export function recordReadFile(name: string, rejectedEntries: number, progress: PullProgress): string[] {
  const before = progress.rejectedCounts.get(name);
  progress.rejectedCounts.delete(name);
  if (rejectedEntries > 0) progress.rejectedCounts.set(name, rejectedEntries);
  if (before === undefined) return [];
  return before === 0 ? [createFileRejectionId(name)] : entryRejectionIds(name, rejectedEntries + 1, before);
}

/**
 * Removes the rejections of files that no longer exist.
 * @param present the names of all existing files
 * @returns the ids of the removed rejections
 */
export function forgetMissingFiles(present: ReadonlySet<string>, progress: PullProgress): string[] {
  return [...progress.rejectedCounts].flatMap(([name, count]) => {
    if (present.has(name)) return [];
    progress.rejectedCounts.delete(name);
    return count === 0 ? [createFileRejectionId(name)] : entryRejectionIds(name, 1, count);
  });
}

function entryRejectionIds(name: string, from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => createEntryRejectionId(name, from + n));
}
