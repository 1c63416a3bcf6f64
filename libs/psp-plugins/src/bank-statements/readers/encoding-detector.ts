/**
 * Detects the encoding of text in files that declare none (MT940, MT942). Text that is valid UTF-8 is UTF-8. Otherwise each candidate
 * encoding is tried, and the evidence is how many characters cannot stand where they would stand, e.g. a symbol between two letters:
 * `M”ller` in Windows-1252 is `Möller` in code page 850. Without such evidence, the text is Windows-1252, or Windows-1250 if the account is
 * in a country that uses it.
 */
import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { decodeCodePage } from './code-pages.js';
import type { CodePage } from './code-pages.js';
import { joinCutLines } from './text-decoder.js';

type Encoding = 'windows-1252' | 'windows-1250' | CodePage;

/** The candidates in order. Of two candidates with equal evidence, the first is used. */
const WESTERN_ENCODINGS: readonly Encoding[] = ['windows-1252', 'cp850', 'windows-1250', 'cp852'];
const CENTRAL_EUROPEAN_ENCODINGS: readonly Encoding[] = ['windows-1250', 'cp852', 'windows-1252', 'cp850'];

const COUNTRIES_PATTERN = /^(?:PL|CZ|SK|HU|SI|HR|RO)\d{2}/;
const CURRENCIES = new Set(['PLN', 'CZK', 'HUF', 'RON']);

const ASCII_PATTERN = /^[\x00-\x7f]*$/;
/** Matches the bytes that Windows does not use. `TextDecoder` returns them as control characters. */
const CONTROL_PATTERN = /[\x80-\x9f]/g;
/** Matches a symbol between two letters. Symbols that stand between letters in normal text do not count: apostrophes, dashes and blanks. */
const SYMBOL_IN_WORD_PATTERN = /(?<=\p{L})[^\p{L}\p{Nd}\p{M}\x00-\x7f’‘´–—·…•\u00ad\u00a0](?=\p{L})/gu;
/** Matches blanks and ellipses between two letters, which are the letters á and ů in code page 852. */
const BLANK_IN_WORD_PATTERN = /(?<=\p{L})[\u00a0…](?=\p{L})/gu;
/** Matches a letter whose case differs from both of its neighbours. The letter ß has no common upper-case form. */
const WRONG_CASE_PATTERN = /(?<=\p{Ll})[^\P{Lu}A-Z](?=\p{Ll})|(?<=\p{Lu})[^\P{Ll}a-zß](?=\p{Lu})/gu;

const windows1252 = new TextDecoder('windows-1252');
const windows1250 = new TextDecoder('windows-1250');

/** Returns true if the account or the currency belongs to a country whose banks use Windows-1250 or code page 852. */
export function isCentralEuropean(accountId: string | undefined, currency: string | undefined): boolean {
  return COUNTRIES_PATTERN.test(accountId ?? '') || CURRENCIES.has(currency ?? '');
}

export class EncodingDetector {
  /** The encoding for which a line of this file was evidence. It is tried first for all later lines. */
  #found: Encoding | undefined;

  /**
   * Decodes the lines of one field.
   * @param lines the lines, with one character per byte
   * @param isCentral returns the result of `isCentralEuropean`. It is called only if the lines are not UTF-8
   */
  decodeLines(lines: readonly string[], isCentral: () => boolean): string[] {
    if (lines.every((line) => ASCII_PATTERN.test(line))) return [...lines];
    return joinCutLines(lines).map((line) => this.#decodeLine(line, isCentral));
  }

  #decodeLine(line: string, isCentral: () => boolean): string {
    if (ASCII_PATTERN.test(line)) return line;
    const bytes = Buffer.from(line, 'latin1');
    if (isUtf8(bytes)) return bytes.toString('utf8');
    const central = isCentral();
    const encodings = central ? CENTRAL_EUROPEAN_ENCODINGS : WESTERN_ENCODINGS;
    const [first, ...others] = (this.#found ? [this.#found, ...encodings] : encodings).map((encoding) => {
      const text = decode(bytes, line, encoding);
      return { encoding, text, faults: countFaults(text, central) };
    });
    if (!first) return line;
    const best = others.reduce((a, b) => (b.faults < a.faults ? b : a), first);
    if (best.faults < first.faults) this.#found = best.encoding;
    return best.text;
  }
}

function decode(bytes: Buffer, line: string, encoding: Encoding): string {
  switch (encoding) {
    case 'windows-1252':
      return windows1252.decode(bytes);
    case 'windows-1250':
      return windows1250.decode(bytes);
    case 'cp850':
    case 'cp852':
      return decodeCodePage(line, encoding);
    default:
      return encoding satisfies never;
  }
}

/** Returns the number of characters that cannot stand where they stand. */
function countFaults(text: string, isCentral: boolean): number {
  const patterns = [CONTROL_PATTERN, SYMBOL_IN_WORD_PATTERN, WRONG_CASE_PATTERN];
  if (isCentral) patterns.push(BLANK_IN_WORD_PATTERN);
  return patterns.reduce((count, pattern) => count + (text.match(pattern)?.length ?? 0), 0);
}
