/** Converts one row of a CSV file to the entries of an account. A row with a fee becomes two entries. */
import { LocalTimeParser } from '../../statements/local-time-parser.js';
import type { CreditDebit, Entry, Party, ReferenceName } from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import {
  collapseWhitespace,
  isBic,
  isIban,
  isPlaceholderReference,
  quoteValue,
  toScaledInteger,
} from '../value-parsers.js';
import { CsvAmountParser, isCsvAmount } from './csv-amount-parser.js';
import type { CsvAmount } from './csv-amount-parser.js';
import type { CsvColumnPositions } from './csv-columns.js';
import { CsvDateParser } from './csv-date-parser.js';
import type { CsvColumnName, CsvMapping } from './csv-mapping.types.js';
import { shortenSource } from './csv-tokenizer.js';
import type { CsvRow } from './csv-tokenizer.js';

/** The part of a row that the reader keeps in memory until the end of the file. */
export interface CsvRowSummary {
  accountId: string;
  currency: string;
  /** The booking day, as written in the file. */
  day: string;
  /** The line in which the row begins, from 1. */
  line: number;
  number: number;
  /** The change of the balance, as a scaled integer (see `toScaledInteger`). */
  change: bigint;
  /** The balance after the row, as a scaled integer. Absent if the row has none. */
  balance?: bigint;
}

/** A row that was read: its entries, and the balance of the account after them. */
export interface ConvertedRow {
  summary: CsvRowSummary;
  entries: Entry[];
}

const FEE_TYPE = 'FEE';

export class CsvRowConverter {
  private readonly amounts: CsvAmountParser;
  private readonly dates: CsvDateParser;
  private readonly times: CsvDateParser;
  private readonly zone: LocalTimeParser | undefined;

  constructor(
    private readonly mapping: CsvMapping,
    private readonly columns: CsvColumnPositions,
  ) {
    this.amounts = new CsvAmountParser(mapping);
    this.dates = new CsvDateParser(mapping.dateFormat);
    this.times = new CsvDateParser(mapping.timeFormat);
    this.zone = mapping.timeZone === undefined ? undefined : new LocalTimeParser(mapping.timeZone);
  }

  /**
   * Converts a row.
   * @param number the number of the row behind the header, from 1
   * @throws StatementError if a value does not fit the mapping
   */
  convert(row: CsvRow, number: number): ConvertedRow {
    const wrongWidth = this.columns.describeWrongWidth(row);
    if (wrongWidth !== undefined) throw new StatementError(`row ${number} (line ${row.line}): ${wrongWidth}`);
    const reader = new RowReader(row, number, this.columns);
    const currency = this.readCurrency(reader);
    const amount = this.readSignedAmount(reader);
    const fee = this.readFee(reader);
    const bookedAt = this.readBookingTime(reader);
    const entry = this.toEntry(reader, amount, currency, bookedAt);
    const entries = fee && isZero(amount) ? [] : [entry];
    if (fee) entries.push(toFeeEntry(entry, fee));
    const balance = this.readOptionalAmount(reader, 'balance');
    const summary: CsvRowSummary = {
      accountId: this.readAccount(reader),
      currency,
      day: bookedAt.slice(0, 10),
      line: row.line,
      number,
      change: toSigned(amount) + (fee ? toSigned(fee) : 0n),
      ...(balance && { balance: toSigned(balance) }),
    };
    return { summary, entries };
  }

  private toEntry(reader: RowReader, amount: CsvAmount, currency: string, bookedAt: string): Entry {
    const valueAt = this.readValueDate(reader);
    const bankReference = reader.readOptional('id');
    const counterparty = readParty(reader);
    const remittance = collapseWhitespace(this.columns.readText(reader.row).join(' '));
    const proprietaryCode = reader.readOptional('type');
    return {
      part: 'entry',
      ...(bankReference !== undefined && { bankReference }),
      references: readReferences(reader),
      ...(counterparty && { counterparty }),
      ...(remittance !== undefined && { remittance }),
      ...(proprietaryCode !== undefined && { proprietaryCode }),
      ...toEntryAmount(amount),
      reversal: false,
      status: 'BOOK',
      currency,
      bookedAt,
      ...(valueAt !== undefined && { valueAt }),
      details: [],
      position: reader.position,
      raw: shortenSource(reader.row),
    };
  }

