/** What was refused of which file, and when that is over. */
import type { Progress } from './cursor.js';

export function fileRefusalId(name: string): string {
  return `file:${name}`;
}

/** The refusals of single entries are counted within their file, so that they can be cleared when it is repaired. */
export function entryRefusalId(name: string, number: number): string {
  return `file:${name}#${number}`;
}

/** The file as a whole is refused. @returns what is no longer true of its former version */
export function refuseFile(name: string, progress: Progress): string[] {
  const before = progress.refused.get(name) ?? 0;
  progress.refused.set(name, 0);
  return entryRefusalIds(name, 1, before);
}

/** The file was read, with so many entries refused. @returns what is no longer true of its former version */
export function acceptFile(name: string, refusedEntries: number, progress: Progress): string[] {
  const before = progress.refused.get(name);
  progress.refused.delete(name);
  if (refusedEntries > 0) progress.refused.set(name, refusedEntries);
  if (before === undefined) return [];
  return before === 0 ? [fileRefusalId(name)] : entryRefusalIds(name, refusedEntries + 1, before);
}

/** @param present the names of all files */
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
