/**
 * A simulated year of bank statements. There are accounts with weekly statements, one kind of fault for each account, and the warnings that
 * the plugin must report for each fault. Half of the accounts send camt.053, and the others MT940. No random numbers are used.
 */
import { createCamtXml } from '../bank-statements.fake.js';

export const FAULTS = [
  'none',
  'missing',
  'late',
  'sent twice',
  'copied under another number',
  'corrected',
  'overlapping',
  'reordered',
] as const;
export type Fault = (typeof FAULTS)[number];

export const WEEK_COUNT = 52;
/** The week in which each fault occurs. It is neither the first nor the last week, so that a statement follows. */
export const FAULTY_WEEK = 20;
const FIRST_MONDAY = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

interface SimulatedEntry {
  day: string;
  cents: number;
  reference: string;
}

interface WeeklyStatement {
  number: number;
  day: string;
  openingCents: number;
  closingCents: number;
  entries: SimulatedEntry[];
}

export interface SimulatedFile {
  name: string;
  content: string;
  /** The week in which the bank delivers the file, counted from 0. The files of one week arrive in this order. */
  week: number;
}

export interface SimulatedAccount {
  id: string;
  fault: Fault;
  files: SimulatedFile[];
  /** The sum of the entries that must be served at the end of the year, in cents. */
  servedCents: number;
  /** The weeks, counted from 0, after whose pull a difference between a closing and the next opening balance is reported. */
  weeksWithBreak: number[];
  /** The number of corrections that are reported. */
  changeCount: number;
}

export function simulateAccount(index: number): SimulatedAccount {
  const fault = FAULTS[index % FAULTS.length] ?? 'none';
  const isCamt = Math.floor(index / FAULTS.length) % 2 === 0;
  const id = `1234567${String(index).padStart(3, '0')}`;
  const statements = simulateStatements(index);
  const write = (statement: WeeklyStatement): string =>
    isCamt ? writeCamt(id, statement) : writeMt940(id, statement);
  const toFile = (statement: WeeklyStatement, week: number, suffix = ''): SimulatedFile => ({
    name: `${id}-${String(statement.number).padStart(2, '0')}${suffix}`,
    content: write(statement),
    week,
  });
  const files = statements.map((statement, week) => toFile(statement, week));
  const [first, faulty, last] = [statements[0], statements[FAULTY_WEEK], statements.at(-1)];
  if (!first || !faulty || !last) throw new Error('expected a year of statements');
  const account: SimulatedAccount = {
    id,
    fault,
    files,
    servedCents: last.closingCents - first.openingCents,
    weeksWithBreak: [],
    changeCount: 0,
  };
  switch (fault) {
    case 'none':
      return account;
    case 'missing':
      files.splice(FAULTY_WEEK, 1);
      account.servedCents -= faulty.closingCents - faulty.openingCents;
      account.weeksWithBreak = listWeeks(FAULTY_WEEK + 1);
      return account;
    case 'late':
      files[FAULTY_WEEK] = toFile(faulty, FAULTY_WEEK + 3);
      account.weeksWithBreak = listWeeks(FAULTY_WEEK + 1, FAULTY_WEEK + 2);
      return account;
    case 'sent twice':
      files.push(toFile(faulty, FAULTY_WEEK, '-again'), toFile(faulty, FAULTY_WEEK + 9, '-once-more'));
      return account;
    case 'copied under another number':
      files.push(toFile({ ...faulty, number: 900 }, FAULTY_WEEK, '-copy'));
      account.weeksWithBreak = listWeeks(FAULTY_WEEK);
      return account;
    case 'corrected': {
      // One entry of the first version has another amount. Therefore the closing balance differs, too.
      const [changed, ...others] = faulty.entries;
      if (!changed) throw new Error('expected an entry');
      const wrong = {
        ...faulty,
        entries: [{ ...changed, cents: changed.cents + 100 }, ...others],
        closingCents: faulty.closingCents + 100,
      };
      files[FAULTY_WEEK] = toFile(wrong, FAULTY_WEEK);
      files.push(toFile(faulty, FAULTY_WEEK + 1, '-corrected'));
      account.changeCount = 1;
      return account;
    }
    case 'overlapping': {
      // This export begins in the middle of the week before, and repeats the last entries of that week.
      const before = statements[FAULTY_WEEK - 1];
      const repeated = before?.entries.slice(-2) ?? [];
      const repeatedCents = repeated.reduce((sum, { cents }) => sum + cents, 0);
      files[FAULTY_WEEK] = toFile(
        {
          ...faulty,
          openingCents: faulty.openingCents - repeatedCents,
          entries: [...repeated, ...faulty.entries],
        },
        FAULTY_WEEK,
      );
      account.weeksWithBreak = listWeeks(FAULTY_WEEK);
      return account;
    }
    case 'reordered': {
      const next = statements[FAULTY_WEEK + 1];
      if (!next) throw new Error('expected a statement after the fault');
      files[FAULTY_WEEK] = toFile(next, FAULTY_WEEK);
      files[FAULTY_WEEK + 1] = toFile(faulty, FAULTY_WEEK + 1);
      account.weeksWithBreak = listWeeks(FAULTY_WEEK, FAULTY_WEEK);
      return account;
    }
    default:
      return fault satisfies never;
  }
}

