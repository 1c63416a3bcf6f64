/**
 * Detects that the database file was deleted or replaced. An open connection would continue to use the old file, and new processes would
 * not see its changes.
 */
import { statSync } from 'node:fs';
import type { StoreChangeGuard } from '../../identity/store-change-guard.js';

/**
 * The minimum time in ms between two checks during reads. Not every read makes a check, because a check takes a tenth of the time of a
 * page.
 */
const READ_CHECK_INTERVAL_MS = 100;
/** The maximum number of reads between two checks. It applies when no timer can run, because the process is busy without a pause. */
const MAX_UNCHECKED_READS = 1_000;

export interface FileReplacementCheck {
  /**
   * Checks that the path still leads to the opened file.
   * @throws StoreChangedError when the path leads to another file, or to none
   */
  check(): void;
  /**
   * Checks the file, unless the last check was less than 100 ms ago.
   * @throws StoreChangedError when the path leads to another file, or to none
   */
  checkRecently(): void;
}

/** Creates a check that remembers which file is at the path now. The function must be called after the database was opened. */
export function createFileReplacementCheck(path: string, changes: StoreChangeGuard): FileReplacementCheck {
  const opened = findFile(path);
  // A timer resets this number, because reading a clock at each page would take longer than all other checks of a page.
  let allowedReads = 0;
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    const found = findFile(path);
    if (found === undefined) changes.report('the file was deleted');
    if (found !== opened) changes.report('the file was replaced by another one');
  };
  return {
    check,
    checkRecently: () => {
      if (allowedReads-- > 0) return;
      allowedReads = 0;
      check();
      allowedReads = MAX_UNCHECKED_READS;
      clearTimeout(timer);
      timer = setTimeout(() => (allowedReads = 0), READ_CHECK_INTERVAL_MS).unref();
    },
  };
}

/** Returns the device number and the inode number of the file. The result is `undefined` when there is no file. */
function findFile(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}`;
}
