/** Reads the PSP's own properties into metadata. Metadata never rejects a row: an unexpected type costs the metadata entry only. */
import type { Json, JsonPath } from '../http/json-accessors.js';
import type { Metadata } from '../record.types.js';

/** Longer texts are cut. Clients store metadata in every version of a row. */
const MAX_TEXT_LENGTH = 2_000;

/**
 * Creates metadata under the PSP's prefix: `createMetadata('acme', { state: 'open' })` → `{ 'com.acme.spec/state': 'open' }`.
 * @param psp the plugin's name
 */
export function createMetadata(psp: string, values: Readonly<Record<string, string | undefined>>): Metadata {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined || value === '' ? [] : [[`com.${psp}.spec/${key}`, value]],
    ),
  );
}

/**
 * Reads properties of a row into metadata. It never throws, even if a property has an unexpected type:
 * `pickMetadata('acme', row, { memo: ['memo'], payee: ['payee', 'name'] })`.
 * @param paths the key of each metadata entry, without the prefix, and the path to its value
 */
export function pickMetadata(psp: string, row: Json, paths: Readonly<Record<string, JsonPath>>): Metadata {
  return createMetadata(
    psp,
    Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, readText(row.at(...path))])),
  );
}

/**
 * Returns any value as a text: a text as it is, a number with all its digits, `true` or `false`, an object or a list as JSON. It never throws.
 * @returns `undefined` if the value is absent, `null` or empty
 */
export function readText(value: Json, ...path: JsonPath): string | undefined {
  const found = value.at(...path);
  if (!found.has()) return undefined;
  const text =
    tryRead(() => found.optionalString() ?? '') ?? tryRead(() => found.decimal()) ?? found.toJsonString();
  return text === '' ? undefined : text.slice(0, MAX_TEXT_LENGTH).toWellFormed();
}

/** Returns a text, a number or a flag as a text, e.g. an id. An object or a list gives `undefined`. It never throws. */
export function readScalar(value: Json, ...path: JsonPath): string | undefined {
  const found = value.at(...path);
  const text =
    tryRead(() => found.string()) ?? tryRead(() => found.decimal()) ?? tryRead(() => String(found.boolean()));
  return text?.slice(0, MAX_TEXT_LENGTH).toWellFormed();
}

function tryRead(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
