import { isIban, tidy } from '../values.js';
import { readDutch } from './dutch-details.js';
import { readGerman } from './german-details.js';
import type { MtDetails } from './mt-values.js';

/** Three digits, then a delimiter and two digits: `166?00`, `000>10`. Polish banks put a blank before them. */
const GERMAN = /^\s*(\d{3})([?>~^@|<])(?=\d\d)/;
const DUTCH = /^\s*\/[A-Z]{2,9}\//;
/**
 * Minimum length of a full line. A full line continues in the next one without a blank, even within a word.
 * Some banks count the 4 characters of the tag.
 */
const FULL_LINE = 61;

/** Reads `:86:` in the structure that the bank uses. Text without structure is the remittance information. */
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
