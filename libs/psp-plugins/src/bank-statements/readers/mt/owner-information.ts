import type { StatementAccount } from '../../statements/statement.types.js';
import { isIban, collapseWhitespace } from '../value-parsers.js';
import { readDutchInformation } from './dutch-owner-information.js';
import { readGermanInformation } from './german-owner-information.js';
import type { OwnerInformation } from './mt-field-parsers.js';

/**
 * Matches the beginning of a German structure: three digits, a delimiter and two digits, `166?00` or `000>10`. Polish banks write a blank
 * before the digits.
 */
const GERMAN_PATTERN = /^\s*(\d{3})([?>~^@|<])(?=\d\d)/;
const DUTCH_PATTERN = /^\s*\/[A-Z]{2,9}\//;
/**
 * The minimum number of characters of a full line. The text of a full line continues in the next line without a blank, even within a word.
 * Some banks count the 4 characters of the tag, so a full line can be 4 characters shorter.
 */
const MIN_FULL_LINE_LENGTH = 61;

/** Reads `:86:` in the structure that the bank uses. If the text has no structure, it becomes the remittance information. */
export function readOwnerInformation(lines: readonly string[], account?: StatementAccount): OwnerInformation {
  const whole = lines.join('');
  const german = GERMAN_PATTERN.exec(whole);
  if (german)
    return readGermanInformation(
      german[1] ?? '',
      whole.slice(german[0].length - 1),
      german[2] ?? '?',
      account,
    );
  if (DUTCH_PATTERN.test(whole)) return readDutchInformation(whole);
  return readPlainInformation(lines);
}

function readPlainInformation(lines: readonly string[]): OwnerInformation {
  const text = collapseWhitespace(
    lines.map((line) => (line.length >= MIN_FULL_LINE_LENGTH ? line : `${line} `)).join(''),
  );
  if (text === undefined) return { references: {} };
  // Knab writes the counterparty at the end of the text: `REK: <account>/NAAM: <name>`.
  const [all, account, name] = /\s*REK: ([A-Z0-9]+)\/NAAM: (.+)$/.exec(text) ?? [];
  if (all === undefined || account === undefined || name === undefined)
    return { references: {}, remittance: text };
  const remittance = collapseWhitespace(text.slice(0, -all.length));
  const counterparty = isIban(account) ? { name, iban: account } : { name, accountNumber: account };
  return { references: {}, counterparty, ...(remittance === undefined ? {} : { remittance }) };
}
