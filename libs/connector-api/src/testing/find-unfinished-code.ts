/** Finds the placeholders (`STILL FAKE: …`) that the plugin generator writes and the plugin's author has not replaced yet. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Matches `STILL FAKE: what to do` in a comment. The generator writes it at each placeholder. */
const PLACEHOLDER_PATTERN = /STILL FAKE: (.*?)\s*(?:\*\/|-->)?$/;

/**
 * Lists the placeholders in a plugin's directory.
 * @returns one entry per placeholder, with file and line: `acme.config.ts:8: make it required`
 */
export function findUnfinishedCode(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => findUnfinishedCodeInFile(file, relative(directory, file)));
}

function findUnfinishedCodeInFile(file: string, name: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const instruction = PLACEHOLDER_PATTERN.exec(line)?.[1];
    return instruction === undefined ? [] : [`${name}:${index + 1}: ${instruction}`];
  });
}
