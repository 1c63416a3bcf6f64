/** Finds and starts a Chromium on this machine. Without a Chromium, the tests of the console are skipped with a message. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

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

/** Starts the program without a window, and without requests to other hosts. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
