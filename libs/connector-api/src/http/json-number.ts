/**
 * Reads and writes exact numbers in JSON. `JSON.parse` converts `12345678901234567.89` to a double and loses digits, which is wrong for
 * money. The functions here keep the source text of every number. They need Node 22 or later, which has `JSON.rawJSON` and a reviver that
 * receives the source text.
 */
import { InvalidRecordError } from '../errors.js';

/** A number of a JSON document with its exact source: `new JsonNumber('10.10')` is serialized as `10.10`. */
export class JsonNumber {
  /**
   * Creates a number from its source text.
   * @param source a number in JSON syntax: `-12.50`, `1e3`
   * @throws InvalidRecordError for any other string
   */
  constructor(readonly source: string) {
    if (!JSON_NUMBER_PATTERN.test(source))
      throw new InvalidRecordError(`${JSON.stringify(source.slice(0, 64))} is not a JSON number`);
  }

  /** Returns the value from which `JSON.stringify` writes the source text unchanged. */
  toJSON(): unknown {
    return (JSON as unknown as JsonWriterWithRaw).rawJSON(this.source);
  }
}

/**
 * Writes a JSON number without an exponent: `1.5e3` → `1500`, `-2E-2` → `-0.02`.
 * @throws InvalidRecordError for an exponent below -64 or above 64
 */
export function toPlainDecimal(source: string): string {
  const [mantissa = '', exponent] = source.toLowerCase().split('e');
  if (exponent === undefined) return source;
  const shift = Number(exponent);
  if (Math.abs(shift) > MAX_EXPONENT) {
    throw new InvalidRecordError(`the number ${source.slice(0, 64)} is too large or too small for an amount`);
  }
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const point = whole.length + shift;
  const digits = (whole + fraction).padEnd(point, '0');
  const left = point > 0 ? digits.slice(0, point) : '0';
  const right = point > 0 ? digits.slice(point) : digits.padStart(digits.length - point, '0');
  return sign + left.replace(/^0+(?=\d)/, '') + (right === '' ? '' : `.${right}`);
}

/**
 * Parses JSON like `JSON.parse`, except that every number becomes a `JsonNumber`.
 * @throws SyntaxError if the string is not JSON
 */
export function parseJson(text: string): unknown {
  // A reviver makes parsing seven times slower, so JSON without numbers is parsed without a reviver.
  if (!containsNumber(text)) return JSON.parse(text);
  return (JSON as unknown as JsonParserWithSource).parse(text, (_key, value, context) =>
    typeof value === 'number' ? new JsonNumber(context.source) : value,
  );
}

const QUOTATION_MARK = 0x22;
const BACKSLASH = 0x5c;
const DIGIT_ZERO = 0x30;
const DIGIT_NINE = 0x39;

/** Returns true if a JSON text contains a number. In JSON, a digit that is not in a string always belongs to a number. */
function containsNumber(json: string): boolean {
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTATION_MARK) at = findStringEnd(json, at);
    else if (code >= DIGIT_ZERO && code <= DIGIT_NINE) return true;
  }
  return false;
}

/** Returns the index of the closing quotation mark of the string that begins at `start`. */
function findStringEnd(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end === -1 ? json.length : end;
}

/** Returns true if the character at this index is escaped, i.e. if an odd number of backslashes precedes it. */
function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}

const JSON_NUMBER_PATTERN = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const MAX_EXPONENT = 64;

/** The parts of the ECMAScript proposal "JSON.parse source text access" that TypeScript's standard library does not declare yet. */
interface JsonParserWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source: string }) => unknown,
  ): unknown;
}
interface JsonWriterWithRaw {
  rawJSON(source: string): unknown;
}
