/**
 * Detects that the database file was deleted, replaced or emptied, or that its write-ahead log (WAL) was. An open connection would continue
 * to use the old files, and new processes would not see its changes. The newest transactions are only in the log until a checkpoint copies
 * them to the database file, so a deleted log loses orders that were already sent.
 */
import { realpathSync, statSync } from 'node:fs';
import type { StoreChangeGuard } from '../../identity/store-change-guard.js';

/**
 * The minimum time in ms between two checks during reads. Not every read makes a check, because a check takes a tenth of the time of a
 * page.
 */
const READ_CHECK_INTERVAL_MS = 100;
/** The size of the smallest database. Page 1 is in the file as soon as the file is in WAL mode. */
const MIN_DATABASE_BYTES = 512n;
/** The maximum number of reads between two checks. It applies when no timer can run, because the process is busy without a pause. */
const MAX_UNCHECKED_READS = 1_000;

export interface FileReplacementCheck {
  /**
   * Checks that the path still leads to the opened file, and that the write-ahead log is still there.
   * @throws StoreChangedError when the path leads to another file, to an empty one, or to none, or when the log was deleted or replaced
   */
  check(): void;
  /**
   * Checks the file and the log, unless the last check was less than 100 ms ago.
   * @throws StoreChangedError as `check` does
   */
  checkRecently(): void;
}

/** Creates a check that remembers which files are at the path now. The function must be called after the database was opened. */
export function createFileReplacementCheck(path: string, changes: StoreChangeGuard): FileReplacementCheck {
  const opened = findFile(path);
  // SQLite names the log after the file itself, also if the path is a symbolic link.
  const logPath = `${opened === undefined ? path : realpathSync(path)}-wal`;
  // The first read or write of this process creates the log. SQLite deletes it only when the last connection is closed.
  let openedLog = findFile(logPath);
  // A timer resets this number, because reading a clock at each page would take longer than all other checks of a page.
  let allowedReads = 0;
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    const found = findFile(path);
    if (found === undefined) changes.report('the file was deleted');
    if (found.id !== opened?.id) changes.report('the file was replaced by another one');
    if (found.size < MIN_DATABASE_BYTES) changes.report('the file was truncated');
    const log = findFile(logPath);
    openedLog ??= log;
    if (log?.id === openedLog?.id) return;
    const what = log === undefined ? 'deleted' : 'replaced by another one';
    changes.report(`its write-ahead log ${logPath} was ${what}`);
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

interface FoundFile {
  /** The device number and the inode number. */
  id: string;
  /** The size in bytes. */
  size: bigint;
}

/** Returns the file at a path. The result is `undefined` when there is no file. */
function findFile(path: string): FoundFile | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && { id: `${found.dev}/${found.ino}`, size: found.size };
}
