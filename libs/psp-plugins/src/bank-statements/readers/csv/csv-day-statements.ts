/**
 * Divides the rows of an export into one statement per account, currency and day. An export covers any period, and two exports may overlap.
 * The statement of a day is the same in both. Reasons: docs/decisions/0020-csv-exports.md.
 */
import { isIban, formatScaledInteger } from '../value-parsers.js';
import type {
  Entry,
  StatementBalance,
  StatementEvent,
  StatementStart,
} from '../../statements/statement.types.js';
import type { CsvRowSummary } from './csv-row-converter.js';

/** The maximum number of rows that are named in the message about a running balance. */
const MAX_NAMED_ROWS = 3;

/**
 * Returns the events of the statements, sorted by day. The rows of a file are sorted from old to new or from new to old. If the rows have
 * balances, the balances decide; otherwise the days decide.
 * @param readEntries returns the entries of a row. They are not part of `rows`, because a large file has too many of them
 */
export function* createDayStatements<Row extends CsvRowSummary>(
  rows: readonly Row[],
  readEntries: (row: Row) => readonly Entry[],
): Generator<StatementEvent> {
  for (const ofAccount of groupBy(rows, ({ accountId, currency }) => `${accountId}\n${currency}`)) {
    const ascending = isNewestFirst(ofAccount) ? ofAccount.toReversed() : ofAccount;
    const breaks = findBalanceBreaks(ascending);
    const days = groupBy(ascending, ({ day }) => day);
    // Without an order by day, the rows of a day are not next to each other, and a day has no opening and closing balance.
    const isSorted = ascending.every(({ day }, n) => n === 0 || (ascending[n - 1]?.day ?? '') <= day);
    for (const ofDay of isSorted ? days : days.toSorted(compareDays)) {
      yield createStart(ofDay);
      let bookedAt: string | undefined;
      for (const row of ofDay) {
        for (const entry of readEntries(row)) {
          bookedAt = entry.bookedAt;
          yield entry;
        }
      }
      const inconsistencies = ofDay.flatMap((row) => breaks.get(row) ?? []).slice(0, MAX_NAMED_ROWS);
      yield {
        part: 'end',
        balances: isSorted ? createBalances(ofDay, bookedAt) : [],
        ...(inconsistencies.length > 0 && { inconsistencies }),
      };
    }
  }
}

/** Returns the events of a statement without entries, for an export in which nothing was booked. */
export function createEmptyStatement(account: string, currency: string | undefined): StatementEvent[] {
  const start: StatementStart = {
    part: 'start',
    format: 'csv',
    kind: 'booked',
    id: 'export without rows',
    account: { id: account, isIban: isIban(account), ...(currency !== undefined && { currency }) },
  };
  return [start, { part: 'end', balances: [] }];
}

function createStart([first]: readonly CsvRowSummary[]): StatementStart {
  const { accountId = '', currency = '', day = '' } = first ?? {};
  return {
    part: 'start',
    format: 'csv',
    kind: 'booked',
    id: `${day} ${currency}`,
    account: { id: accountId, isIban: isIban(accountId) },
  };
}

/** Returns true if the rows are sorted from new to old. */
function isNewestFirst(rows: readonly CsvRowSummary[]): boolean {
  const asWritten = findBalanceBreaks(rows).size;
  const reversed = findBalanceBreaks(rows.toReversed()).size;
  if (asWritten !== reversed) return reversed < asWritten;
  return (rows[0]?.day ?? '') > (rows.at(-1)?.day ?? '');
}

/**
 * Returns the rows whose balance is not the balance before plus the change, with a description.
 * @param rows the rows of one account and currency, from old to new
 */
function findBalanceBreaks(rows: readonly CsvRowSummary[]): Map<CsvRowSummary, string> {
  const breaks = new Map<CsvRowSummary, string>();
  let expected: bigint | undefined;
  for (const row of rows) {
    if (expected !== undefined) expected += row.change;
    if (row.balance === undefined) continue;
    if (expected !== undefined && expected !== row.balance)
      breaks.set(
        row,
        `row ${row.number} (line ${row.line}) says that the balance is ${formatScaledInteger(row.balance)}; by the row before, it is ${formatScaledInteger(expected)}`,
      );
    expected = row.balance;
  }
  return breaks;
}

/**
 * Returns the opening and the closing balance of a day.
 * @param closedAt the time of the last entry; `undefined` if the day is all that is known
 */
function createBalances(rows: readonly CsvRowSummary[], closedAt: string | undefined): StatementBalance[] {
  const first = rows.findIndex(({ balance }) => balance !== undefined);
  const last = rows.findLastIndex(({ balance }) => balance !== undefined);
  const [firstBalance, lastBalance] = [rows[first]?.balance, rows[last]?.balance];
  if (firstBalance === undefined || lastBalance === undefined) return [];
  const opening = firstBalance - sumChanges(rows.slice(0, first + 1));
  const closing = lastBalance + sumChanges(rows.slice(last + 1));
  const { currency = '', day = '' } = rows[0] ?? {};
  return [
    createBalance('OPBD', opening, currency, day),
    createBalance('CLBD', closing, currency, closedAt ?? day),
  ];
}

function createBalance(code: string, amount: bigint, currency: string, at: string): StatementBalance {
  const creditDebit = amount < 0n ? 'DBIT' : 'CRDT';
  return { code, creditDebit, amount: formatScaledInteger(amount < 0n ? -amount : amount), currency, at };
}

function sumChanges(rows: readonly CsvRowSummary[]): bigint {
  return rows.reduce((sum, { change }) => sum + change, 0n);
}

function compareDays([a]: readonly CsvRowSummary[], [b]: readonly CsvRowSummary[]): number {
  return (a?.day ?? '') < (b?.day ?? '') ? -1 : 1;
}

function groupBy<Row extends CsvRowSummary>(rows: readonly Row[], getKey: (row: Row) => string): Row[][] {
  return [...Map.groupBy(rows, getKey).values()];
}
