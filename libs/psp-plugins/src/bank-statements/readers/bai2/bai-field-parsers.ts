/** Parses values of BAI2 fields. Source: Cash Management Balance Reporting Specifications, version 2 (BAI). */
import { getCurrencyDecimals } from '@tributary/connector-api';
import type { CreditDebit } from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import { formatCalendarDate, toFullYear, quoteValue } from '../value-parsers.js';
import type { Bai2FieldReader, Bai2Record } from './bai-records.js';

export function failAtBaiRecord(record: Bai2Record, what: string): never {
  throw new StatementError(`line ${record.line}: record ${record.code}: ${what}`);
}

/** The ISO 20022 codes of BAI2 balance types. Any other type keeps its number. */
const BALANCE_CODES: Readonly<Record<string, string>> = {
  '010': 'OPBD',
  '015': 'CLBD',
  '030': 'ITBD',
  '040': 'OPAV',
  '045': 'CLAV',
  '060': 'ITAV',
};

export function toBalanceCode(type: string): string {
  return BALANCE_CODES[type] ?? type;
}

/** Returns true if the type is a balance (status code). Any other type of a record 03 is a sum of entries. */
export function isBalanceType(type: string): boolean {
  return type < '100' || (type >= '900' && type <= '919') || (type >= '701' && type <= '709');
}

/** The type of entries that are for information only and move no money. */
export const NON_MONETARY_TYPE = '890';

/**
 * Returns whether a type is a credit or a debit.
 * @returns `undefined` for a code that has no direction
 */
export function getCreditDebitOfType(type: string): CreditDebit | undefined {
  const code = Number(type);
  if ((code >= 100 && code <= 399) || (code >= 720 && code <= 759) || (code >= 920 && code <= 959))
    return 'CRDT';
  if ((code >= 400 && code <= 699) || (code >= 760 && code <= 799) || (code >= 960 && code <= 999))
    return 'DBIT';
  return undefined;
}

/** Parses whole minor units with an optional sign. For an empty field, the result is `undefined`. */
export function parseBaiMinorUnits(record: Bai2Record, field: string): bigint | undefined {
  if (field === '') return undefined;
  if (!/^[-+]?\d{1,30}$/.test(field))
    failAtBaiRecord(record, `has the amount ${quoteValue(field)}; expected digits without a decimal point`);
  return BigInt(field);
}

/** Formats minor units without the sign: 1250n of EUR → `12.50`. */
export function formatMinorUnits(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

export function requireCurrencyDecimals(record: Bai2Record, currency: string): number {
  return (
    getCurrencyDecimals(currency) ??
    failAtBaiRecord(
      record,
      `has the currency ${quoteValue(currency)}, which ISO 4217 does not know; expected a code like USD`,
    )
  );
}

/** Parses a date: `YYMMDD`, or `YYYYMMDD`, which some banks write. */
export function parseBaiDate(record: Bai2Record, field: string, what: string): string {
  const [, year = '', month, day] = /^(\d{2}|\d{4})(\d{2})(\d{2})$/.exec(field) ?? [];
  const full = year.length === 2 ? toFullYear(year) : Number(year);
  return (
    formatCalendarDate(full, Number(month), Number(day)) ??
    failAtBaiRecord(record, `has the ${what} ${quoteValue(field)}; expected a day of the calendar as YYMMDD`)
  );
}

/** Parses a time: `0829` → `T08:29:00`. The result is an empty string for 2400 and 9999, because both mean the end of the day. */
export function parseClockTime(record: Bai2Record, field: string): string {
  if (field === '' || field === '2400' || field === '9999') return '';
  const [, hour, minute] = /^(\d{2})(\d{2})$/.exec(field) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) {
    failAtBaiRecord(record, `has the time ${quoteValue(field)}; expected HHMM`);
  }
  return `T${hour}:${minute}:00`;
}

/** Returns the value, or the reason why it cannot be read. It is used only for fields that move no money. */
export function parseOptionalField(parse: () => string): { value: string; unreadable?: string } {
  try {
    return { value: parse() };
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    return { value: '', unreadable: error.message };
  }
}

/**
 * Reads the funds type. With the type V, the value date follows; with 0, the value date is the as-of date. The other types count banking
 * days, but the bank's calendar is unknown, so they give no date. A value date that cannot be read is only reported, because it moves no
 * money.
 */
export function readFundsType(
  record: Bai2Record,
  fields: Bai2FieldReader,
  asOf: string,
): { valueAt?: string; unreadable?: string } {
  const type = fields.next();
  switch (type) {
    case 'V': {
      const field = fields.next();
      fields.next();
      if (field === '') return {};
      const { value: valueAt, unreadable } = parseOptionalField(() =>
        parseBaiDate(record, field, 'value date'),
      );
      return unreadable === undefined ? { valueAt } : { unreadable };
    }
    case 'S':
      for (let day = 0; day < 3; day++) fields.next();
      return {};
    case 'D':
      skipDistribution(record, fields);
      return {};
    case '0':
      return { valueAt: asOf };
    case '':
    case 'Z':
    case '1':
    case '2':
      return {};
    default:
      failAtBaiRecord(record, `has the funds type ${quoteValue(type)}; expected Z, 0, 1, 2, S, V or D`);
  }
}

function skipDistribution(record: Bai2Record, fields: Bai2FieldReader): void {
  const count = fields.next();
  if (!/^\d{1,3}$/.test(count))
    failAtBaiRecord(
      record,
      `has ${quoteValue(count)} distributions after the funds type D; expected a number`,
    );
  for (let pair = 0; pair < Number(count); pair++) {
    fields.next();
    fields.next();
  }
}
