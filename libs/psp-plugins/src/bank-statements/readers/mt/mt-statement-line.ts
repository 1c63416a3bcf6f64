import type { CreditDebit, EntryFacts, EntryStatus } from '../../statements/statement.types.js';
import {
  formatCalendarDate,
  toFullYear,
  isIban,
  isPlaceholderReference,
  quoteValue,
  collapseWhitespace,
  resolveValueDate,
} from '../value-parsers.js';
import type { MtField } from './mt-field-parsers.js';
import { parseAmount, failAtMtField } from './mt-field-parsers.js';

/** The content of a statement line `:61:`. */
export interface MtStatementLine {
  creditDebit: CreditDebit;
  reversal: boolean;
  status: EntryStatus;
  amount: string;
  ambiguity?: string;
  /** The amount as in the file. */
  amountAsFound: string;
  bookedAt?: string;
  valueAt: string;
  valueDateAsFound?: string;
  /** The transaction type identification code, e.g. `NTRF`. The first letter is the source, and the bank's type follows. */
  type?: string;
  customerReference?: string;
  /** The IBAN of the counterparty. Some banks (ASN, SNS) write it in the place of the customer reference. */
  counterpartyIban?: string;
  bankReference?: string;
  /** The supplementary details (subfield 9), and the part of the customer reference that exceeds its maximum length. */
  supplementaryDetails: string[];
}

/**
 * Matches a statement line. Format: 6!n[4!n]2a[1!a]15d1!a3!c16x[//16x], and [34x] on the next line. The type may be padded with blanks
 * (`NOV `), may follow a blank, or may be absent before the bank's reference. Four blanks stand for an absent booking date. The letter
 * after the mark is the third letter of the currency (`DR` = debit in EUR) or a funds code (`N`).
 */
const STATEMENT_LINE_PATTERN =
  /^(\d{6})(\d{4}| {4})?(R[CD]|E[CD]|[CD])([A-Z])? ?(\d[\d.,]*) ?(?:([A-Z][A-Z0-9 ]{3})(.*)|(\/\/.*))?$/;
/** Matches a line that ends after the debit/credit mark. Some savings banks write the amount on the next line. */
const MARK_ONLY_PATTERN = /^\d{6}(?:\d{4}| {4})?(?:R[CD]|E[CD]|[CD])[A-Z]?$/;
const MAX_CUSTOMER_REFERENCE_LENGTH = 16;

export function readStatementLine(field: MtField): MtStatementLine {
  const lines = [...field.lines];
  if (MARK_ONLY_PATTERN.test(lines[0] ?? '')) lines.splice(0, 2, `${lines[0]}${lines[1] ?? ''}`);
  const first = (lines.shift() ?? '').trimEnd();
  const match = STATEMENT_LINE_PATTERN.exec(first);
  if (!match) {
    failAtMtField(
      field,
      `:61: is ${quoteValue(first)}; expected value date, booking date, C or D, amount, type and reference, e.g. 1409010902D1,62NTRFNONREF//4711`,
    );
  }
  const [, day = '', entryDay = '', mark = '', , amount = '', type, afterType, bankReference] = match;
  const date = readDates(field, day, entryDay.trim() === '' ? undefined : entryDay);
  return {
    ...date,
    ...readMark(mark),
    ...parseAmount(field, amount),
    amountAsFound: amount,
    ...(type === undefined ? {} : { type: type.trim() }),
    ...readReferences(afterType ?? bankReference ?? '', lines),
  };
}

function readMark(mark: string): Pick<MtStatementLine, 'creditDebit' | 'reversal' | 'status'> {
  const reversal = mark.startsWith('R');
  const credit = mark.endsWith('C') !== reversal;
  return { creditDebit: credit ? 'CRDT' : 'DBIT', reversal, status: mark.startsWith('E') ? 'PDNG' : 'BOOK' };
}

function readDates(field: MtField, day: string, entryDay: string | undefined) {
  const year = toFullYear(day.slice(0, 2));
  const value = resolveValueDate(year, Number(day.slice(2, 4)), Number(day.slice(4, 6)), day);
  if (!value) failAtMtField(field, `:61: has the value date ${day}; expected YYMMDD`);
  const found = value.asFound === undefined ? {} : { valueDateAsFound: value.asFound };
  if (entryDay === undefined) return { valueAt: value.date, ...found };
  return { bookedAt: resolveBookingDate(field, year, value.date, entryDay), valueAt: value.date, ...found };
}

