/**
 * Normalizes the facts that distinguish the movements of one group, and computes their digests. The digests are stored in the metadata of
 * records, so their values must never change.
 */
import { BoundedCache } from '../statements/bounded-cache.js';
import { computeJsonDigest } from './digest.js';
import type { EntryFacts } from '../statements/statement.types.js';

/** Digests of the facts that distinguish movements within a group. A digest is empty if the bank's report does not contain the fact. */
export interface FactDigests {
  /** A digest of all facts together. */
  all: string;
  /** A digest of the bank's reference, if the reference is distinctive (see `isDistinctiveReference`). */
  reference: string;
  /**
   * A digest of the bank's reference if the reference is not distinctive, e.g. a counter. It identifies a movement only together with other
   * facts.
   */
  shortReference: string;
  /** A digest of the payer's reference for the payment (end-to-end id). */
  payment: string;
  counterparty: string;
  text: string;
}

/** The facts reduced to upper-case letters and digits. A fact that the report does not contain is an empty string. */
export interface NormalizedFacts {
  reference: string;
  payment: string;
  counterparty: string;
  text: string;
  /** All these facts and all references, as the elements of a JSON array. */
  json: string;
}

/** The digests of counterparties, because the same counterparty usually occurs in many entries. */
const counterpartyDigests = new BoundedCache<string>();

/** Reduces the facts to upper-case letters and digits. */
export function normalizeFacts(facts: EntryFacts): NormalizedFacts {
  const { references, counterparty: party } = facts;
  const { remittance = '', creditorReference } = facts;
  const purpose = creditorReference === undefined ? remittance : `${remittance} ${creditorReference}`;
  const written = purpose.trim() || facts.additionalInformation;
  const reference = normalize(facts.bankReference);
  const payment = normalize(references.endToEndId ?? references.customerReference);
  const counterparty = normalize(party?.iban ?? party?.accountNumber);
  const text = normalize(written);
  // The normalized facts contain only letters and digits, so JSON needs no escaping for them.
  const json = `"${reference}","${payment}","${counterparty}","${text}",${serializeReferences(references)}`;
  return { reference, payment, counterparty, text, json };
}

/** Matches texts that JSON does not escape, and that are not escaped if JSON contains them in a string. */
const UNESCAPED_PATTERN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Returns all references as a JSON string that contains JSON: an array of names and values, sorted by name. */
function serializeReferences(references: EntryFacts['references']): string {
  const others = Object.entries(references);
  const [only] = others;
  // Most entries have one reference. Its JSON is created directly, because it is escaped twice.
  if (only && others.length === 1 && only[1] !== undefined && UNESCAPED_PATTERN.test(only[1]))
    return `"[[\\"${only[0]}\\",\\"${only[1]}\\"]]"`;
  if (others.length > 1) others.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(JSON.stringify(others));
}

/** Computes the digests of facts. */
export function digestNormalizedFacts(facts: NormalizedFacts): FactDigests {
  const { reference, payment, counterparty, text } = facts;
  const referenceDigest = isUsableReference(reference) ? digestWord(reference) : '';
  const isDistinctive = isDistinctiveReference(reference);
  return {
    all: computeJsonDigest(`[${facts.json}]`),
    reference: isDistinctive ? referenceDigest : '',
    shortReference: isDistinctive ? '' : referenceDigest,
    payment: payment === '' ? '' : digestWord(payment),
    counterparty:
      counterparty === ''
        ? ''
        : counterpartyDigests.getOrCompute(counterparty, () => digestWord(counterparty)),
    text: text === '' ? '' : digestWord(text),
  };
}

/** Returns the digest of a normalized fact, which needs no escaping in JSON. */
function digestWord(word: string): string {
  return computeJsonDigest(`["${word}"]`);
}

const NORMAL_PATTERN = /^[A-Z0-9]*$/;
const ASCII_PATTERN = /^[\x00-\x7f]*$/;

/** Removes everything except letters and digits, because banks wrap and pad the same text differently in different reports. */
function normalize(text: string | undefined): string {
  if (text === undefined || text === '') return '';
  if (NORMAL_PATTERN.test(text)) return text;
  const upper = text.toUpperCase();
  if (NORMAL_PATTERN.test(upper)) return upper;
  // Almost all texts are ASCII. The pattern for ASCII is several times as fast as the other pattern.
  return upper.replace(ASCII_PATTERN.test(upper) ? /[^A-Z0-9]+/g : /[^\p{L}\p{N}]/gu, '');
}

const PLACEHOLDERS = new Set(['NONREF', 'NOREF', 'NOTPROVIDED', 'NOTAVAILABLE', 'UNKNOWN', 'REFERENCE']);

/**
 * Returns true if a reference can identify a movement outside its statement. Counters that start again (`//0001`) and placeholders cannot.
 * A distinctive reference is also usable.
 */
export function isDistinctiveReference(normalised: string): boolean {
  const text = normalised.replace(/^0+/, '');
  return text.length >= 5 && !PLACEHOLDERS.has(text) && !/^(.)\1*$/.test(text);
}

/** Returns true if a reference is usable, i.e. is not a placeholder. */
export function isUsableReference(normalised: string): boolean {
  return normalised.length >= 2 && !PLACEHOLDERS.has(normalised) && !/^0*$/.test(normalised);
}
