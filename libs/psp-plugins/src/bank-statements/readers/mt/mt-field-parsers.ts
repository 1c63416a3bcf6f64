/** Parses single fields of SWIFT MT messages. */
import { getCurrencyDecimals } from '@tributary/connector-api';
import type {
  CreditDebit,
  EntryFacts,
  StatementAccount,
  StatementBalance,
} from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import { formatCalendarDate, toFullYear, isIban, parseGroupedDecimal, quoteValue } from '../value-parsers.js';

/** One field, e.g. `:61:`, with all its lines up to the next field. */
export interface MtField {
  tag: string;
  lines: string[];
  /** The line number in the file, from 1. */
  line: number;
}

/** The content of `:86:` (Information to Account Owner), with the German transaction codes. */
export interface OwnerInformation extends EntryFacts {
  /**
   * The codes `166+09075/629+914`: business transaction code, prima nota number, text key. Deutsche Kreditwirtschaft defines the same text
   * for camt, after the SWIFT type.
   */
  transactionCodes?: string;
}

export function failAtMtField(field: MtField, what: string): never {
  throw new StatementError(`line ${field.line}: ${what}`);
}

export function joinFieldLines(field: MtField): string {
  return field.lines.join('\n').trim();
}

export interface MtAmount {
  /** A decimal number with a point: `147,64` becomes `147.64`, and `114,` becomes `114.`. */
  amount: string;
  /** The reason why the amount could mean two different sums. Absent if the amount is clear. */
  ambiguity?: string;
}

/**
 * Parses an amount. SWIFT allows only a comma as the decimal separator, but some banks omit it (`500`), write a point, or group thousands.
 */
export function parseAmount(field: MtField, text: string): MtAmount {
  const parsed = parseGroupedDecimal(text);
  if (!parsed) {
    failAtMtField(
      field,
      `:${field.tag}: has the amount ${quoteValue(text)}; expected digits with a decimal comma, e.g. 12,50`,
    );
  }
  if (!parsed.isAmbiguous) return { amount: parsed.decimal };
  const ambiguity = `the amount ${text} may mean ${parsed.decimal} or ${parsed.decimal.replace('.', '')}; expected a decimal comma`;
  return { amount: parsed.decimal, ambiguity };
}

/**
 * Parses an amount that must be clear.
 * @throws StatementError for an amount that could mean two different sums
 */
export function parseClearAmount(field: MtField, text: string): string {
  const { amount, ambiguity } = parseAmount(field, text);
  if (ambiguity !== undefined) failAtMtField(field, `:${field.tag}: ${ambiguity}`);
  return amount;
}

const BALANCE_PATTERN = /^([CD])(\d{6})([A-Z]{3})\s*([\d.,]+)$/;
const BALANCE_CODES: Readonly<Record<string, string>> = {
  '60': 'OPBD',
  '62': 'CLBD',
  '64': 'CLAV',
  '65': 'FWAV',
};

/**
 * Returns the text of a balance. The lines after it may contain a header that the bank writes before the next message. Only a number in
 * these lines belongs to the balance.
 */
function readBalanceText(field: MtField): string {
  const [first = '', ...others] = field.lines.map((line) => line.trim()).filter(Boolean);
  return others.some((line) => /^[\d,.]+$/.test(line) && !/^94[02]$/.test(line))
    ? joinFieldLines(field)
    : first;
}

/** Parses a balance: `:60F:C140829EUR000000000147,64`. The date 000000 means that there is no date. */
export function readBalance(field: MtField): StatementBalance {
  const value = readBalanceText(field);
  const [, mark, date = '', currency = '', amount = ''] = BALANCE_PATTERN.exec(value) ?? [];
  if (mark === undefined) {
    failAtMtField(
      field,
      `:${field.tag}: is ${quoteValue(value)}; expected C or D, a date, a currency and an amount, e.g. C140829EUR147,64`,
    );
  }
  const at = date === '000000' ? undefined : parseMtDate(field, date);
  return {
    code: BALANCE_CODES[field.tag.slice(0, 2)] ?? field.tag,
    creditDebit: mark === 'C' ? 'CRDT' : 'DBIT',
    amount: parseClearAmount(field, amount),
    currency,
    ...(at === undefined ? {} : { at }),
    ...(field.tag.endsWith('M') ? { intermediate: true } : {}),
  };
}

function parseMtDate(field: MtField, digits: string): string {
  const day = formatCalendarDate(
    toFullYear(digits.slice(0, 2)),
    Number(digits.slice(2, 4)),
    Number(digits.slice(4, 6)),
  );
  return (
    day ??
    failAtMtField(field, `:${field.tag}: has the date ${digits}; expected a day of the calendar as YYMMDD`)
  );
}

/**
 * Parses an account: `:25:70011110/4005287001EUR`, or `:25P:<number>` with the BIC on the next line. A currency after the number is
 * removed. ING Bank Śląski writes a slash before the IBAN: `:25:/PL…`.
 */
export function readAccount(field: MtField): StatementAccount {
  const [written = '', second = ''] = field.lines.map((line) => line.trim());
  const first = isIban(written.slice(1).replaceAll(' ', '')) ? written.slice(1) : written;
  const [, number, suffix] = /^(.*\d) ?([A-Z]{3})$/.exec(first) ?? [];
  const currency = suffix !== undefined && getCurrencyDecimals(suffix) !== undefined ? suffix : undefined;
  const found = currency === undefined ? first : (number ?? first);
  if (found === '') failAtMtField(field, `:${field.tag}: is empty; expected the number of the account`);
  const compact = found.replaceAll(' ', '');
  const iban = isIban(compact);
  const servicer = second === '' ? /^([A-Z0-9]{4,11})\//.exec(found)?.[1] : second;
  return {
    id: iban ? compact : found,
    isIban: iban,
    ...(currency === undefined ? {} : { currency }),
    ...(servicer === undefined ? {} : { servicer }),
  };
}

/** Parses a time, and returns it in RFC 3339: `:13D:2409021230+0200`. The field 13 without D has no zone. */
export function readDateTime(field: MtField): string {
  const value = joinFieldLines(field);
  const [, day, hour, minute, zoneHour, zoneMinute] =
    /^(\d{6})(\d{2})(\d{2})(?:([+-]\d{2})(\d{2}))?$/.exec(value) ?? [];
  if (day === undefined || Number(hour) > 23 || Number(minute) > 59) {
    failAtMtField(
      field,
      `:${field.tag}: is ${quoteValue(value)}; expected a date and time, e.g. 2409021230+0200`,
    );
  }
  const zone = zoneHour === undefined ? '' : `${zoneHour}:${zoneMinute}`;
  return `${parseMtDate(field, day)}T${hour}:${minute}:00${zone}`;
}

/** Parses `:90D:2EUR25,24`: the number and the sum of the entries. */
export function readTotal(field: MtField): {
  creditDebit: CreditDebit;
  count: number;
  currency: string;
  amount: string;
} {
  const value = joinFieldLines(field);
  const [, count, currency = '', amount = ''] = /^(\d{1,9})([A-Z]{3})([\d.,]+)$/.exec(value) ?? [];
  if (count === undefined) {
    failAtMtField(
      field,
      `:${field.tag}: is ${quoteValue(value)}; expected a number of entries, a currency and a sum, e.g. 2EUR25,24`,
    );
  }
  const creditDebit = field.tag === '90C' ? 'CRDT' : 'DBIT';
  return { creditDebit, count: Number(count), currency, amount: parseClearAmount(field, amount) };
}
