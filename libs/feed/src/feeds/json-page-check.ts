/**
 * Checks that a page from the database is JSON with the right number of rows, because rows can be altered on disk. The check parses a page
 * only once: later reads of the same bytes are recognised by their checksum, which costs a twentieth of parsing them.
 */
import type { SerializedPage } from '@tributary/connector-api';
import { crc32 } from 'node:zlib';

/** Number of checksums in one generation. Two generations are kept, which cover about six million rows in pages of 100. */
const MAX_CHECKSUMS = 32_768;
/** Longer pages are parsed at every read, because length and checksum must fit into a safe integer. */
const MAX_CHECKSUM_LENGTH = 2 ** 21;

export class JsonPageCheck {
  private checksums = new Set<number>();
  private previousChecksums = new Set<number>();

  isValid({ rows, body }: SerializedPage): boolean {
    if (rows === 0) return true;
    if (body.length >= MAX_CHECKSUM_LENGTH) return hasRows(body, rows);
    const checksum = crc32(body) * MAX_CHECKSUM_LENGTH + body.length;
    if (this.checksums.has(checksum) || this.previousChecksums.has(checksum)) return true;
    if (!hasRows(body, rows)) return false;
    if (this.checksums.size === MAX_CHECKSUMS) {
      this.previousChecksums = this.checksums;
      this.checksums = new Set();
    }
    this.checksums.add(checksum);
    return true;
  }
}

function hasRows(body: string | Buffer, rows: number): boolean {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return Array.isArray(parsed) && parsed.length === rows;
  } catch {
    return false;
  }
}
