/** Type-checked access to the PSP's JSON. */
import { InvalidRecordError } from '../errors.js';
import { normalizeTime } from '../time.js';
import { JsonNumber, parseJson, toPlainDecimal } from './json-number.js';

/** The path to a value: property names and array indexes, `['legs', 0, 'amount']`. */
export type JsonPath = readonly (string | number)[];

const DECIMAL_PATTERN = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;

/**
 * A JSON value of unknown type, e.g. the body of a response. Its methods check the type of a value and return the value. Their arguments
 * are the path to the value: `payment.string('amount', 'currency')`. Without a path, a method reads the value itself.
 *
 * If the value is absent, `null` or of another type, a method throws `InvalidRecordError`. The methods `optional…` return `undefined` if
 * the value is absent or `null`, and throw for another type. Messages contain the path, the expected type and the type found:
 * `legs[0].amount: expected a decimal number, found nothing`. Messages never quote a string that could be secret.
 */
export class Json {
  readonly #value: unknown;
  readonly #path: JsonPath;

  private constructor(value: unknown, path: JsonPath) {
    this.#value = value;
    this.#path = path;
  }

  /**
   * Parses a JSON document. A byte order mark at its start is ignored, as RFC 8259 allows.
   * @throws SyntaxError if the string is not JSON
   */
  static parse(text: string): Json {
    return new Json(parseJson(text.startsWith('\uFEFF') ? text.slice(1) : text), []);
  }

  /** The value that is used if a response has no JSON body. All its properties are absent. */
  static readonly absent = new Json(undefined, []);

