import type {
  Entry,
  StatementBalance,
  StatementEnd,
  StatementStart,
} from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import { MAX_RAW_LENGTH } from '../statement-reader.js';
import { EntryTotals } from '../entry-totals.js';
import { isPlaceholderReference, quoteValue, collapseWhitespace } from '../value-parsers.js';
import type { Bai2Record } from './bai-records.js';
import { Bai2FieldReader } from './bai-records.js';
import {
  toBalanceCode,
  formatMinorUnits,
  requireCurrencyDecimals,
  getCreditDebitOfType,
  failAtBaiRecord,
  isBalanceType,
  NON_MONETARY_TYPE,
  readFundsType,
  parseBaiMinorUnits,
} from './bai-field-parsers.js';

/** The values of the file header and of the group header. They apply to each account of the group. */
export interface Bai2Group {
  start: Pick<StatementStart, 'kind' | 'id' | 'sequence' | 'createdAt'>;
  originator: string;
  currency: string;
  /** The as-of date of the group. */
  asOf: string;
  /** The time of the as-of date: `T08:29:00`. It is empty if there is no time. */
  asOfTime: string;
  /** The fields of the headers that could not be read. They are reported for every account of the group. */
  unreadable: readonly string[];
}

/** Reads one account: record `03`, its entries and record `49`. */
export class Bai2Account {
  readonly start: StatementStart;
  /** The sum of all amount fields. It is compared with the trailers, and so is the number of physical records. */
  controlTotal = 0n;
  recordCount = 0;
  readonly inconsistencies: string[] = [];
  /** The fields that could not be read. No money depends on them. */
  readonly unreadable: string[] = [];
  readonly #balances: StatementBalance[] = [];
  readonly #summaries: { type: string; units: bigint | undefined; count: number | undefined }[] = [];
  readonly #totals = new EntryTotals();
  readonly #digits: number;
  readonly #currency: string;
  #entries = 0;

  constructor(
    record: Bai2Record,
    private readonly group: Bai2Group,
  ) {
    const fields = new Bai2FieldReader(record);
    const id = fields.next();
    if (id === '') failAtBaiRecord(record, 'has no account number; expected 03,<account>,<currency>,…');
    this.#currency = fields.next() || group.currency;
    this.#digits = requireCurrencyDecimals(record, this.#currency);
    this.start = {
      part: 'start',
      format: 'bai2',
      ...group.start,
      account: {
        id,
        isIban: false,
        currency: this.#currency,
        ...(group.originator === '' ? {} : { servicer: group.originator }),
      },
    };
    this.unreadable.push(...group.unreadable);
    this.#readSummaries(record, fields);
    this.recordCount += record.segments.length;
  }

