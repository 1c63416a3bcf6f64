import { TextDecoder } from 'node:util';
import { StatementError } from '../statements/statement.types.js';
import { quoteValue } from './value-parsers.js';

/** The format and the encoding of a file, detected from its first bytes. */
export interface DetectedFormat {
  format: 'camt' | 'mt' | 'bai2' | 'ofx';
  /** The name of the encoding for TextDecoder. `latin1` means one character per byte; `LineSplitter` then decodes each line. */
  encoding: string;
}

/**
 * The number of bytes from which the format is detected. They are enough to skip a byte order mark, blank lines and a preamble of the bank.
 */
export const DETECTION_BYTES = 4096;

const MT_FIELD_PATTERN = /^:(?:\d{2}[A-Z]?|94[02]|NS):/m;
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['PK\u0003\u0004', 'a ZIP archive'],
  ['\u001f\u008b', 'a gzip archive'],
  ['%PDF', 'a PDF document'],
  ['{\\rtf', 'a rich text document'],
  ['\u00d0\u00cf\u0011\u00e0', 'an old Office document'],
];

/**
 * Detects the format and the encoding.
 * @throws StatementError if the format is unknown. The message describes what kind of file it seems to be
 */
export function detectFormat(head: Buffer): DetectedFormat {
  if (head.length === 0) {
    throw new StatementError(
      'the file is empty; expected a bank statement (camt.052/053/054, MT940/MT942, BAI2 or OFX)',
    );
  }
  const wide = detectUtf16(head);
  const marked = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  const text =
    wide === undefined ? head.toString('latin1', marked ? 3 : 0) : new TextDecoder(wide).decode(head);
  // Some banks put control characters around messages, e.g. \x01 … \x03. They are removed at the start.
  const start = text.replace(/^[\s\u0000-\u001f]+/, '');
  if (/^OFXHEADER|^<[^]*<OFX>|^<OFX>/i.test(start)) return { format: 'ofx', encoding: wide ?? 'latin1' };
  if (start.startsWith('<'))
    return { format: 'camt', encoding: wide ?? (marked ? 'utf-8' : declaredEncoding(start)) };
  if (/^\d\d,/.test(start)) return { format: 'bai2', encoding: wide ?? 'latin1' };
  if (start.startsWith('{1:') || MT_FIELD_PATTERN.test(text))
    return { format: 'mt', encoding: wide ?? 'latin1' };
  throw new StatementError(
    `the file begins with ${describeContent(head, start)}; expected a bank statement: camt.052/053/054 (XML, "<Document …"), ` +
      'MT940/MT942 (":20:" or "{1:"), BAI2 ("01,") or OFX ("OFXHEADER" or "<OFX>"). For a CSV export, declare a mapping in `settings.csv`',
  );
}

function detectUtf16(head: Buffer): string | undefined {
  const [a, b, c, d] = head;
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (a === 0x3c && b === 0 && c !== 0 && d === 0) return 'utf-16le';
  if (a === 0 && b === 0x3c && c === 0 && d !== 0) return 'utf-16be';
  return undefined;
}

/**
 * Returns the encoding in the XML declaration, or UTF-8 if there is no declaration. A declaration of UTF-16 is treated as UTF-8, because
 * some exports declare UTF-16 although they are UTF-8.
 */
function declaredEncoding(start: string): string {
  const label = /^<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']/.exec(start)?.[1]?.toLowerCase() ?? 'utf-8';
  if (/^utf-?16/.test(label)) return 'utf-8';
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new StatementError(
      `line 1: the XML declaration names the encoding ${quoteValue(label)}, which is unknown; expected UTF-8, UTF-16, ISO-8859-1 or Windows-1252`,
    );
  }
}

function describeContent(head: Buffer, start: string): string {
  const signature = SIGNATURES.find(([bytes]) => head.toString('latin1', 0, bytes.length) === bytes);
  if (signature) return `what looks like ${signature[1]}`;
  const line = (start.split(/[\r\n]/, 1)[0] ?? '').slice(0, 40);
  if (line === '') return 'nothing but blanks';
  return /^[\x20-\x7e]+$/.test(line) ? quoteValue(line) : `the bytes ${head.subarray(0, 12).toString('hex')}`;
}
