/** Checks the balances of a statement: for each currency, opening balance + entries must equal the closing balance. */
import { InvalidRecordError, formatAmount } from '@tributary/connector-api';
import { computeDigest } from '../identity/digest.js';
import { createAccountId, identifyStatement, computeStatementVersion } from '../identity/entry-identity.js';
import { isIban } from '../readers/value-parsers.js';
import { toSignedMoney } from '../statements/to-signed-money.js';
import type { Entry, StatementBalance, StatementEnd, StatementStart } from '../statements/statement.types.js';

export interface CheckedStatement {
  start: StatementStart;
  /** An identifier of the statement that is the same in every file. It is the result of `identifyStatement`. */
  identity: string;
  /** A digest that all versions of the statement have in common. It is the result of `computeStatementVersion`. */
  version: string;
  accountId: string;
  /** A digest of all entries and of the booked balances. */
  content: string;
  /** The sums of the booked entries, by currency. A currency with rejected entries is absent. */
  sums: ReadonlyMap<string, bigint>;
  balances: StatementBalance[];
  /** The number of booked entries. */
  bookedCount: number;
  /** The closing balance minus the opening balance minus the entries, with its sign: `-0.01 EUR`. Absent if the difference is 0. */
  imbalance?: string;
  /** A warning with all figures. It also contains the inconsistencies and the unreadable values that the reader found. */
  warning?: string;
  /**
   * The reason why the currency of the entries is unknown. Such entries are rejected. It occurs only in formats whose entries contain no
   * currency of their own.
   */
  currencyConflict?: string;
}

/** Adds up the valid booked entries, by currency. */
export class EntrySums {
  readonly byCurrency = new Map<string, { sum: bigint; entries: number; refused: number }>();

  add(entry: Entry): void {
    if (entry.status !== 'BOOK') return;
    const total = this.forCurrency(entry.currency);
    if (entry.ambiguity !== undefined) {
      total.refused++;
      return;
    }
    try {
      total.sum += toSignedMoney(entry).amount;
      total.entries++;
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      total.refused++;
    }
  }

  /** Returns the sums of all currencies that have no rejected entries. */
  complete(currencies: readonly string[]): Map<string, bigint> {
    return new Map(
      currencies.flatMap((currency) => {
        const { sum, refused } = this.forCurrency(currency);
        return refused === 0 ? [[currency, sum] as const] : [];
      }),
    );
  }

  forCurrency(currency: string): { sum: bigint; entries: number; refused: number } {
    const total = this.byCurrency.get(currency) ?? { sum: 0n, entries: 0, refused: 0 };
    this.byCurrency.set(currency, total);
    return total;
  }
}

export function checkStatement(
  start: StatementStart,
  { balances, inconsistencies = [], unreadable = [] }: StatementEnd,
  sums: EntrySums,
  entries: string,
): CheckedStatement {
  const identity = identifyStatement(start, balances);
  const statement = {
    start,
    identity,
    version: computeStatementVersion(identity, balances),
    accountId: createAccountId(start),
    content: computeDigest(entries, computeStatementVersion('', balances)),
    sums: sums.complete(balances.map(({ currency }) => currency)),
    balances,
    bookedCount: [...sums.byCurrency.values()].reduce(
      (count, { entries, refused }) => count + entries + refused,
      0,
    ),
  };
  const isBooked = start.kind === 'booked';
  const currencyConflict = isBooked ? describeCurrencyConflict(balances) : undefined;
  const imbalances =
    isBooked && currencyConflict === undefined
      ? [...new Set([...balances.map(({ currency }) => currency), ...sums.byCurrency.keys()])]
          .map((currency) => findImbalance(currency, statement, sums))
          .filter((found) => found !== undefined)
      : [];
  const messages = [
    ...imbalances.map(({ figures }) => figures),
    ...(currencyConflict === undefined ? [] : [currencyConflict]),
    ...inconsistencies,
  ];
  const warnings = [
    ...(messages.length === 0 ? [] : [`does not add up: ${messages.join('; ')}`]),
    ...(unreadable.length === 0 ? [] : [`has values that cannot be read: ${unreadable.join('; ')}`]),
    ...(hasWrongCheckDigits(start.account.id)
      ? ['names an account whose IBAN has wrong check digits, so that it counts as an account of its own']
      : []),
  ];
  return {
    ...statement,
    ...(imbalances.length > 0 && { imbalance: imbalances.map(({ difference }) => difference).join(', ') }),
    ...(currencyConflict !== undefined && { imbalance: 'unknown' }),
    ...(currencyConflict !== undefined && !start.format.startsWith('camt') && { currencyConflict }),
    ...(warnings.length > 0 && { warning: `${describeStatement(statement)} ${warnings.join('; and it ')}` }),
  };
}

/** Matches a text in the form of an IBAN: a country code, two check digits and an account number of at least eleven characters. */
const IBAN_FORM_PATTERN = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;

/**
 * Returns true if the text has the form of an IBAN and its check digits are wrong. Without this check, one wrong character in an IBAN would
 * create a second account without a warning.
 */
