/**
 * The first pass over a file: checks that it is complete and that each statement is balanced. Records are
 * served only after this check.
 */
import { InvalidRecordError, formatAmount } from '@tributary/connector-api';
import {
  accountIdFrom,
  computeDigest,
  identifyStatement,
  statementVersion,
  normalizeFacts,
} from '../identity/entry-identity.js';
import { listDuplicateKeys } from './duplicate-keys.js';
import { DigestCounter } from './digest-counter.js';
import { toSignedMoney } from '../statements/signed-money.js';
import { StatementError } from '../statements/statement-parts.js';
import type {
  Entry,
  StatementBalance,
  StatementEnd,
  StatementEvent,
  StatementStart,
} from '../statements/statement-parts.js';

export interface CheckedFile {
  /** In file order. */
  statements: CheckedStatement[];
  /** Number of occurrences of the digests of `listDuplicateKeys`. */
  digestCounts: DigestCounter;
}

export interface CheckedStatement {
  start: StatementStart;
  /** See `identifyStatement`. */
  identity: string;
  /** See `statementVersion`. */
  version: string;
  accountId: string;
  balances: StatementBalance[];
  /**
   * Closing balance minus opening balance minus entries, with its sign: `-0.01 EUR`. Absent if the statement
   * is balanced.
   */
  imbalance?: string;
  /** Warning with all figures and with the inconsistencies that the reader found. */
  warning?: string;
}

/**
 * @param needsIdentity false if the stream does not match entries; computing the digests takes as long as
 * parsing
 * @throws StatementError when the file is broken or not a bank statement
 */
export async function checkFile(
  parts: AsyncIterable<StatementEvent>,
  needsIdentity = true,
): Promise<CheckedFile> {
  const statements: CheckedStatement[] = [];
  const digestCounts = new DigestCounter();
  const contents = new Map<string, string>();
  let open: { start: StatementStart; accountId: string; sums: EntrySums; content: string } | undefined;
  for await (const part of parts) {
    switch (part.part) {
      case 'start':
        open = { start: part, accountId: accountIdFrom(part), sums: new EntrySums(), content: '' };
        break;
      case 'entry':
        if (!open) throw new StatementError(`${part.position} stands outside of any statement`);
        open.sums.add(part);
        if (!needsIdentity) break;
        for (const key of listDuplicateKeys(part, open.accountId, statements.length)) digestCounts.add(key);
        open.content = computeDigest(
          open.content,
          part.creditDebit,
          part.amount,
          part.bookedAt,
          ...normalizeFacts(part),
        );
        break;
      case 'end':
        if (!open) throw new StatementError('a statement ends that never began');
        statements.push(
          ensureDistinctIdentity(checkStatement(open.start, part, open.sums), open.content, contents),
        );
        open = undefined;
        break;
      default:
        part satisfies never;
    }
  }
  if (open) throw new StatementError(`statement ${open.start.id} has no end`);
  if (statements.length === 0) throw new StatementError('there is no statement in it');
  digestCounts.finish();
  return { statements, digestCounts };
}

/**
 * Gives statements with equal identity but different entries different identities. A file may contain one
 * statement twice, and some banks write different statements with equal headers.
 * @param contents content digests by identity; extended here
 */
function ensureDistinctIdentity(
  statement: CheckedStatement,
  content: string,
  contents: Map<string, string>,
): CheckedStatement {
  const first = contents.get(statement.identity);
  if (first === undefined) contents.set(statement.identity, content);
  return first === undefined || first === content
    ? statement
    : { ...statement, identity: computeDigest(statement.identity, content), version: '' };
}

/** Sums of the valid booked entries, by currency. */
class EntrySums {
  readonly byCurrency = new Map<string, { sum: bigint; entries: number; refused: number }>();

  add(entry: Entry): void {
    if (entry.status !== 'BOOK') return;
    const total = this.forCurrency(entry.currency);
    try {
      total.sum += toSignedMoney(entry).amount;
      total.entries++;
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error;
      total.refused++;
    }
  }

  forCurrency(currency: string): { sum: bigint; entries: number; refused: number } {
    const total = this.byCurrency.get(currency) ?? { sum: 0n, entries: 0, refused: 0 };
    this.byCurrency.set(currency, total);
    return total;
  }
}

function checkStatement(
  start: StatementStart,
  { balances, inconsistencies = [] }: StatementEnd,
  sums: EntrySums,
): CheckedStatement {
  const identity = identifyStatement(start, balances);
  const statement = {
    start,
    identity,
    version: statementVersion(identity, balances),
    accountId: accountIdFrom(start),
    balances,
  };
  const imbalances =
    start.kind === 'booked'
      ? [...new Set(balances.map(({ currency }) => currency))]
          .map((currency) => findImbalance(currency, statement, sums))
          .filter((found) => found !== undefined)
      : [];
  const messages = [...imbalances.map(({ figures }) => figures), ...inconsistencies];
  return {
    ...statement,
    ...(imbalances.length > 0 && { imbalance: imbalances.map(({ difference }) => difference).join(', ') }),
    ...(messages.length > 0 && {
      warning: `${describeStatement(statement)} does not add up: ${messages.join('; ')}`,
    }),
  };
}

/** Returns `statement 12 of account DE12… (2026-03-04)`, for messages. */
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
  if (!opening || !closing || areBalancesOfOtherPages(start, opening, closing)) return undefined;
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

/** Returns whether the balances do not belong to this page. A page may repeat the balances of the whole statement. */
function areBalancesOfOtherPages(
  { page }: StatementStart,
  opening: StatementBalance,
  closing: StatementBalance,
): boolean {
  if (!page) return false;
  const isFirst = Number(page.number) === 1;
  return (!isFirst && !opening.intermediate) || (!page.last && !closing.intermediate);
}

/** Returns the booked balance before the entries. Later pages of a statement begin with an interim balance. */
export function findOpeningBalance(balances: readonly StatementBalance[]): StatementBalance | undefined {
  const interim = balances.filter(({ code }) => code === 'ITBD');
  return (
    balances.find(({ code }) => code === 'OPBD') ??
    balances.find(({ code }) => code === 'PRCD') ??
    (interim.length > 1 || balances.some(({ code }) => code === 'CLBD') ? interim[0] : undefined)
  );
}

/** Returns the booked balance after the entries. Pages before the last one end with an interim balance. */
export function findClosingBalance(balances: readonly StatementBalance[]): StatementBalance | undefined {
  return balances.findLast(({ code }) => code === 'CLBD') ?? balances.findLast(({ code }) => code === 'ITBD');
}