/** Returns the booking date. The file contains it without a year, so the year in which it is nearest to the value date is used. */
function resolveBookingDate(field: MtField, year: number, value: string, monthAndDay: string): string {
  const month = Number(monthAndDay.slice(0, 2));
  const day = Number(monthAndDay.slice(2, 4));
  const months = month - Number(value.slice(5, 7));
  const nearest = months > 6 ? year - 1 : months < -6 ? year + 1 : year;
  const date = formatCalendarDate(nearest, month, day);
  return (
    date ??
    failAtMtField(field, `:61: has the booking date ${monthAndDay}; expected a day of the calendar as MMDD`)
  );
}

/**
 * Splits the references. Text beyond the maximum length of a customer reference is added to the details, because Rabobank writes the
 * counterparty's name there. A longer reference without blanks is not split.
 */
function readReferences(text: string, supplementary: string[]) {
  const at = text.indexOf('//');
  const customer = at === -1 ? text : text.slice(0, at);
  const iban = isIban(customer.trim()) ? customer.trim() : undefined;
  const length = isLongReference(customer) ? customer.length : MAX_CUSTOMER_REFERENCE_LENGTH;
  const reference = iban === undefined ? customer.slice(0, length).trim() : '';
  const bank = at === -1 ? '' : text.slice(at + 2).trim();
  return {
    supplementaryDetails: [iban === undefined ? customer.slice(length) : '', ...supplementary]
      .map((line) => line.trim())
      .filter(Boolean),
    ...(iban === undefined ? {} : { counterpartyIban: iban }),
    ...(isPlaceholderReference(reference) ? {} : { customerReference: reference }),
    ...(isPlaceholderReference(bank) ? {} : { bankReference: bank }),
  };
}

/**
 * Returns true if the text is a single long reference. If it is a reference with a name, the name contains blanks or contains no digits.
 */
function isLongReference(text: string): boolean {
  return /^[A-Z0-9./+-]+$/i.test(text.trim()) && /\d/.test(text.slice(MAX_CUSTOMER_REFERENCE_LENGTH));
}

/**
 * Reads the supplementary details: `/OCMT/EUR11,85//CHGS/EUR0,50/`, the counterparty's IBAN, or plain text.
 * @param iban the counterparty's IBAN, if it is in the place of the customer reference. The text is then the counterparty's name
 */
export function readSupplementaryDetails(more: readonly string[], iban?: string): EntryFacts {
  const facts: EntryFacts = { references: {} };
  const text: string[] = [];
  for (const line of more) {
    const codes = new Map(
      [...line.matchAll(/\/(OCMT|CHGS|EXCH)\/([^/]+)/g)].map(([, key, value]) => [key, value]),
    );
    const instructed = parseMoney(codes.get('OCMT'));
    const charge = parseMoney(codes.get('CHGS'));
    const rate = codes.get('EXCH')?.trim().replace(',', '.');
    if (instructed) facts.instructed = instructed;
    if (charge) facts.charges = [{ ...charge, included: true }];
    if (rate !== undefined) facts.exchangeRate = rate;
    if (isIban(line)) facts.counterparty = { iban: line };
    else if (codes.size === 0) text.push(line);
  }
  const additionalInformation = collapseWhitespace(text.join(' '));
  if (iban !== undefined) {
    const name = additionalInformation === undefined ? {} : { name: additionalInformation };
    return { ...facts, counterparty: { iban, ...name } };
  }
  return additionalInformation === undefined ? facts : { ...facts, additionalInformation };
}

function parseMoney(text: string | undefined): { amount: string; currency: string } | undefined {
  const [, currency, amount] = /^([A-Z]{3})(\d+(?:,\d*)?)$/.exec(text?.trim() ?? '') ?? [];
  return currency === undefined || amount === undefined
    ? undefined
    : { amount: amount.replace(',', '.'), currency };
}
