/**
 * Splits OFX into elements. OFX 1 is SGML, in which an element with a value needs no end tag. OFX 2 is XML. The same code reads both: if
 * text follows the start tag of an element, the text is its value. Otherwise the element contains other elements.
 */
import { translateOrDefault } from '@tributary/connector-api';
import { StatementError } from '../../statements/statement.types.js';
import { decodeLine } from '../text-decoder.js';

export type OfxToken =
  | { kind: 'open' | 'close'; name: string; line: number }
  | { kind: 'value'; name: string; value: string; line: number };

/** The maximum number of characters of a value or a tag. If one is longer, the file is not OFX and is rejected. */
const MAX_REST_LENGTH = 64 * 1024;
const TAG_PATTERN = /^<(\/?)([A-Za-z0-9._]+)\s*(\/?)>$/;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

export class OfxTokenizer {
  #rest = '';
  #line = 1;

  /**
   * Creates a tokenizer for one file.
   * @param isBinary true if the text has one character per byte
   */
  constructor(private readonly isBinary: boolean) {}

  /**
   * Splits the next text into tokens. A value is complete only when the next tag begins.
   * @returns the tokens that are complete
   */
  *split(text: string): Generator<OfxToken> {
    this.#rest += text;
    for (;;) {
      const next = this.#rest.indexOf('<', this.#rest.startsWith('<') ? 1 : 0);
      if (next === -1) break;
      const piece = this.#rest.slice(0, next);
      this.#rest = this.#rest.slice(next);
      const token = this.#toToken(piece);
      if (token) yield token;
      this.#line += countLineBreaks(piece);
    }
    if (this.#rest.length > MAX_REST_LENGTH)
      throw new StatementError(
        `line ${this.#line}: a value longer than ${MAX_REST_LENGTH} characters; expected OFX`,
      );
  }

  *finish(): Generator<OfxToken> {
    const token = this.#toToken(this.#rest);
    this.#rest = '';
    if (token) yield token;
  }

  /**
   * Converts a piece of text to a token.
   * @param piece a tag and the text after it
   */
  #toToken(piece: string): OfxToken | undefined {
    if (!piece.startsWith('<')) return undefined;
    const end = piece.indexOf('>');
    const tag = piece.slice(0, end + 1);
    if (tag.startsWith('<?') || tag.startsWith('<!')) return undefined;
    const [, slash, name, selfClosing] = TAG_PATTERN.exec(tag) ?? [];
    const line = this.#line;
    if (name === undefined)
      throw new StatementError(`line ${line}: ${JSON.stringify(piece.slice(0, 40))} is no tag of OFX`);
    const upper = name.toUpperCase();
    if (slash === '/') return { kind: 'close', name: upper, line };
    const value = decodeEntities(this.#decode(piece.slice(end + 1))).trim();
    if (selfClosing === '/') return undefined;
    return value === '' ? { kind: 'open', name: upper, line } : { kind: 'value', name: upper, value, line };
  }

  #decode(text: string): string {
    return this.isBinary ? decodeLine(text) : text;
  }
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([a-z]+);/g, (whole, name: string) => translateOrDefault(ENTITIES, name, whole));
}