  /**
   * Reads the summaries of an account. A summary consists of type, amount, item count and funds type. An empty field in the place of a type
   * is skipped, because some banks end each physical record with one comma too many. If a summary cannot be read, this is reported, and the
   * rest of its physical record is skipped, because a summary moves no money.
   */
  #readSummaries(record: Bai2Record, fields: Bai2FieldReader): void {
    while (fields.hasMore()) {
      if (fields.peek() === '') {
        fields.next();
        continue;
      }
      try {
        this.#readSummary(record, fields);
      } catch (error) {
        if (!(error instanceof StatementError)) throw error;
        this.unreadable.push(`${error.message}; the rest of this record is left out`);
        fields.skipSegment();
      }
    }
  }

  #readSummary(record: Bai2Record, fields: Bai2FieldReader): void {
    const type = fields.next();
    if (!/^\d{3}$/.test(type))
      failAtBaiRecord(record, `has the type ${quoteValue(type)}; expected three digits, e.g. 010`);
    const units = parseBaiMinorUnits(record, fields.next());
    const count = fields.next();
    readFundsType(record, fields, this.group.asOf);
    this.controlTotal += units ?? 0n;
    if (!isBalanceType(type))
      this.#summaries.push({ type, units, count: /^\d{1,9}$/.test(count) ? Number(count) : undefined });
    else if (units !== undefined) this.#balances.push(this.#balance(type, units));
  }

  #balance(type: string, units: bigint): StatementBalance {
    return {
      code: toBalanceCode(type),
      creditDebit: units < 0n ? 'DBIT' : 'CRDT',
      amount: formatMinorUnits(units, this.#digits),
      currency: this.#currency,
      at: this.group.asOf + this.group.asOfTime,
    };
  }

  /** Reads one entry (record `16`). Its type determines whether it is a credit or a debit. A negative amount reverses this direction. */
  readEntry(record: Bai2Record): Entry {
    const fields = new Bai2FieldReader(record);
    const type = fields.next();
    const units = parseBaiMinorUnits(record, fields.next());
    const { unreadable, ...funds } = readFundsType(record, fields, this.group.asOf);
    if (unreadable !== undefined) this.unreadable.push(unreadable);
    const bankReference = fields.next();
    const customerReference = fields.next();
    const text = fields.remainingText();
    const { direction, reversal } = this.#direction(record, type, units);
    const amount = formatMinorUnits(units ?? 0n, this.#digits);
    this.recordCount += record.segments.length;
    this.controlTotal += units ?? 0n;
    this.#entries++;
    if (type !== NON_MONETARY_TYPE) this.#totals.add(direction, amount);
    return {
      part: 'entry',
      creditDebit: direction,
      reversal,
      status: type === NON_MONETARY_TYPE ? 'INFO' : 'BOOK',
      amount,
      currency: this.#currency,
      bookedAt: this.group.asOf,
      ...funds,
      ...(isPlaceholderReference(bankReference) ? {} : { bankReference }),
      proprietaryCode: type,
      ...readText(text, customerReference),
      details: [],
      position: `line ${record.line}`,
      raw: record.raw.join('\n').slice(0, MAX_RAW_LENGTH),
    };
  }

  #direction(record: Bai2Record, type: string, units: bigint | undefined) {
    if (type === NON_MONETARY_TYPE) return { direction: 'CRDT', reversal: false } as const;
    const named = getCreditDebitOfType(type);
    if (named === undefined) {
      failAtBaiRecord(
        record,
        `has the type ${quoteValue(type)}; expected 100 … 399 or 920 … 959 (credit), 400 … 699 or 960 … 999 (debit), 720 … 799 (loan) or 890`,
      );
    }
    if (units === undefined) failAtBaiRecord(record, 'has no amount; expected 16,<type>,<amount>,…');
    if (units >= 0n) return { direction: named, reversal: false } as const;
    return { direction: named === 'CRDT' ? 'DBIT' : 'CRDT', reversal: true } as const;
  }

  /**
   * Ends the account. The total credits (100) and total debits (400) are compared with the entries only if the bank gives an item count.
   * Without a count, a total may include movements that the file does not list.
   */
  end(): StatementEnd {
    const inconsistencies = [...this.inconsistencies];
    for (const { type, units, count } of this.#entries === 0 ? [] : this.#summaries) {
      const creditDebit = type === '100' ? 'CRDT' : type === '400' ? 'DBIT' : undefined;
      if (creditDebit === undefined || count === undefined) continue;
      const amount = units === undefined ? {} : { amount: formatMinorUnits(units, this.#digits) };
      inconsistencies.push(
        ...this.#totals.findDifferences({ where: `type ${type}`, creditDebit, count, ...amount }),
      );
    }
    return {
      part: 'end',
      balances: this.#balances,
      ...(inconsistencies.length === 0 ? {} : { inconsistencies }),
      ...(this.unreadable.length === 0 ? {} : { unreadable: this.unreadable }),
    };
  }
}

/**
 * Matches the keywords that some banks write into continuation records: `EREF: 4711`, `CRNM: Test Inc.`. Source: sample 4 of moov-io/bai2.
 */
const KEYWORD_PATTERN = /^(CREF|EREF|REMI|CRNM|DBNM|CACT|DACT|CABA|DABA|CBIC|DBIC|IDNM|CHKN):\s*(.*)$/;

function readText(
  text: string[],
  customerReference: string,
): Pick<Entry, 'references' | 'remittance' | 'additionalInformation'> {
  const keyed = new Map<string, string>();
  const plain = text.filter((line) => {
    const [, key, value = ''] = KEYWORD_PATTERN.exec(line) ?? [];
    if (key === 'EREF' || key === 'REMI' || key === 'CHKN') keyed.set(key, value);
    return key === undefined || !keyed.has(key);
  });
  const [endToEndId, remittance, chequeNumber] = ['EREF', 'REMI', 'CHKN'].map((key) =>
    collapseWhitespace(keyed.get(key) ?? ''),
  );
  const information = collapseWhitespace(plain.join(' '));
  return {
    references: {
      ...(isPlaceholderReference(customerReference) ? {} : { customerReference }),
      ...(endToEndId === undefined || isPlaceholderReference(endToEndId) ? {} : { endToEndId }),
      ...(chequeNumber === undefined ? {} : { chequeNumber }),
    },
    ...(remittance === undefined
      ? information === undefined
        ? {}
        : { remittance: information }
      : { remittance, ...(information === undefined ? {} : { additionalInformation: information }) }),
  };
}
