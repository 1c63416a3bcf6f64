/**
 * A PSP's JSON, `unknown` until an accessor has checked it. Accessors take the way to a member: `record.text('amount', 'currency')`.
 * They refuse with the path, what was expected and what was found; texts that may be secret are never quoted.
 */
import { RefusedError } from '../errors.js';
import { utcTime } from '../time.js';
import { JsonNumber, parseJson, plainDecimal } from './json-number.js';

export type JsonPath = readonly (string | number)[];

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;

export class Json {
  readonly #value: unknown;
  readonly #path: JsonPath;

  private constructor(value: unknown, path: JsonPath) {
    this.#value = value;
    this.#path = path;
  }

  /** @throws SyntaxError when it is not JSON. */
  static parse(text: string): Json {
    return new Json(parseJson(text), []);
  }

  /** No JSON at all, as of an answer without a body: everything in it is absent. */
  static readonly nothing = new Json(undefined, []);

  /** Whatever is there; `has` and the accessors tell what it is. */
  at(...path: JsonPath): Json {
    let value = this.#value;
    for (const key of path) value = memberOf(value, key);
    return new Json(value, [...this.#path, ...path]);
  }

  /** Whether there is something other than `null`. */
  has(...path: JsonPath): boolean {
    return this.at(...path).#present();
  }

  /** A text that is not empty. */
  text(...path: JsonPath): string {
    const found = this.at(...path);
    const value = found.#value;
    if (typeof value !== 'string' || value === '') throw found.#refusal('a text');
    return value;
  }

  /** `undefined` where it is absent, `null` or empty. */
  optionalText(...path: JsonPath): string | undefined {
    const found = this.at(...path);
    return found.#value === '' || !found.#present() ? undefined : found.text();
  }

  /** A number, or a text that is one, as the plain decimal that `parseAmount` takes: `-12.50`. No digit is lost. */
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

  /** A whole number that a double holds exactly: for counts, never for money. */
  integer(...path: JsonPath): number {
    const found = this.at(...path);
    const value = found.#value instanceof JsonNumber ? Number(found.#value.source) : undefined;
    if (!Number.isSafeInteger(value)) throw found.#refusal('a whole number');
    return value as number;
  }

  optionalInteger(...path: JsonPath): number | undefined {
    return this.#optional(path, (found) => found.integer());
  }

  flag(...path: JsonPath): boolean {
    const found = this.at(...path);
    if (typeof found.#value !== 'boolean') throw found.#refusal('true or false');
    return found.#value;
  }

  optionalFlag(...path: JsonPath): boolean | undefined {
    return this.#optional(path, (found) => found.flag());
  }

  /** An RFC 3339 time with a zone, as it was given. */
  time(...path: JsonPath): string {
    const found = this.at(...path);
    const text = found.text();
    utcTime(text, found.#where());
    return text;
  }

  optionalTime(...path: JsonPath): string | undefined {
    return this.#optional(path, (found) => found.time());
  }

  /** One of these words. */
  oneOf<const Word extends string>(words: readonly Word[], ...path: JsonPath): Word {
    const found = this.at(...path);
    const word = words.find((known) => known === found.#value);
    if (word === undefined) throw found.#refusal(`one of ${words.join(', ')}`, quote(found.#value));
    return word;
  }

  /** An object. */
  record(...path: JsonPath): Json {
    const found = this.at(...path);
    if (!isRecord(found.#value)) throw found.#refusal('an object');
    return found;
  }

  optionalRecord(...path: JsonPath): Json | undefined {
    return this.#optional(path, (found) => found.record());
  }

  list(...path: JsonPath): Json[] {
    const found = this.at(...path);
    if (!Array.isArray(found.#value)) throw found.#refusal('a list');
    return found.#value.map((_item, index) => found.at(index));
  }

  /** Empty where it is absent or `null`. */
  optionalList(...path: JsonPath): Json[] {
    return this.has(...path) ? this.list(...path) : [];
  }

  /** The names of an object's members; of anything else, none. */
  names(...path: JsonPath): string[] {
    const value = this.at(...path).#value;
    return isRecord(value) ? Object.keys(value) : [];
  }

  /** As JSON text, with numbers as they came: for `Refusal.raw`, or to keep something as metadata. */
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

  /** `legs[0].amount`. */
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

/** Only where what is expected shows that it is no secret. */
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
