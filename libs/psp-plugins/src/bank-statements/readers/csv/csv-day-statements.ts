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
import type { CsvRowTable } from './csv-row-table.js';

/** The maximum number of rows that are named in the message about a running balance. */
const MAX_NAMED_ROWS = 3;

/**
 * Returns the events of the statements, sorted by day. The rows of a file are sorted from old to new or from new to old. If the rows have
 * balances, the balances decide; otherwise the days decide.
 * @param readEntries returns the entries of a row. They are not part of `rows`, because a large file has too many of them
 */
export function* createDayStatements(
  rows: CsvRowTable,
  readEntries: (index: number) => readonly Entry[],
): Generator<StatementEvent> {
  for (const ofAccount of groupByAccount(rows)) {
    if (isNewestFirst(rows, ofAccount)) ofAccount.reverse();
    const breaks = new Map<number, string>();
    visitBalanceBreaks(rows, ofAccount, (found) => breaks.set(found.index, describeBalanceBreak(found)));
    const days = groupBy(ofAccount, (index) => rows.get(index).day);
    // Without an order by day, the rows of a day are not next to each other, and a day has no opening and closing balance.
    const isSorted = isSortedByDay(rows, ofAccount);
    const sortedDays = isSorted ? days : days.toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [, ofDay] of sortedDays) {
      yield createStart(rows.get(ofDay[0] ?? 0));
      let bookedAt: string | undefined;
      for (const index of ofDay) {
        for (const entry of readEntries(index)) {
          bookedAt = entry.bookedAt;
          yield entry;
        }
      }
      const inconsistencies = ofDay.flatMap((index) => breaks.get(index) ?? []).slice(0, MAX_NAMED_ROWS);
      yield {
        part: 'end',
        balances: isSorted
          ? createBalances(
              ofDay.map((index) => rows.get(index)),
              bookedAt,
            )
          : [],
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

function createStart({ accountId, currency, day }: CsvRowSummary): StatementStart {
  return {
    part: 'start',
    format: 'csv',
    kind: 'booked',
    id: `${day} ${currency}`,
    account: { id: accountId, isIban: isIban(accountId) },
  };
}

/** Returns true if the rows of an account are sorted from new to old. */
function isNewestFirst(rows: CsvRowTable, ofAccount: readonly number[]): boolean {
  const asWritten = countBalanceBreaks(rows, ofAccount);
  const reversed = countBalanceBreaks(rows, ofAccount.toReversed());
  if (asWritten !== reversed) return reversed < asWritten;
  return rows.get(ofAccount[0] ?? 0).day > rows.get(ofAccount.at(-1) ?? 0).day;
}

function isSortedByDay(rows: CsvRowTable, ofAccount: readonly number[]): boolean {
  let previous = '';
  for (const index of ofAccount) {
    const { day } = rows.get(index);
    if (day < previous) return false;
    previous = day;
  }
  return true;
}

/** A row whose balance is not the balance before plus the change. */
interface BalanceBreak {
  index: number;
  row: CsvRowSummary;
  balance: bigint;
  expected: bigint;
}

/**
 * Calls a function for each row whose balance is not the balance before plus the change.
 * @param ofAccount the rows of one account and currency, from old to new
 */
function visitBalanceBreaks(
  rows: CsvRowTable,
  ofAccount: readonly number[],
  onBreak: (found: BalanceBreak) => void,
): void {
  let expected: bigint | undefined;
  for (const index of ofAccount) {
    const row = rows.get(index);
    const { change, balance } = row;
    if (expected !== undefined) expected += change;
    if (balance === undefined) continue;
    if (expected !== undefined && expected !== balance) onBreak({ index, row, balance, expected });
    expected = balance;
  }
}

function countBalanceBreaks(rows: CsvRowTable, ofAccount: readonly number[]): number {
  let count = 0;
  visitBalanceBreaks(rows, ofAccount, () => count++);
  return count;
}

function describeBalanceBreak({ row, balance, expected }: BalanceBreak): string {
  return `row ${row.number} (line ${row.line}) says that the balance is ${formatScaledInteger(balance)}; by the row before, it is ${formatScaledInteger(expected)}`;
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

/** Returns the indexes of the rows, grouped by account and currency. */
function groupByAccount(rows: CsvRowTable): number[][] {
  const indexes = Array.from({ length: rows.length }, (_, index) => index);
  const groups = groupBy(indexes, (index) => {
    const { accountId, currency } = rows.get(index);
    return `${accountId}\n${currency}`;
  });
  return groups.map(([, group]) => group);
}

function groupBy(indexes: readonly number[], getKey: (index: number) => string): [string, number[]][] {
  return [...Map.groupBy(indexes, getKey)];
}