  private readAccount(reader: RowReader): string {
    const { account } = this.mapping;
    const written = reader.read('account')?.replaceAll(' ', '') ?? '';
    if (written !== '') return written;
    return account ?? reader.reject('account', 'your own account');
  }

  private readCurrency(reader: RowReader): string {
    const written = reader.read('currency')?.toUpperCase();
    if (written === undefined || (written === '' && this.mapping.currency !== undefined))
      return this.mapping.currency ?? '';
    return /^[A-Z]{3}$/.test(written) ? written : reader.reject('currency', 'a currency such as EUR');
  }

  private readSignedAmount(reader: RowReader): CsvAmount {
    if (reader.read('amount') === undefined) return this.readSide(reader);
    const amount = this.readAmount(reader, 'amount');
    const word = reader.read('direction');
    if (word === undefined) return amount;
    if (amount.isNegative)
      reader.reject(
        'amount',
        'an amount without a sign, because the column `direction` contains the direction',
      );
    return { ...amount, isNegative: this.isDebitWord(reader, word) };
  }

  private isDebitWord(reader: RowReader, word: string): boolean {
    const { debitWords, creditWords } = this.mapping;
    const isSame = (other: string): boolean => other.toLowerCase() === word.toLowerCase();
    if (debitWords.some(isSame)) return true;
    if (creditWords.some(isSame)) return false;
    return reader.reject('direction', `one of ${[...debitWords, ...creditWords].map(quoteValue).join(', ')}`);
  }

  private readSide(reader: RowReader): CsvAmount {
    const [debit, credit] = (['debit', 'credit'] as const).map((name) =>
      this.readOptionalAmount(reader, name),
    );
    const isUsed = (amount: CsvAmount | undefined): amount is CsvAmount =>
      amount !== undefined && !isZero(amount);
    if (isUsed(debit) && isUsed(credit))
      reader.reject('credit', 'no amount, because the row also has a debit');
    if (isUsed(debit) && debit.isNegative !== this.mapping.hasNegativeDebits)
      reader.reject(
        'debit',
        this.mapping.hasNegativeDebits
          ? 'a negative amount'
          : 'an amount without a sign; if debits are negative, set `hasNegativeDebits`',
      );
    if (isUsed(credit) && credit.isNegative) reader.reject('credit', 'an amount without a minus');
    if (isUsed(debit)) return { ...debit, isNegative: true };
    return (
      credit ??
      debit ??
      reader.reject('debit', `an amount here or in the column ${this.columns.label('credit')}`)
    );
  }

  /** Returns the change of the balance by the fee, or undefined if there is no fee. */
  private readFee(reader: RowReader): CsvAmount | undefined {
    const fee = this.readOptionalAmount(reader, 'fee');
    if (!fee || isZero(fee)) return undefined;
    return this.mapping.feeSign === 'signed' ? fee : { ...fee, isNegative: !fee.isNegative };
  }

  private readOptionalAmount(reader: RowReader, name: CsvColumnName): CsvAmount | undefined {
    return (reader.read(name) ?? '') === '' ? undefined : this.readAmount(reader, name);
  }

  private readAmount(reader: RowReader, name: CsvColumnName): CsvAmount {
    const result = this.amounts.parse(reader.read(name) ?? '');
    return isCsvAmount(result) ? result : reader.reject(name, result.expected);
  }