function hasWrongCheckDigits(accountNumber: string): boolean {
  const compact = accountNumber.replaceAll(' ', '').toUpperCase();
  return IBAN_FORM_PATTERN.test(compact) && !isIban(compact);
}

/**
 * Returns the reason why the opening and closing balances cannot be compared: no currency has both of them. If there is only an opening or
 * only a closing balance, nothing is wrong, and the result is `undefined`.
 */
function describeCurrencyConflict(balances: readonly StatementBalance[]): string | undefined {
  const opening = findOpeningBalance(balances);
  const closing = findClosingBalance(balances);
  if (!opening || !closing || opening.currency === closing.currency) return undefined;
  const hasBoth = [...new Set(balances.map(({ currency }) => currency))].some((currency) => {
    const ofCurrency = balances.filter((balance) => balance.currency === currency);
    return findOpeningBalance(ofCurrency) && findClosingBalance(ofCurrency);
  });
  return hasBoth
    ? undefined
    : `the opening balance is in ${opening.currency} and the closing balance in ${closing.currency}, so the sum of the entries cannot be checked`;
}

/** Returns the name of the statement for messages: `statement 12 of account DE12… (2026-03-04)`. */
export function describeStatement({ start, accountId, balances }: CheckedStatement): string {
  const day = start.to ?? balances.at(-1)?.at ?? start.createdAt;
  return `statement ${start.sequence ?? start.id} of account ${accountId}${day ? ` (${day.slice(0, 10)})` : ''}`;
}

function findImbalance(
  currency: string,
  { start, balances }: CheckedStatement,
  sums: EntrySums,
): { difference: string; figures: string } | undefined {
  const ofCurrency = balances.filter((balance) => balance.currency === currency);
  const opening = findOpeningBalance(ofCurrency);
  const closing = findClosingBalance(ofCurrency);
  if (!opening || !closing) return findEntriesWithoutBalance(currency, balances, sums);
  if (areBalancesOfOtherPages(start, opening, closing)) return undefined;
  const { sum, entries, refused } = sums.forCurrency(currency);
  const rejectedNote = refused === 0 ? '' : ` (${refused} more could not be served)`;
  try {
    const [from, to] = [toSignedMoney(opening), toSignedMoney(closing)];
    const difference = to.amount - from.amount - sum;
    if (difference === 0n) return undefined;
    const show = (amount: bigint): string => `${formatAmount({ amount, asset: to.asset })} ${currency}`;
    return {
      difference: show(difference),
      figures:
        `opening ${show(from.amount)} + ${entries} entries of ${show(sum)}${rejectedNote} = ${show(from.amount + sum)}, ` +
        `but closing is ${show(to.amount)}: ${show(difference)} unexplained`,
    };
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return { difference: `unknown ${currency}`, figures: `its balances cannot be read: ${error.message}` };
  }
}

/**
 * Returns a warning if some entries have a currency without balances, although the statement has balances in another currency. No check
 * covers such entries. For a statement without any balances, the result is `undefined`, because such a statement cannot be checked at all.
 */
function findEntriesWithoutBalance(
  currency: string,
  balances: readonly StatementBalance[],
  sums: EntrySums,
): { difference: string; figures: string } | undefined {
  const { entries, refused } = sums.forCurrency(currency);
  const others = [...new Set(balances.map((balance) => balance.currency))];
  const isChecked = others.some((other) => {
    const ofCurrency = balances.filter((balance) => balance.currency === other);
    return findOpeningBalance(ofCurrency) !== undefined && findClosingBalance(ofCurrency) !== undefined;
  });
  if (entries + refused === 0 || !isChecked) return undefined;
  return {
    difference: `unknown ${currency}`,
    figures: `${entries + refused} entries are in ${currency}, but the balances are in ${others.join(', ')}, so these entries cannot be checked`,
  };
}

/**
 * Returns true if the balances do not belong to this page of a statement. A bank may repeat the balances of the whole statement on every
 * page.
 */
function areBalancesOfOtherPages(
  { page }: StatementStart,
  opening: StatementBalance,
  closing: StatementBalance,
): boolean {
  if (!page) return false;
  // A page number that cannot be read counts as the first page.
  const isFirst = !(Number(page.number) > 1);
  return (!isFirst && !opening.intermediate) || (!page.last && !closing.intermediate);
}

/** Returns the booked balance before the first entry. On the second and later pages of a statement, it is an interim balance. */
export function findOpeningBalance(balances: readonly StatementBalance[]): StatementBalance | undefined {
  const interim = balances.filter(({ code }) => code === 'ITBD');
  return (
    balances.find(({ code }) => code === 'OPBD') ??
    balances.find(({ code }) => code === 'PRCD') ??
    (interim.length > 1 || balances.some(({ code }) => code === 'CLBD') ? interim[0] : undefined)
  );
}

/** Returns the booked balance after the last entry. On all pages except the last one, it is an interim balance. */
export function findClosingBalance(balances: readonly StatementBalance[]): StatementBalance | undefined {
  return balances.findLast(({ code }) => code === 'CLBD') ?? balances.findLast(({ code }) => code === 'ITBD');
}
