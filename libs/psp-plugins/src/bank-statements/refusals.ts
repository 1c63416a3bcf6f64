/** Tracks rejected files and entries, and which rejections are resolved. */
import type { Progress } from './cursor.js';

export function fileRefusalId(name: string): string {
  return `file:${name}`;
}

/** Rejected entries are numbered within their file, so that they can be resolved when the file is repaired. */
export function entryRefusalId(name: string, number: number): string {
  return `file:${name}#${number}`;
}

/**
 * Records that the whole file is rejected.
 * @returns ids of rejections of its former version, which are resolved now
 */
export function refuseFile(name: string, progress: Progress): string[] {
  const before = progress.refused.get(name) ?? 0;
  progress.refused.set(name, 0);
  return entryRefusalIds(name, 1, before);
}

/**
 * Records that the file was read, with the given number of rejected entries.
 * @returns ids of rejections of its former version, which are resolved now
 */
export function acceptFile(name: string, refusedEntries: number, progress: Progress): string[] {
  const before = progress.refused.get(name);
  progress.refused.delete(name);
  if (refusedEntries > 0) progress.refused.set(name, refusedEntries);
  if (before === undefined) return [];
  return before === 0 ? [fileRefusalId(name)] : entryRefusalIds(name, refusedEntries + 1, before);
}

/**
 * @param present names of all existing files
 * @returns ids of rejections of removed files
 */
export function forgetFiles(present: ReadonlySet<string>, progress: Progress): string[] {
  return [...progress.refused].flatMap(([name, count]) => {
    if (present.has(name)) return [];
    progress.refused.delete(name);
    return count === 0 ? [fileRefusalId(name)] : entryRefusalIds(name, 1, count);
  });
}

function entryRefusalIds(name: string, from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => entryRefusalId(name, from + n));
}
