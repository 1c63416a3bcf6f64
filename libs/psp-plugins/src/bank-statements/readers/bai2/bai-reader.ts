import type { StatementEvent } from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import type { StatementReader } from '../statement-reader.js';
import { quoteValue } from '../value-parsers.js';
import type { Bai2Group } from './bai-account.js';
import { Bai2Account } from './bai-account.js';
import type { Bai2Record } from './bai-records.js';
import { Bai2RecordAssembler, splitFields } from './bai-records.js';
import { parseBaiDate, failAtBaiRecord, parseClockTime, parseOptionalField } from './bai-field-parsers.js';

/** The totals in a trailer, for all records since its header. */
interface TrailerTotals {
  sum: bigint;
  /** The number of accounts in a group, or the number of groups in the file. */
  members: number;
  recordCount: number;
}

const createTrailerTotals = (): TrailerTotals => ({ sum: 0n, members: 0, recordCount: 0 });

/**
 * Reads BAI2. If headers and trailers do not match, the file is truncated, and an error is thrown. Wrong control totals are reported in
 * `inconsistencies` of the preceding account. Source: Cash Management Balance Reporting Specifications, version 2 (BAI).
 */
export class Bai2Reader implements StatementReader {
  readonly #records: Bai2RecordAssembler;
  #parts: StatementEvent[] = [];
  #header: { id: string; sequence: string; createdAt?: string; unreadable: string[] } | undefined;
  #group: Bai2Group | undefined;
  #account: Bai2Account | undefined;
  /** The account whose record `49` was read. Its `end` event is returned only after the trailers that follow were read. */
  #pendingAccount: Bai2Account | undefined;
  #fileTotals = createTrailerTotals();
  #groupTotals = createTrailerTotals();
  #hasEnded = false;
  #accountCount = 0;

  constructor(binary: boolean) {
    this.#records = new Bai2RecordAssembler(binary);
  }

