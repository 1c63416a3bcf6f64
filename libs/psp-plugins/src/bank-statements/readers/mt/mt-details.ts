import type { EntryFacts } from '../../statement.js';
import { isIban, tidy } from '../values.js';
import { readDutch } from './dutch-details.js';
import { readGerman } from './german-details.js';

/** What a `:86:` says beyond the facts: the German transaction code and what belongs to it. */
export interface MtDetails extends EntryFacts {
  /** `166+09075/629+914`: business transaction code, prima nota, text key; as DK writes it into camt after the SWIFT type. */
  codes?: string;
}

/** 3 digits, then a delimiter that is followed by two digits: `166?00`, `000>10`. A blank in front at Polish banks. */
const GERMAN = /^\s*(\d{3})([?>~^@|<])(?=\d\d)/;
const DUTCH = /^\s*\/[A-Z]{2,9}\//;
/** A line this long went on in the next one, words cut anywhere; some banks count the tag's 4 characters. */
const FULL_LINE = 61;

/** `:86:` in whatever structure the bank uses; text without structure is the remittance information. */
export function readDetails(lines: readonly string[]): MtDetails {
  const whole = lines.join('');
  const german = GERMAN.exec(whole);
  if (german) return readGerman(german[1] ?? '', whole.slice(german[0].length - 1), german[2] ?? '?');
  if (DUTCH.test(whole)) return readDutch(whole);
  return readPlain(lines);
}

function readPlain(lines: readonly string[]): MtDetails {
  const text = tidy(lines.map((line) => (line.length >= FULL_LINE ? line : `${line} `)).join(''));
  if (text === undefined) return { references: {} };
  // Knab ends the text with `REK: <account>/NAAM: <name>`.
  const [all, account, name] = /\s*REK: ([A-Z0-9]+)\/NAAM: (.+)$/.exec(text) ?? [];
  if (all === undefined || account === undefined || name === undefined)
    return { references: {}, remittance: text };
  const remittance = tidy(text.slice(0, -all.length));
  const counterparty = isIban(account) ? { name, iban: account } : { name, accountNumber: account };
  return { references: {}, counterparty, ...(remittance === undefined ? {} : { remittance }) };
}
