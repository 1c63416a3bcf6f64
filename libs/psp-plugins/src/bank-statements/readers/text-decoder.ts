/**
 * Decodes the text of files without a reliable encoding, because some banks mix two encodings in one file. Text that is valid UTF-8 is
 * decoded as UTF-8, and any other text as Windows-1252.
 */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

const windows1252 = new TextDecoder('windows-1252');

const ASCII_PATTERN = /^[\x00-\x7f]*$/;
/** Matches continuation bytes of UTF-8 at the beginning of a line that has one character per byte. */
const CONTINUATION_BYTES = /^[\x80-\xbf]{1,3}/;
const MAX_UTF8_BYTES = 4;

/**
 * Decodes one line.
 * @param line the line, with one character per byte
 */
export function decodeLine(line: string): string {
  if (ASCII_PATTERN.test(line)) return line;
  const bytes = Buffer.from(line, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : windows1252.decode(bytes);
}

/**
 * Joins lines between which a letter is cut. If a bank breaks lines after a number of bytes, the bytes of one letter can be distributed
 * over two lines.
 * @param lines the lines, with one character per byte
 */
export function joinCutLines(lines: readonly string[]): string[] {
  const joined: string[] = [];
  for (const line of lines) {
    const last = joined.at(-1);
    if (last !== undefined && isLetterCut(last, line)) joined[joined.length - 1] = last + line;
    else joined.push(line);
  }
  return joined;
}

/** Returns true if the last bytes of a line and the first bytes of the next line form one letter in UTF-8. */
function isLetterCut(line: string, next: string): boolean {
  const [rest] = CONTINUATION_BYTES.exec(next) ?? [];
  if (rest === undefined) return false;
  const end = /[\xc2-\xf4][\x80-\xbf]{0,2}$/.exec(line)?.[0];
  if (end === undefined || isUtf8(Buffer.from(end, 'latin1'))) return false;
  for (let count = 1; count <= rest.length && end.length + count <= MAX_UTF8_BYTES; count++)
    if (isUtf8(Buffer.from(end + rest.slice(0, count), 'latin1'))) return true;
  return false;
}

/** Decodes a stream that declares UTF-8 but may contain bytes in Windows-1252. */
export class LenientUtf8Decoder {
  /** True after a byte that is invalid in UTF-8. */
  hasFoundOtherBytes = false;
  #tail = Buffer.alloc(0);

  /**
   * Decodes the next bytes.
   * @param bytes the next bytes; a call without an argument ends the stream
   */
  decode(bytes?: Uint8Array): string {
    const all = bytes ? Buffer.concat([this.#tail, bytes]) : this.#tail;
    const end = bytes ? all.length - countIncompleteBytes(all) : all.length;
    this.#tail = Buffer.from(all.subarray(end));
    const complete = all.subarray(0, end);
    if (isUtf8(complete)) return complete.toString('utf8');
    this.hasFoundOtherBytes = true;
    return decodeMixed(complete);
  }
}

/** Returns the number of bytes at the end that may be the beginning of a letter. They are decoded together with the next bytes. */
function countIncompleteBytes(bytes: Buffer): number {
  for (let count = 1; count < MAX_UTF8_BYTES && count <= bytes.length; count++) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc2) return count < utf8Length(byte) ? count : 0;
  }
  return 0;
}

function utf8Length(firstByte: number): number {
  if (firstByte >= 0xf0) return 4;
  return firstByte >= 0xe0 ? 3 : 2;
}

/** Decodes each valid UTF-8 sequence as UTF-8, and every other byte as Windows-1252. */
function decodeMixed(bytes: Buffer): string {
  const texts: string[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0;
    const length = byte < 0x80 ? 1 : utf8Length(byte);
    if (byte < 0x80 || (byte >= 0xc2 && isUtf8(bytes.subarray(at, at + length)))) {
      at += length;
      continue;
    }
    texts.push(bytes.toString('utf8', from, at), windows1252.decode(bytes.subarray(at, at + 1)));
    from = ++at;
  }
  texts.push(bytes.toString('utf8', from));
  return texts.join('');
}