  write(text: string): StatementEvent[] {
    for (const record of this.#records.split(text)) this.#read(record);
    return this.#takeParts();
  }

  end(): StatementEvent[] {
    for (const record of this.#records.finish()) this.#read(record);
    if (!this.#hasEnded) {
      const missing = this.#account ? '49' : this.#group ? '98' : '99';
      throw new StatementError(
        `the file ends too early: the trailer ${missing} is missing; expected 49, 98 and 99 at the end`,
      );
    }
    if (this.#accountCount === 0)
      throw new StatementError('the file has no account in it; expected at least one record 03');
    this.#flushPendingAccount();
    return this.#takeParts();
  }

  #takeParts(): StatementEvent[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #read(record: Bai2Record): void {
    if (this.#hasEnded) {
      if (record.code !== '01')
        failAtBaiRecord(
          record,
          'after the end of the file (99); expected nothing more, or 01 of another file',
        );
      this.#beginNextFile();
    }
    switch (record.code) {
      case '01':
        this.#expect(record, !this.#header, 'a second file header; expected 02 or 99');
        return this.#openFile(record);
      case '02':
        this.#expect(
          record,
          this.#header && !this.#group,
          'not after 01 or 98; expected one group after the other',
        );
        return this.#openGroup(record);
      case '03':
        this.#expect(
          record,
          this.#group && !this.#account,
          'not after 02 or 49; expected one account after the other',
        );
        return this.#openAccount(record);
      case '16':
        this.#expect(record, this.#account, 'outside of an account; expected 03 before it');
        this.#parts.push(this.#account!.readEntry(record));
        return;
      case '49':
        this.#expect(record, this.#account, 'without its account; expected 03 before it');
        return this.#closeAccount(record, this.#account!);
      case '98':
        this.#expect(
          record,
          this.#group && !this.#account,
          'not after 49; expected the end of the account first',
        );
        return this.#closeGroup(record);
      default:
        this.#expect(
          record,
          this.#header && !this.#group,
          'not after 98; expected the end of the group first',
        );
        return this.#closeFile(record);
    }
  }

  #expect(record: Bai2Record, holds: unknown, otherwise: string): void {
    if (holds === undefined || holds === false) failAtBaiRecord(record, otherwise);
  }

  /** Begins the next file. Several complete files may be joined into one file, and each has its own totals. */
  #beginNextFile(): void {
    this.#flushPendingAccount();
    this.#hasEnded = false;
    this.#header = undefined;
    this.#fileTotals = createTrailerTotals();
  }

  #openFile(record: Bai2Record): void {
    const [sender = '', , date = '', time = '', id = ''] = splitFields(record);
    const created = parseOptionalField(() => parseBaiDate(record, date, 'creation date'));
    const clock = parseOptionalField(() => parseClockTime(record, time));
    this.#header = {
      id: [sender, date, id].filter(Boolean).join('/'),
      sequence: id,
      ...(created.unreadable === undefined ? { createdAt: created.value + clock.value } : {}),
      unreadable: [created.unreadable, clock.unreadable].filter((reason) => reason !== undefined),
    };
    this.#fileTotals.recordCount += record.segments.length;
  }

  #openGroup(record: Bai2Record): void {
    const [, originator = '', status = '', date = '', time = '', currency = '', modifier = ''] =
      splitFields(record);
    if (status === '2' || status === '4') {
      failAtBaiRecord(
        record,
        `a group with the status ${status} (${status === '2' ? 'deletion' : 'test only'}); expected 1 (update) or 3 (correction)`,
      );
    }
    if (!/^[13]?$/.test(status))
      failAtBaiRecord(record, `has the status ${quoteValue(status)}; expected 1 (update) or 3 (correction)`);
    if (!/^[1-4]?$/.test(modifier))
      failAtBaiRecord(record, `has the as-of-date modifier ${quoteValue(modifier)}; expected 1 … 4`);
    const { sequence, unreadable, ...header } = this.#header!;
    const clock = parseOptionalField(() => parseClockTime(record, time));
    this.#group = {
      // Groups with modifier 1 or 3 are interim reports; a final report repeats their entries.
      start: {
        ...header,
        kind: modifier === '1' || modifier === '3' ? 'interim' : 'booked',
        ...(sequence === '' ? {} : { sequence }),
      },
      originator,
      currency: currency || 'USD',
      asOf: parseBaiDate(record, date, 'as-of date'),
      asOfTime: clock.value,
      unreadable: clock.unreadable === undefined ? unreadable : [...unreadable, clock.unreadable],
    };
    this.#groupTotals = { ...createTrailerTotals(), recordCount: record.segments.length };
  }

  #openAccount(record: Bai2Record): void {
    this.#flushPendingAccount();
    this.#account = new Bai2Account(record, this.#group!);
    this.#accountCount++;
    this.#parts.push(this.#account.start);
  }

  #closeAccount(record: Bai2Record, account: Bai2Account): void {
    account.recordCount += record.segments.length;
    const { controlTotal, recordCount } = account;
    this.#compareTrailer(record, account, { sum: controlTotal, recordCount, members: undefined });
    this.#groupTotals.sum += readControlTotal(record) ?? controlTotal;
    this.#groupTotals.members++;
    this.#groupTotals.recordCount += recordCount;
    this.#pendingAccount = account;
    this.#account = undefined;
  }

  #closeGroup(record: Bai2Record): void {
    this.#groupTotals.recordCount += record.segments.length;
    this.#compareTrailer(record, this.#pendingAccount, this.#groupTotals);
    this.#fileTotals.sum += readControlTotal(record) ?? this.#groupTotals.sum;
    this.#fileTotals.members++;
    this.#fileTotals.recordCount += this.#groupTotals.recordCount;
    this.#group = undefined;
  }

  #closeFile(record: Bai2Record): void {
    this.#fileTotals.recordCount += record.segments.length;
    const isRight = this.#compareTrailer(record, this.#pendingAccount, this.#fileTotals);
    if (record.segmentsTerminated.at(-1) !== true && !isRight)
      failAtBaiRecord(
        record,
        'is not ended by a slash: the file ends too early; expected 99,<total>,<groups>,<records>/',
      );
    this.#hasEnded = true;
  }

  /**
   * Compares a trailer with the trailers of the level below. Totals that are wrong or cannot be read are reported, but the entries are
   * kept. An empty total is not compared.
   * @returns true if all totals are present and right
   */
  #compareTrailer(
    record: Bai2Record,
    account: Bai2Account | undefined,
    found: Omit<TrailerTotals, 'members'> & { members: number | undefined },
  ): boolean {
    const fields = splitFields(record);
    const where = `the trailer ${record.code} in line ${record.line}`;
    const breaks: string[] = [];
    let isComplete = true;
    const compare = (stated: bigint | undefined, real: bigint, describe: () => string): void => {
      if (stated === undefined) isComplete = false;
      else if (stated !== real) breaks.push(`${where} ${describe()}`);
    };
    const read = (field: string | undefined, what: string): bigint | undefined => {
      if (field === undefined || field === '') return undefined;
      if (/^[-+]?\d{1,30}$/.test(field)) return BigInt(field);
      breaks.push(`${where} has ${quoteValue(field)} for the ${what}; expected digits`);
      return undefined;
    };
    compare(read(fields[0], 'control total'), found.sum, () => {
      return `has the control total ${fields[0]}; the records sum up to ${found.sum}`;
    });
    if (found.members !== undefined) {
      const what = record.code === '98' ? 'accounts' : 'groups';
      compare(read(fields[1], `number of ${what}`), BigInt(found.members), () => {
        return `says ${fields[1]} ${what}; there are ${found.members}`;
      });
    }
    const records = fields[found.members === undefined ? 1 : 2];
    compare(read(records, 'number of records'), BigInt(found.recordCount), () => {
      return `says ${records} records; there are ${found.recordCount}`;
    });
    account?.inconsistencies.push(...breaks);
    return isComplete && breaks.length === 0;
  }

  #flushPendingAccount(): void {
    if (this.#pendingAccount) this.#parts.push(this.#pendingAccount.end());
    this.#pendingAccount = undefined;
  }
}

/** Returns the control total, or `undefined` if it is empty or cannot be read. */
function readControlTotal(record: Bai2Record): bigint | undefined {
  const [field = ''] = splitFields(record);
  return /^[-+]?\d{1,30}$/.test(field) ? BigInt(field) : undefined;
}
