/** Detects that the database file was deleted or replaced. An open connection would go on with the old file, which no new process sees. */
import { statSync } from 'node:fs';
import type { StoreChangeRecord } from '../../identity/store-change-record.js';

/** Minimum time in ms between two checks by reads, because a check costs a tenth of a page. */
const READ_CHECK_INTERVAL_MS = 100;

export interface FileReplacementCheck {
  /** @throws StoreChangedError when the path no longer leads to the file that was opened */
  check(): void;
  /** Checks unless a check was made in the last 100 ms. @throws StoreChangedError */
  checkRecently(): void;
}

/** Remembers the file that is now at the path. Call it after the database was opened. */
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

/** Returns the file system and number of the file; `undefined` when there is no file. */
function findFile(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}/${found.ino}`;
}