  /** Returns the value at a path, of any type. The method never throws. If the value is absent, `has()` of the result returns false. */
  at(...path: JsonPath): Json {
    let value = this.#value;
    for (const key of path) value = getProperty(value, key);
    return new Json(value, [...this.#path, ...path]);
  }

  /** Returns true if the value exists and is not `null`. */
  has(...path: JsonPath): boolean {
    return this.at(...path).#isPresent();
  }

  /** Returns a string that is not empty. */
  string(...path: JsonPath): string {
    const found = this.at(...path);
    const value = found.#value;
    if (typeof value !== 'string' || value === '') throw found.#createError('a text');
    return value;
  }

  /** Returns a string, or `undefined` if it is absent, `null` or empty. */
  optionalString(...path: JsonPath): string | undefined {
    const found = this.at(...path);
    return found.#value === '' || !found.#isPresent() ? undefined : found.string();
  }

  /**
   * Returns a number, or a string that contains a decimal number. The result keeps every digit. It has the format that `parseAmount` and
   * `parseMoney` accept: `-12.50`.
   */
  decimal(...path: JsonPath): string {
    const found = this.at(...path);
    const value = found.#value;
    if (value instanceof JsonNumber) return toPlainDecimal(value.source);
    if (typeof value === 'string' && DECIMAL_PATTERN.test(value)) return value;
    throw found.#createError('a decimal number', quoteString(value));
  }

  optionalDecimal(...path: JsonPath): string | undefined {
    return this.#optional(path, (found) => found.decimal());
  }

  /** Returns a whole number within ±(2^53 − 1). Use it for counts and timestamps, never for money. */
  integer(...path: JsonPath): number {
    const found = this.at(...path);
    const value = found.#value instanceof JsonNumber ? Number(found.#value.source) : undefined;
    if (!Number.isSafeInteger(value)) throw found.#createError('a whole number');
    return value as number;
  }

  optionalInteger(...path: JsonPath): number | undefined {
    return this.#optional(path, (found) => found.integer());
  }

  /**
   * Returns a string, a number (with all its digits) or a boolean as a string, and `undefined` for any other value. The method never
   * throws.
   */
  scalar(...path: JsonPath): string | undefined {
    const value = this.at(...path).#value;
    if (typeof value === 'string') return value === '' ? undefined : value;
    if (value instanceof JsonNumber) return formatNumber(value);
    return typeof value === 'boolean' ? String(value) : undefined;
  }

  /**
   * Returns a string, a number (with all its digits) or a boolean as a string that is not empty. Use it for ids and codes, which a PSP can
   * send as a number or as a string.
   */
  text(...path: JsonPath): string {
    const found = this.at(...path);
    return found.scalar() ?? found.string();
  }

  /** Returns `true` or `false`. */
  boolean(...path: JsonPath): boolean {
    const found = this.at(...path);
    if (typeof found.#value !== 'boolean') throw found.#createError('true or false');
    return found.#value;
  }

  optionalBoolean(...path: JsonPath): boolean | undefined {
    return this.#optional(path, (found) => found.boolean());
  }

  /** Returns an RFC 3339 time with a zone, unchanged: `2026-03-04T05:06:07+01:00`. */
  time(...path: JsonPath): string {
    const found = this.at(...path);
    const text = found.string();
    normalizeTime(text, found.#formatPath());
    return text;
  }

  optionalTime(...path: JsonPath): string | undefined {
    return this.#optional(path, (found) => found.time());
  }

  /** Returns a string that must be one of `words`: `row.oneOf(['open', 'done'], 'state')`. */
  oneOf<const Word extends string>(words: readonly Word[], ...path: JsonPath): Word {
    const found = this.at(...path);
    const word = words.find((known) => known === found.#value);
    if (word === undefined) throw found.#createError(`one of ${words.join(', ')}`, quoteString(found.#value));
    return word;
  }

  /** Returns an object as `Json`. */
  object(...path: JsonPath): Json {
    const found = this.at(...path);
    if (!isObject(found.#value)) throw found.#createError('an object');
    return found;
  }

  optionalObject(...path: JsonPath): Json | undefined {
    return this.#optional(path, (found) => found.object());
  }

  /** Returns the items of an array. */
  array(...path: JsonPath): Json[] {
    const found = this.at(...path);
    if (!Array.isArray(found.#value)) throw found.#createError('a list');
    return found.#value.map((_item, index) => found.at(index));
  }

  /** Returns the items of an array, or an empty array if the value is absent or `null`. */
  optionalArray(...path: JsonPath): Json[] {
    return this.has(...path) ? this.array(...path) : [];
  }

  /** Returns the property names of an object, or an empty array for any other value. */
  propertyNames(...path: JsonPath): string[] {
    const value = this.at(...path).#value;
    return isObject(value) ? Object.keys(value) : [];
  }

  /** Returns the value as a JSON string with unchanged numbers, e.g. for `RejectedRecord.raw` or for metadata. */
  toJsonString(): string {
    return this.#value === undefined ? '' : JSON.stringify(this.#value);
  }

  #isPresent(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  #optional<T>(path: JsonPath, read: (found: Json) => T): T | undefined {
    const found = this.at(...path);
    return found.#isPresent() ? read(found) : undefined;
  }

  #createError(expected: string, quoted = ''): InvalidRecordError {
    return new InvalidRecordError(
      `${this.#formatPath()}: expected ${expected}, found ${describeType(this.#value)}${quoted}`,
    );
  }

  /** Formats the path for messages: `legs[0].amount`. */
  #formatPath(): string {
    const text = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    return text.replace(/^\./, '') || 'the answer';
  }
}

/** Formats a number without an exponent. A number that would have too many digits keeps its exponent. */
function formatNumber({ source }: JsonNumber): string {
  try {
    return toPlainDecimal(source);
  } catch {
    return source;
  }
}

function getProperty(value: unknown, key: string | number): unknown {
  if (typeof key === 'number') return Array.isArray(value) ? value[key] : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  );
}

/** Quotes a string for a message. It is used only if the expected type shows that the value is not a secret. */
function quoteString(value: unknown): string {
  return typeof value === 'string' && value !== '' ? ` ${JSON.stringify(value.slice(0, 64))}` : '';
}

function describeType(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'an empty text';
  if (value instanceof JsonNumber) return `the number ${value.source.slice(0, 64)}`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text' : typeof value === 'boolean' ? 'a flag' : 'an object';
}
