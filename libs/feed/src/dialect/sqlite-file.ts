/**
 * Whether a SQLite file is as long as it says. SQLite looks by itself, but not while there is a write-ahead log: what lies behind the
 * end of a file that was cut off then reads as zeros, and shows much later as something else.
 * Source: sqlite.org, "Database File Format", 1.3 (header), 4.1 (write-ahead log).
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 'SQLite format 3\0';
const HEADER = 100;
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/**
 * To be called before this process has it open: to close it here would give up the locks of those who have.
 * @throws Error with the code of a damaged file
 */
export function refuseShortFile(file: string): void {
  if (!existsSync(file) || !existsSync(`${file}-wal`)) return;
  const missing = withFile(file, (fd) => missingPages(fd, pagesInLog(`${file}-wal`)));
  if (missing === undefined) return;
  throw Object.assign(new Error(missing), { code: 'SQLITE_CORRUPT' });
}

/** @param inLog pages that need not be in the file yet. @returns what is missing, in words */
function missingPages(fd: number, inLog: ReadonlySet<number>): string | undefined {
  const header = read(fd, 0, HEADER);
  if (header.length < HEADER || header.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const pageSize = sizeOf(header.readUInt16BE(16));
  // Where these differ, somebody wrote the file who does not keep the count.
  const pages = header.readUInt32BE(24) === header.readUInt32BE(92) ? header.readUInt32BE(28) : 0;
  const there = Math.floor(fstatSync(fd).size / pageSize);
  for (let page = there + 1; page <= pages; page++) {
    if (!inLog.has(page)) return `the file is cut off: it has ${there} of ${pages} pages`;
  }
  return undefined;
}

function pagesInLog(file: string): Set<number> {
  const pages = new Set<number>();
  if (!existsSync(file)) return pages;
  return withFile(file, (fd) => {
    const header = read(fd, 0, WAL_HEADER);
    if (header.length < WAL_HEADER) return pages;
    const frame = FRAME_HEADER + sizeOf(header.readUInt32BE(8));
    for (let at = WAL_HEADER; ; at += frame) {
      const start = read(fd, at, FRAME_HEADER);
      // Behind the last frame there may be older ones, which have another salt.
      if (start.length < FRAME_HEADER || start.compare(header, 16, 24, 8, 16) !== 0) return pages;
      pages.add(start.readUInt32BE(0));
    }
  });
}

/** 65,536 bytes do not fit where the size of a page is written. */
function sizeOf(written: number): number {
  return written === 1 ? 65_536 : written;
}

function read(fd: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, at));
}

function withFile<T>(file: string, work: (fd: number) => T): T {
  const fd = openSync(file, 'r');
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}
