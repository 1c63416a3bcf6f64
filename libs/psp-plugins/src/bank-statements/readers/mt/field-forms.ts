/**
 * Decides whether a line in the text of an entry begins a field. The text may contain lines that only look like the beginning of a field:
 * `:60:12`, `:61: of the contract`. The forms are wider than those of SWIFT, so that a damaged field is still read as a field, and is
 * reported or refused. Otherwise a damaged `:61:` would be lost without a message.
 */

/** Matches the tags of the fields that come before the first entry. */
const HEADER_TAG_PATTERN = /^(?:13|20|21|25|28|34|60)[A-Z]?$/;

/** Matches a statement line that begins with a day of the calendar, that has a mark and an amount, or that has an amount and a type. */
const STATEMENT_LINE_FORM =
  /^\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|^\d{6}(?:\d{4}| {4})?[A-Z]{1,3} ?\d|[CD][A-Z]?\d+[,.]\d*[A-Z]/;
/** Matches the tags of balances with a letter. Some banks write `:65F:` instead of `:62F:`, and the refusal of the file names this field. */
const BALANCE_TAG_PATTERN = /^6[0245][A-Z]$/;
const BALANCE_FORM = /^[CD]\d{6}|^[CD]\S*\d,|[A-Z]{3}\s*\d/;
/** Matches a complete opening balance. A text that only mentions the field, as in `:60:12` or `:60F:12`, has no such form. */
const OPENING_BALANCE_LINE = /^:60[FM]:[CD]\d{6}[A-Z]{3}\s*\d[\d.,]*\s*$/;
/** Matches the lines that may come directly before the account at the beginning of a message: the end of a message, or `:20:`. */
const LINE_BEFORE_ACCOUNT = /^(?:-\s*$|:20:)/;
const TOTAL_FORM = /^\d+[^\d\s]|[A-Z]{3}\d/;
/** Matches the text of a repeated `:86:`. A short number or a blank after the tag is the continuation of the text before. */
const REPEATED_INFORMATION_FORM = /^(?!\d{1,2}(?!\d)|\s)/;
const ACCOUNT_FORM = /^(?=.*\d)[A-Z0-9/ .-]{5,}$/i;
const ANY_FORM = /^/;

const FIELD_FORMS: Readonly<Record<string, RegExp>> = {
  '13': /^\d{10}/,
  '13D': /^\d{10}/,
  '20': ANY_FORM,
  '21': ANY_FORM,
  '25': ACCOUNT_FORM,
  '25P': ACCOUNT_FORM,
  '28': /^\d+(?:\/\d+)?\s*$/,
  '28C': /^\d+(?:\/\d+)?\s*$/,
  '34F': /^[A-Z]{3}/,
  '61': STATEMENT_LINE_FORM,
  '64': BALANCE_FORM,
  '65': BALANCE_FORM,
  '86': REPEATED_INFORMATION_FORM,
  '90C': TOTAL_FORM,
  '90D': TOTAL_FORM,
  NS: ANY_FORM,
};

/** Returns true if the field comes before the first entry of a message, so that it cannot follow an entry of the same message. */
export function isHeaderTag(tag: string): boolean {
  return HEADER_TAG_PATTERN.test(tag);
}

/**
 * Returns true if a line with the tag of a header field, in the text of an entry, belongs to the next message of the file: it is a complete
 * opening balance, or an account directly after `-` or `:20:`. The current message then has no closing balance, so the file must be refused.
 * @param linesBefore the lines of the text before this line
 */
export function belongsToNextMessage(line: string, linesBefore: readonly string[]): boolean {
  if (OPENING_BALANCE_LINE.test(line)) return true;
  const [, account] = /^:25P?:(.*)$/.exec(line) ?? [];
  if (account === undefined || !ACCOUNT_FORM.test(account)) return false;
  const before = linesBefore.findLast((text) => text.trim() !== '' && !text.startsWith(':21:'));
  return before !== undefined && LINE_BEFORE_ACCOUNT.test(before);
}

/** Returns true if the tag is known and the content has the form of its field. */
export function hasFieldForm(tag: string, content: string): boolean {
  const form = BALANCE_TAG_PATTERN.test(tag) ? BALANCE_FORM : FIELD_FORMS[tag];
  return form?.test(content) ?? false;
}
