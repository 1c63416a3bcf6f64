/** Finds a Chromium on this machine. Without a Chromium, the tests of the console are skipped with a message. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The names of the program in the packages of Linux distributions. */
const PROGRAM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Finds the program: the path in CHROMIUM_PATH, or the first match in PATH.
 * @returns `undefined` if there is none
 */
export function findChromium(environment = process.env): string | undefined {
  const directories = (environment['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  const candidates = [
    ...(environment['CHROMIUM_PATH'] === undefined ? [] : [environment['CHROMIUM_PATH']]),
    ...directories.flatMap((directory) => PROGRAM_NAMES.map((name) => join(directory, name))),
  ];
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
