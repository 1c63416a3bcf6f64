/** Carries out the steps of docs/guides/add-a-psp.md: writes its files and makes its changes in a generated plugin. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Matches a block of code with a file name in its fence. */
const CODE_BLOCK_PATTERN = /^```(ts|md|diff) (\S+)\n(.*?)^```$/gms;
/** Matches the instruction to delete a file of the plugin. */
const DELETION_PATTERN = /^Delete `(\S+)`\.$/gm;

/**
 * Follows the tutorial.
 * @param directory directory of the generated plugin
 * @returns the lines that the tutorial added, with their file. All lines of a new file are included
 */
export function followTutorial(directory: string): string[] {
  const generated = new Map(listFiles(directory).map((file) => [file, readLines(directory, file)]));
  const page = readFileSync('docs/guides/add-a-psp.md', 'utf8');
  for (const [, kind, file = '', text = ''] of page.matchAll(CODE_BLOCK_PATTERN)) {
    const target = join(directory, file);
    writeFileSync(target, kind === 'diff' ? applyDiff(readFileSync(target, 'utf8'), text, file) : text);
  }
  for (const [, file = ''] of page.matchAll(DELETION_PATTERN)) rmSync(join(directory, file));
  return listFiles(directory).flatMap((file) => {
    const known = new Set(generated.get(file));
    return readLines(directory, file)
      .filter((line) => line.trim() !== '' && !known.has(line))
      .map((line) => `${file}: ${line}`);
  });
}

function listFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
}

function readLines(directory: string, file: string): string[] {
  return readFileSync(join(directory, file), 'utf8').split('\n');
}

/** Applies a diff: each group of lines that begin with a minus is replaced by the following group of lines that begin with a plus. */
function applyDiff(text: string, diff: string, file: string): string {
  return [...diff.matchAll(/((?:^-.*\n)+)((?:^\+.*\n)+)/gm)].reduce((result, [, old = '', fresh = '']) => {
    const [before = '', after = ''] = [old, fresh].map((lines) => lines.replace(/^[-+]/gm, ''));
    expect({ file, before, found: result.split(before).length - 1 }).toEqual({ file, before, found: 1 });
    return result.replace(before, () => after);
  }, text);
}
