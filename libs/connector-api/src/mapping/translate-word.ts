/** Translates the words of a PSP, e.g. its statuses, to the words of the contract. */
import { InvalidRecordError } from '../errors.js';
import type { Json, JsonPath } from '../http/json-accessors.js';
import { readText } from './pick-metadata.js';

/**
 * Translates a word of the PSP: `translateWord({ open: 'PENDING', done: 'SUCCEEDED' }, row, 'state')`. Also store the PSP's own word in the
 * metadata. A code may be a number or a string: `3020` and `"3020"` are the same word.
 * @throws InvalidRecordError for a word that is not in the table. The message contains the word and the known words. The meaning is never
 * guessed: a record with a new word is put into the quarantine, where operators see it
 */
export function translateWord<const T>(table: Readonly<Record<string, T>>, row: Json, ...path: JsonPath): T {
  const word = readText(row.at(...path));
  if (word !== undefined && Object.hasOwn(table, word)) return table[word] as T;
  const where = path.join('.') || 'the value';
  const found = word === undefined ? 'no text' : JSON.stringify(word.slice(0, 64));
  throw new InvalidRecordError(`${where}: expected one of ${Object.keys(table).join(', ')}, found ${found}`);
}

/**
 * Translates a word, and returns a default for an unknown word: `translateOrDefault(STATUSES, response.string('state'), 'PENDING')`. Use it
 * only if every future word of the PSP can safely have the default meaning, e.g. a status that is not final.
 */
export function translateOrDefault<const T>(
  table: Readonly<Record<string, T>>,
  word: string,
  meaningOfUnknown: T,
): T {
  return Object.hasOwn(table, word) ? (table[word] as T) : meaningOfUnknown;
}

/**
 * Creates a table that maps the PSP's words to their meaning, from groups of words with the same meaning:
 * `createWordTable({ refund: ['refund', 'sepa_refund'], fee: ['charge'] })` → `{ refund: 'refund', sepa_refund: 'refund', charge: 'fee' }`.
 * The words of a group are an array, or a string with blanks between the words.
 */
export function createWordTable<Meaning extends string>(
  wordsByMeaning: Readonly<Partial<Record<Meaning, readonly string[] | string>>>,
): Readonly<Record<string, Meaning>> {
  const groups = Object.entries<readonly string[] | string | undefined>(wordsByMeaning);
  return Object.fromEntries(
    groups.flatMap(([meaning, words = []]) =>
      (typeof words === 'string' ? words.trim().split(/\s+/) : words).map((word) => [
        word,
        meaning as Meaning,
      ]),
    ),
  );
}
