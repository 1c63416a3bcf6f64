/**
 * Detects a truncated SQLite file. SQLite compares the file size with the header itself, but not while a write-ahead log (WAL) exists.
 * Then it reads the missing pages as zeros, and the damage appears much later as a different error.
 * Source: sqlite.org, "Database File Format", 1.3 (header), 4.1 (write-ahead log).
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 'SQLite format 3\0';
const HEADER = 100;
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/**
 * Checks that the file has all pages that its header declares. Call it before this process opens the database: closing the file here
 * releases all locks that this process has on it.
 * @throws Error with the code `SQLITE_CORRUPT` when pages are missing
 */
export function refuseShortFile(file: string): void {
  if (!existsSync(file) || !existsSync(`${file}-wal`)) return;
  const missing = withFile(file, (fd) => missingPages(fd, pagesInLog(`${file}-wal`)));
  if (missing === undefined) return;
  throw Object.assign(new Error(missing), { code: 'SQLITE_CORRUPT' });
}

/** @param pagesInWal numbers of pages that may still be missing in the file. @returns a message, or `undefined` when the file is complete */
function missingPages(fd: number, inLog: ReadonlySet<number>): string | undefined {
  const header = read(fd, 0, HEADER);
  if (header.length < HEADER || header.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const pageSize = sizeOf(header.readUInt16BE(16));
  // When these differ, the last writer did not maintain the page count, so it is not checked.
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
      // Older frames with a different salt may follow the last valid frame.
      if (start.length < FRAME_HEADER || start.compare(header, 16, 24, 8, 16) !== 0) return pages;
      pages.add(start.readUInt32BE(0));
    }
  });
}

/** Decodes a page size. The header stores 65,536 as 1, because the value does not fit into 16 bits. */
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
