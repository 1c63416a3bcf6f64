/**
 * Reads the PSP's own properties into metadata. Metadata never causes the rejection of a row. If a value has an unexpected type, only its
 * metadata entry is left out.
 */
import type { Json, JsonPath } from '../http/json-accessors.js';
import type { Metadata } from '../record.types.js';
import { isValidTime } from '../time.js';

/**
 * The maximum number of characters of a metadata value. Longer values are truncated, because clients store the metadata of every version of
 * a row.
 */
const MAX_TEXT_LENGTH = 2_000;

/**
 * Creates metadata whose keys have the PSP's prefix: `createPspMetadata('acme', { state: 'open' })` → `{ 'com.acme.spec/state': 'open' }`.
 * @param psp the plugin's name
 */
export function createPspMetadata(
  psp: string,
  values: Readonly<Record<string, string | undefined>>,
): Metadata {
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') metadata[`com.${psp}.spec/${key}`] = value;
  }
  return metadata;
}

/**
 * Reads properties of a row into metadata: `pickMetadata('acme', row, { memo: ['memo'], payee: ['payee', 'name'] })`. The function never
 * throws, even if a property has an unexpected type.
 * @param paths the key of each metadata entry, without the prefix, and the path to its value
 */
export function pickMetadata(psp: string, row: Json, paths: Readonly<Record<string, JsonPath>>): Metadata {
  return createPspMetadata(
    psp,
    Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, readText(row.at(...path))])),
  );
}

/**
 * Reads properties of an object into metadata. The keys are the property names in snake case:
 * `pickProperties('acme', row, ['memo', 'postedAt'])` → `com.acme.spec/memo`, `com.acme.spec/posted_at`. The function never throws.
 * @param path the path to the object. Its names become a prefix of the keys: `pickProperties('acme', row, ['name'], 'payee')` →
 * `com.acme.spec/payee_name`
 */
export function pickProperties(
  psp: string,
  row: Json,
  names: readonly string[],
  ...path: JsonPath
): Metadata {
  const paths = names.map((name) => [toSnakeCase([...path, name].join('_')), [...path, name]] as const);
  return pickMetadata(psp, row, Object.fromEntries(paths));
}

/**
 * Returns any JSON value as a string. A string is returned unchanged, a number with all its digits, a boolean as `true` or `false`, and an
 * object or an array as JSON. The function never throws.
 * @returns `undefined` if the value is absent, `null` or empty
 */
export function readText(value: Json, ...path: JsonPath): string | undefined {
  const found = value.at(...path);
  const text = found.scalar() ?? toContainerText(found);
  return text === undefined ? undefined : limitText(text);
}

/**
 * Returns a time without which a record can be served, e.g. the time of its last change. The function never throws, so that a wrong time does
 * not reject the record.
 * @returns `undefined` if the value is absent, is no RFC 3339 time, or is outside of the years that a record can contain
 */
export function readValidTime(value: Json, ...path: JsonPath): string | undefined {
  const text = value.scalar(...path);
  return text !== undefined && isValidTime(text) ? text : undefined;
}

/** Returns an object or an array as JSON. */
function toContainerText(value: Json): string | undefined {
  const json = value.toJsonString();
  return /^[[{]/.test(json) ? json : undefined;
}

/**
 * Returns a string, a number or a boolean as a string, e.g. an id. The function never throws.
 * @returns `undefined` for an object or an array
 */
export function readScalar(value: Json, ...path: JsonPath): string | undefined {
  const text = value.scalar(...path);
  return text === undefined ? undefined : limitText(text);
}

function limitText(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH).toWellFormed();
}

/**
 * Reads texts of an object by a table of paths, e.g. for `RowDetails` or `OwnerDetails`: `readTexts(row, { name: 'owner.name title' })`. Each entry
 * has one path, or several paths with blanks between them: the first path with a value counts. It never throws.
 * @returns only the entries that have a value
 */
export function readTexts<Key extends string>(
  json: Json,
  paths: Readonly<Record<Key, string>>,
): Partial<Record<Key, string>> {
  const entries = Object.entries<string>(paths).flatMap(([key, alternatives]) => {
    const texts = alternatives.split(' ').map((path) => readText(json, ...path.split('.')));
    const text = texts.find((found) => found !== undefined);
    return text === undefined ? [] : [[key, text] as const];
  });
  return Object.fromEntries(entries) as Partial<Record<Key, string>>;
}

/**
 * Returns all strings, numbers and booleans of an object and of the objects in it, with names in snake case:
 * `{ paymentId: 'tr_1', refund: { refundId: 're_1' } }` → `{ payment_id: 'tr_1', refund_id: 're_1' }`. The function never throws.
 */
export function readScalars(json: Json): Readonly<Record<string, string>> {
  const entries = json.propertyNames().flatMap((name): [string, string][] => {
    const text = readScalar(json, name);
    if (text !== undefined) return [[toSnakeCase(name), text]];
    return Object.entries(readScalars(json.at(name)));
  });
  return Object.fromEntries(entries);
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Data of a PSP about the owner of an account or of a beneficiary. The names are those of Formance's own metadata keys. */
export interface OwnerDetails {
  name?: string | undefined;
  iban?: string | undefined;
  accountNumber?: string | undefined;
  swiftBicCode?: string | undefined;
  country?: string | undefined;
  city?: string | undefined;
  postalCode?: string | undefined;
  addressLine1?: string | undefined;
  email?: string | undefined;
}

export const OWNER_METADATA_PREFIX = 'com.formance.spec/owner/';

/** Creates the metadata of an owner: `{ iban: 'NL02…' }` → `{ 'com.formance.spec/owner/iban': 'NL02…' }`. */
export function createOwnerMetadata(details: OwnerDetails): Metadata {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [OWNER_METADATA_PREFIX + key, value as string | undefined]),
  );
}
