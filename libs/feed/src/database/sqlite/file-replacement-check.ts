/**
 * Detects that the database file was deleted or replaced. An open connection would continue to use the old file, which new processes do not
 * see.
 */
import { statSync } from 'node:fs';
import type { StoreChangeRecord } from '../../identity/store-change-guard.js';

/** Minimum time in ms between two checks by reads, because a check takes a tenth of the time of a page. */
const READ_CHECK_INTERVAL_MS = 100;

export interface FileReplacementCheck {
  /** @throws StoreChangedError when the path leads to another file than the opened file */
  check(): void;
  /** Checks the file unless the last check was less than 100 ms ago. @throws StoreChangedError */
  checkRecently(): void;
}

/** Remembers which file is at the path now. Call it after the database was opened. */
export function createFileCheck(path: string, changes: StoreChangeRecord): FileReplacementCheck {
  const opened = findFile(path);
  let checkedAt = 0;
  const check = () => {
    checkedAt = performance.now();
    const found = findFile(path);
    if (found === undefined) changes.report('the file was deleted');
    if (found !== opened) changes.report('the file was replaced by another one');
  };
  return {
    check,
    checkRecently: () => {
      if (performance.now() - checkedAt >= READ_CHECK_INTERVAL_MS) check();
    },
  };
}

/** Returns the device number and the inode number of the file; `undefined` when there is no file. */
function findFile(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}`;
}
