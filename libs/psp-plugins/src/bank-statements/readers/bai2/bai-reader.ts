import type { StatementPart } from '../../statement.js';
import { StatementError } from '../../statement.js';
import type { StatementReader } from '../reader.js';
import { quoted } from '../values.js';
import type { BaiGroup } from './bai-account.js';
import { BaiAccount } from './bai-account.js';
import type { BaiRecord } from './bai-records.js';
import { BaiRecords, fieldsOf } from './bai-records.js';
import { dateOf, failAt, timeOf, unitsOf } from './bai-values.js';

/** Totals that a trailer states for all records since its header. */
interface Tally {
  sum: bigint;
  /** Number of accounts in a group, or of groups in the file. */
  members: number;
  records: number;
}

const newTally = (): Tally => ({ sum: 0n, members: 0, records: 0 });

/**
 * Reads BAI2. If headers and trailers do not match, the file is truncated and an error is thrown. Wrong
 * control totals are reported in `inconsistencies` of the preceding account. Source: Cash Management Balance
 * Reporting Specifications, version 2 (BAI).
 */
export class BaiReader implements StatementReader {
  readonly #records: BaiRecords;
  #parts: StatementPart[] = [];
  #header: { id: string; sequence: string; createdAt: string } | undefined;
  #group: BaiGroup | undefined;
  #account: BaiAccount | undefined;
  /** The account whose `49` was read. Its `end` part is held back until the following trailers are read. */
  #closed: BaiAccount | undefined;
  #file = newTally();
  #inGroup = newTally();
  #over = false;
  #accounts = 0;

  constructor(binary: boolean) {
    this.#records = new BaiRecords(binary);
  }

  write(text: string): StatementPart[] {
    for (const record of this.#records.split(text)) this.#read(record);
    return this.#take();
  }

  end(): StatementPart[] {
    for (const record of this.#records.finish()) this.#read(record);
    if (!this.#over) {
      const missing = this.#account ? '49' : this.#group ? '98' : '99';
      throw new StatementError(
        `the file ends too early: the trailer ${missing} is missing; expected 49, 98 and 99 at the end`,
      );
    }
    if (this.#accounts === 0)
      throw new StatementError('the file has no account in it; expected at least one record 03');
    this.#flush();
    return this.#take();
  }

  #take(): StatementPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  #read(record: BaiRecord): void {
    if (this.#over) failAt(record, 'after the end of the file (99); expected nothing more');
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

  #expect(record: BaiRecord, holds: unknown, otherwise: string): void {
    if (holds === undefined || holds === false) failAt(record, otherwise);
  }

  #openFile(record: BaiRecord): void {
    const [sender = '', receiver = '', date = '', time = '', id = ''] = fieldsOf(record);
    if (sender === '' || receiver === '')
      failAt(record, 'has no sender or receiver; expected 01,<sender>,<receiver>,<date>,…');
    const createdAt = dateOf(record, date, 'creation date') + timeOf(record, time);
    this.#header = { id: [sender, date, id].filter(Boolean).join('/'), sequence: id, createdAt };
    this.#file.records += record.pieces.length;
  }

  #openGroup(record: BaiRecord): void {
    const [, originator = '', status = '', date = '', time = '', currency = '', modifier = ''] =
      fieldsOf(record);
    if (status === '2' || status === '4') {
      failAt(
        record,
        `a group with the status ${status} (${status === '2' ? 'deletion' : 'test only'}); expected 1 (update) or 3 (correction)`,
      );
    }
    if (!/^[13]?$/.test(status))
      failAt(record, `has the status ${quoted(status)}; expected 1 (update) or 3 (correction)`);
    if (!/^[1-4]?$/.test(modifier))
      failAt(record, `has the as-of-date modifier ${quoted(modifier)}; expected 1 … 4`);
    const { sequence, ...header } = this.#header!;
    this.#group = {
      // Modifiers 1 and 3 are interim: a final report repeats their entries.
      start: {
        ...header,
        kind: modifier === '1' || modifier === '3' ? 'interim' : 'booked',
        ...(sequence === '' ? {} : { sequence }),
      },
      originator,
      currency: currency || 'USD',
      asOf: dateOf(record, date, 'as-of date'),
      asOfTime: timeOf(record, time),
    };
    this.#inGroup = { ...newTally(), records: record.pieces.length };
  }

  #openAccount(record: BaiRecord): void {
    this.#flush();
    this.#account = new BaiAccount(record, this.#group!);
    this.#accounts++;
    this.#parts.push(this.#account.start);
  }

  #closeAccount(record: BaiRecord, account: BaiAccount): void {
    account.records += record.pieces.length;
    const { sum, records } = account;
    this.#compare(record, account, { sum, records, members: undefined });
    this.#inGroup.sum += trailerSum(record);
    this.#inGroup.members++;
    this.#inGroup.records += records;
    this.#closed = account;
    this.#account = undefined;
  }

  #closeGroup(record: BaiRecord): void {
    this.#inGroup.records += record.pieces.length;
    this.#compare(record, this.#closed, this.#inGroup);
    this.#file.sum += trailerSum(record);
    this.#file.members++;
    this.#file.records += this.#inGroup.records;
    this.#group = undefined;
  }

  #closeFile(record: BaiRecord): void {
    if (record.closed.at(-1) !== true)
      failAt(
        record,
        'is not ended by a slash: the file ends too early; expected 99,<total>,<groups>,<records>/',
      );
    this.#file.records += record.pieces.length;
    this.#compare(record, this.#closed, this.#file);
    this.#over = true;
  }

  /** Reports wrong totals but keeps the entries. Each trailer is compared with the trailers of the level below. */
  #compare(
    record: BaiRecord,
    account: BaiAccount | undefined,
    found: Omit<Tally, 'members'> & { members: number | undefined },
  ): void {
    const fields = fieldsOf(record);
    const records = countOf(record, fields[found.members === undefined ? 1 : 2]);
    const where = `the trailer ${record.code} in line ${record.line}`;
    const breaks: string[] = [];
    if (trailerSum(record) !== found.sum)
      breaks.push(`${where} has the control total ${fields[0]}; the records sum up to ${found.sum}`);
    if (found.members !== undefined) {
      const members = countOf(record, fields[1]);
      const what = record.code === '98' ? 'accounts' : 'groups';
      if (members !== found.members)
        breaks.push(`${where} says ${members} ${what}; there are ${found.members}`);
    }
    if (records !== found.records)
      breaks.push(`${where} says ${records} records; there are ${found.records}`);
    account?.breaks.push(...breaks);
  }

  #flush(): void {
    if (this.#closed) this.#parts.push(this.#closed.end());
    this.#closed = undefined;
  }
}

function trailerSum(record: BaiRecord): bigint {
  return (
    unitsOf(record, fieldsOf(record)[0] ?? '') ??
    failAt(record, 'has no control total; expected a sum of the amounts')
  );
}

function countOf(record: BaiRecord, field: string | undefined): number {
  if (field === undefined || !/^\d{1,9}$/.test(field))
    failAt(record, `has ${quoted(field ?? '')} for a number; expected all numbers of a trailer and a slash`);
  return Number(field);
}
