/**
 * Detects a truncated SQLite file. SQLite compares the size of the file with its header, but not while a write-ahead log (WAL) exists. It
 * then reads the missing pages as zeros, and the damage appears much later as a different error. Source: sqlite.org, "Database File
 * Format", 1.3 (header), 4.1 (write-ahead log).
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/**
 * Checks that the file contains all pages that its header declares. The function must be called before this process opens the database.
 * Otherwise the check would release SQLite's locks, because POSIX releases all locks of a process on a file when the process closes the
 * file once.
 * @throws Error with the code `SQLITE_CORRUPT` when pages are missing
 */
export function assertFileComplete(file: string): void {
  if (!existsSync(file) || !existsSync(`${file}-wal`)) return;
  const missing = withOpenFile(file, (fd) => describeMissingPages(fd, readPageNumbersInWal(`${file}-wal`)));
  if (missing === undefined) return;
  throw Object.assign(new Error(missing), { code: 'SQLITE_CORRUPT' });
}

/**
 * Compares the size of the file with its header.
 * @param pagesInWal numbers of the pages in the write-ahead log. These pages may be missing in the file
 * @returns a message, or `undefined` when the file is complete
 */
function describeMissingPages(fd: number, pagesInWal: ReadonlySet<number>): string | undefined {
  const header = readBytes(fd, 0, HEADER_BYTES);
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  const pageSize = decodePageSize(header.readUInt16BE(16));
  // If these two numbers differ, the last writer did not maintain the page count, so the page count is not checked.
  const pages = header.readUInt32BE(24) === header.readUInt32BE(92) ? header.readUInt32BE(28) : 0;
  const pagesPresent = Math.floor(fstatSync(fd).size / pageSize);
  for (let page = pagesPresent + 1; page <= pages; page++) {
    if (!pagesInWal.has(page)) return `the file is cut off: it has ${pagesPresent} of ${pages} pages`;
  }
  return undefined;
}

function readPageNumbersInWal(file: string): Set<number> {
  const pages = new Set<number>();
  if (!existsSync(file)) return pages;
  return withOpenFile(file, (fd) => {
    const header = readBytes(fd, 0, WAL_HEADER_BYTES);
    if (header.length < WAL_HEADER_BYTES) return pages;
    const frame = FRAME_HEADER_BYTES + decodePageSize(header.readUInt32BE(8));
    for (let offset = WAL_HEADER_BYTES; ; offset += frame) {
      const start = readBytes(fd, offset, FRAME_HEADER_BYTES);
      // After the last valid frame, the file may contain older frames. They have a different salt and are not read.
      if (start.length < FRAME_HEADER_BYTES || start.compare(header, 16, 24, 8, 16) !== 0) return pages;
      pages.add(start.readUInt32BE(0));
    }
  });
}

/** Decodes a page size. The header stores 65,536 as 1, because the value does not fit into 16 bits. */
function decodePageSize(encoded: number): number {
  return encoded === 1 ? 65_536 : encoded;
}

function readBytes(fd: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(fd, buffer, 0, length, at));
}

function withOpenFile<T>(file: string, work: (fd: number) => T): T {
  const fd = openSync(file, 'r');
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}