function listWeeks(from: number, to = WEEK_COUNT - 1): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}

/** Creates five entries per week. Amounts repeat within a day and between accounts, as in practice. */
function simulateStatements(index: number): WeeklyStatement[] {
  let balance = 100_000 + index;
  return Array.from({ length: WEEK_COUNT }, (_, week) => {
    const openingCents = balance;
    const entries = Array.from({ length: 5 }, (_unused, n) => ({
      day: toDay(week * 7 + Math.floor(n / 2)),
      cents: n % 3 === 2 ? -(500 + 10 * ((week + index) % 4)) : 1000 + 50 * ((week + n + index) % 3),
      reference: `R${String(index).padStart(2, '0')}${String(week).padStart(2, '0')}${n}`,
    }));
    balance += entries.reduce((sum, { cents }) => sum + cents, 0);
    return { number: week + 1, day: toDay(week * 7 + 4), openingCents, closingCents: balance, entries };
  });
}

function toDay(dayNumber: number): string {
  return new Date(FIRST_MONDAY + dayNumber * DAY_MS).toISOString().slice(0, 10);
}

function toDecimal(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function writeCamt(
  account: string,
  { number, day, openingCents, closingCents, entries }: WeeklyStatement,
): string {
  return createCamtXml({
    id: `S${number}`,
    number: String(number),
    createdAt: `${day}T20:00:00Z`,
    account,
    day,
    opening: toDecimal(openingCents),
    closing: toDecimal(closingCents),
    entries: entries.map((entry) => ({
      amount: toDecimal(entry.cents),
      day: entry.day,
      reference: entry.reference,
      text: 'invoice',
    })),
  });
}

function writeMt940(
  account: string,
  { number, day, openingCents, closingCents, entries }: WeeklyStatement,
): string {
  const short = (text: string): string => text.slice(2).replaceAll('-', '');
  const amount = (cents: number): string => toDecimal(Math.abs(cents)).replace('.', ',');
  const balance = (tag: string, cents: number): string =>
    `:${tag}:${cents < 0 ? 'D' : 'C'}${short(day)}EUR${amount(cents)}`;
  return [
    ':20:STATEMENT',
    `:25:${account}`,
    `:28C:${number}/1`,
    balance('60F', openingCents),
    ...entries.flatMap((entry) => [
      `:61:${short(entry.day)}${entry.day.slice(5).replace('-', '')}${entry.cents < 0 ? 'D' : 'C'}${amount(entry.cents)}NTRFNONREF//${entry.reference}`,
      ':86:invoice',
    ]),
    balance('62F', closingCents),
    '-',
    '',
  ].join('\n');
}
