/** Type-checked access to the PSP's JSON. */
import { RefusedError } from '../errors.js';
import { utcTime } from '../time.js';
import { JsonNumber, parseJson, plainDecimal } from './json-number.js';

/** The path to a value: property names and array indexes, e.g. `['legs', 0, 'amount']`. */
export type JsonPath = readonly (string | number)[];

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;

/**
 * A JSON value of unknown type, e.g. the body of a response. Accessors check the type of a value and return it. They take the path to the
 * value: `payment.string('amount', 'currency')`. Without a path they read the value itself.
 *
 * Required accessors throw `InvalidRecordError` if the value is absent, `null` or of another type. The `optional…` accessors return
 * `undefined` if the value is absent or `null`, and throw for another type. Messages contain the path, the expected type and the type
 * found: `legs[0].amount: expected a decimal number, found nothing`. They never quote strings that could be secret.
 */
export class Json {
  readonly #value: unknown;
  readonly #path: JsonPath;

  private constructor(value: unknown, path: JsonPath) {
    this.#value = value;
    this.#path = path;
  }

  /** Parses a JSON document. @throws SyntaxError if the string is not JSON */
  static parse(text: string): Json {
    return new Json(parseJson(text), []);
  }

  /** The JSON of a response without a JSON body. Every value in it is absent. */
  static readonly nothing = new Json(undefined, []);

  /** Returns the value at a path, of any type. It never throws: an absent value is one for which `has()` is false. */
  at(...path: JsonPath): Json {
    let value = this.#value;
    for (const key of path) value = memberOf(value, key);
    return new Json(value, [...this.#path, ...path]);
  }

  /** Returns whether there is a value other than `null`. */
  has(...path: JsonPath): boolean {
    return this.at(...path).#present();
  }

  /** Returns a string that is not empty. */
  text(...path: JsonPath): string {
    const found = this.at(...path);
    const value = found.#value;
    if (typeof value !== 'string' || value === '') throw found.#refusal('a text');
    return value;
  }

  /** Returns a string, or `undefined` if it is absent, `null` or empty. */
  optionalText(...path: JsonPath): string | undefined {
    const found = this.at(...path);
    return found.#value === '' || !found.#present() ? undefined : found.text();
  }

  /**
   * Returns a number, or a string that contains a decimal number, in the format that `parseAmount` and `parseMoney` accept: `-12.50`. It
   * keeps every digit.
   */
  decimal(...path: JsonPath): string {
    const found = this.at(...path);
    const value = found.#value;
    if (value instanceof JsonNumber) return plainDecimal(value.source);
    if (typeof value === 'string' && DECIMAL.test(value)) return value;
    throw found.#refusal('a decimal number', quote(value));
  }

  optionalDecimal(...path: JsonPath): string | undefined {
    return this.#optional(path, (found) => found.decimal());
  }

  /** Returns a whole number between ±(2^53 − 1). Use it for counts and timestamps, never for money. */
  integer(...path: JsonPath): number {
    const found = this.at(...path);
    const value = found.#value instanceof JsonNumber ? Number(found.#value.source) : undefined;
    if (!Number.isSafeInteger(value)) throw found.#refusal('a whole number');
    return value as number;
  }

  optionalInteger(...path: JsonPath): number | undefined {
    return this.#optional(path, (found) => found.integer());
  }

  /** Returns `true` or `false`. */
  flag(...path: JsonPath): boolean {
    const found = this.at(...path);
    if (typeof found.#value !== 'boolean') throw found.#refusal('true or false');
    return found.#value;
  }

  optionalFlag(...path: JsonPath): boolean | undefined {
    return this.#optional(path, (found) => found.flag());
  }

  /** Returns an RFC 3339 time with a zone, unchanged: `2026-03-04T05:06:07+01:00`. */
  time(...path: JsonPath): string {
    const found = this.at(...path);
    const text = found.text();
    utcTime(text, found.#where());
    return text;
  }

  optionalTime(...path: JsonPath): string | undefined {
    return this.#optional(path, (found) => found.time());
  }

  /** Returns a string that must be one of `words`: `row.oneOf(['open', 'done'], 'state')`. */
  oneOf<const Word extends string>(words: readonly Word[], ...path: JsonPath): Word {
    const found = this.at(...path);
    const word = words.find((known) => known === found.#value);
    if (word === undefined) throw found.#refusal(`one of ${words.join(', ')}`, quote(found.#value));
    return word;
  }

  /** Returns an object as `Json`. */
  record(...path: JsonPath): Json {
    const found = this.at(...path);
    if (!isRecord(found.#value)) throw found.#refusal('an object');
    return found;
  }

  optionalRecord(...path: JsonPath): Json | undefined {
    return this.#optional(path, (found) => found.record());
  }

  /** Returns the items of an array. */
  list(...path: JsonPath): Json[] {
    const found = this.at(...path);
    if (!Array.isArray(found.#value)) throw found.#refusal('a list');
    return found.#value.map((_item, index) => found.at(index));
  }

  /** Returns the items of an array. The result is empty if the value is absent or `null`. */
  optionalList(...path: JsonPath): Json[] {
    return this.has(...path) ? this.list(...path) : [];
  }

  /** Returns the property names of an object; an empty array for any other value. */
  names(...path: JsonPath): string[] {
    const value = this.at(...path).#value;
    return isRecord(value) ? Object.keys(value) : [];
  }

  /** Returns the value as a JSON string with unchanged numbers, e.g. for `RejectedRecord.raw` or for metadata. */
  toText(): string {
    return this.#value === undefined ? '' : JSON.stringify(this.#value);
  }

  #present(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  #optional<T>(path: JsonPath, read: (found: Json) => T): T | undefined {
    const found = this.at(...path);
    return found.#present() ? read(found) : undefined;
  }

  #refusal(expected: string, quoted = ''): RefusedError {
    return new RefusedError(`${this.#where()}: expected ${expected}, found ${kindOf(this.#value)}${quoted}`);
  }

  /** Formats the path for messages: `legs[0].amount`. */
  #where(): string {
    const text = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    return text.replace(/^\./, '') || 'the answer';
  }
}

function memberOf(value: unknown, key: string | number): unknown {
  if (typeof key === 'number') return Array.isArray(value) ? value[key] : undefined;
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  );
}

/** Quotes a string for a message. Only used where the expected type shows that the value is not a secret. */
function quote(value: unknown): string {
  return typeof value === 'string' && value !== '' ? ` ${JSON.stringify(value.slice(0, 64))}` : '';
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === '') return 'an empty text';
  if (value instanceof JsonNumber) return `the number ${value.source.slice(0, 64)}`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text' : typeof value === 'boolean' ? 'a flag' : 'an object';
}