  private readBookingTime(reader: RowReader): string {
    const date =
      this.dates.parse(reader.read('date') ?? '') ??
      reader.reject('date', `a date in the format ${this.mapping.dateFormat}`);
    const written = reader.read('time') ?? '';
    if (written === '') return this.addZone(date);
    const time =
      this.times.parseTime(written) ??
      reader.reject('time', `a time in the format ${this.mapping.timeFormat}`);
    return this.addZone(`${date.slice(0, 10)}T${time}`);
  }

  private readValueDate(reader: RowReader): string | undefined {
    const written = reader.read('valueDate') ?? '';
    if (written === '') return undefined;
    const date =
      this.dates.parse(written) ??
      reader.reject('valueDate', `a date in the format ${this.mapping.dateFormat}`);
    return date.slice(0, 10);
  }

  /** Adds the offset of the declared zone to a time. The day stays as written. */
  private addZone(time: string): string {
    if (!this.zone || time.length === 10 || /(?:Z|[+-]\d\d:\d\d)$/.test(time)) return time;
    const epochMs = this.zone.toEpochMs(time);
    if (epochMs === undefined) return time;
    const minutes = Math.round((Date.parse(`${time}Z`) - epochMs) / 60_000);
    const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) =>
      String(part).padStart(2, '0'),
    );
    return `${time}${minutes < 0 ? '-' : '+'}${hours}:${rest}`;
  }
}

/** Reads the values of one row, and creates errors that name the row, the column, the value and what was expected. */
class RowReader {
  constructor(
    readonly row: CsvRow,
    private readonly number: number,
    private readonly columns: CsvColumnPositions,
  ) {}

  get position(): string {
    return `row ${this.number} (line ${this.row.line})`;
  }

  read(name: CsvColumnName): string | undefined {
    return this.columns.read(this.row, name);
  }

  readOptional(name: CsvColumnName): string | undefined {
    return collapseWhitespace(this.read(name) ?? '');
  }

  reject(name: CsvColumnName, expected: string): never {
    throw new StatementError(
      `${this.position}, column ${this.columns.label(name)}: found ${quoteValue(this.read(name) ?? '')}; expected ${expected}`,
    );
  }
}

function readReferences(reader: RowReader): Partial<Record<ReferenceName, string>> {
  const references: Partial<Record<ReferenceName, string>> = {};
  const endToEndId = reader.readOptional('endToEndId');
  const reference = reader.readOptional('reference');
  if (endToEndId !== undefined && !isPlaceholderReference(endToEndId)) references.endToEndId = endToEndId;
  if (reference !== undefined && !isPlaceholderReference(reference)) references.customerReference = reference;
  return references;
}

function readParty(reader: RowReader): Party | undefined {
  const name = reader.readOptional('counterparty');
  const number = reader.readOptional('counterpartyAccount')?.replaceAll(' ', '');
  const bic = reader.readOptional('counterpartyBic');
  if (name === undefined && number === undefined) return undefined;
  return {
    ...(name !== undefined && { name }),
    ...(number !== undefined && (isIban(number) ? { iban: number } : { accountNumber: number })),
    ...(bic !== undefined && isBic(bic) && { bic }),
  };
}

/** Returns the entry of a fee. The counterparty of the row receives the amount, but the bank receives the fee. */
function toFeeEntry(entry: Entry, fee: CsvAmount): Entry {
  const { bankReference } = entry;
  const feeEntry: Entry = {
    ...entry,
    ...(bankReference !== undefined && { bankReference: `${bankReference} fee` }),
    references: {},
    proprietaryCode: FEE_TYPE,
    ...toEntryAmount(fee),
  };
  delete feeEntry.counterparty;
  return feeEntry;
}

function toEntryAmount({ decimal, isNegative }: CsvAmount): { creditDebit: CreditDebit; amount: string } {
  return { creditDebit: isNegative ? 'DBIT' : 'CRDT', amount: decimal };
}

function toSigned({ decimal, isNegative }: CsvAmount): bigint {
  const value = toScaledInteger(decimal);
  return isNegative ? -value : value;
}

function isZero({ decimal }: CsvAmount): boolean {
  return !/[1-9]/.test(decimal);
}
