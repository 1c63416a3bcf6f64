/** Reads the field `:NS:` (non-SWIFT), in which German banks write the texts of an entry in numbered lines. */
import type { EntryFacts } from '../../statements/statement.types.js';
import { collapseWhitespace } from '../value-parsers.js';

/**
 * Matches a numbered line. Lines 01 to 14 are the purpose, 15 and 16 the name of the counterparty, and 17 the booking text. Source: the
 * manual of National-Bank, quoted in https://github.com/wolph/mt940/issues/23.
 */
const NUMBERED_LINE_PATTERN = /^(\d\d)(.*)$/;
const LAST_PURPOSE_LINE = 14;
const NAME_LINES = [15, 16];
const BOOKING_TEXT_LINE = 17;

export function readNonSwiftInformation(lines: readonly string[]): EntryFacts {
  const purpose: string[] = [];
  const name: string[] = [];
  const other: string[] = [];
  for (const line of lines) {
    const [, digits, text = ''] = NUMBERED_LINE_PATTERN.exec(line) ?? [];
    const number = Number(digits ?? 0);
    if (number >= 1 && number <= LAST_PURPOSE_LINE) purpose.push(text);
    else if (NAME_LINES.includes(number)) name.push(text);
    else if (number === BOOKING_TEXT_LINE) other.push(text);
  }
  const [remittance, party, information] = [purpose, name, other].map((texts) =>
    collapseWhitespace(texts.join(' ')),
  );
  return {
    references: {},
    ...(remittance === undefined ? {} : { remittance }),
    ...(party === undefined ? {} : { counterparty: { name: party } }),
    ...(information === undefined ? {} : { additionalInformation: information }),
  };
}
