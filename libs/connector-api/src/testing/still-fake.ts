/** What the generator made up, and nobody has made true yet. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** `STILL FAKE: what to do` in a comment, wherever the generator had to make something up. */
const MARK = /STILL FAKE: (.*?)\s*(?:\*\/|-->)?$/;

/**
 * @param directory of a plugin
 * @returns the to-do list, by file and line: `acme.config.ts:8: make it required`
 */
export function stillFake(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => marksIn(file, relative(directory, file)));
}

function marksIn(file: string, name: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const what = MARK.exec(line)?.[1];
    return what === undefined ? [] : [`${name}:${index + 1}: ${what}`];
  });
}
