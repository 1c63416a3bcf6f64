/**
 * The first pass over a file: checks that it is complete and that each statement is balanced. Records are
 * served only after this check.
 */
import { RefusedError, formatAmount } from '@tributary/connector-api';
import { accountIdOf, digest, statementIdentity, statementVersion, wordsOf } from './identity.js';
import { itemKeys } from './item-keys.js';
import { Repeats } from './repeats.js';
import { signedMoney } from './signed-money.js';
import { StatementError } from './statement.js';
import type { Entry, StatementBalance, StatementEnd, StatementPart, StatementStart } from './statement.js';

export interface CheckedFile {
  /** In file order. */
  statements: CheckedStatement[];
  /** Number of occurrences of the digests of `listDuplicateKeys`. */
  repeats: Repeats;
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
  break?: string;
  /** Warning with all figures and with the inconsistencies that the reader found. */
  found?: string;
}

/**
 * @param needsIdentity false if the stream does not match entries; computing the digests takes as long as
 * parsing
 * @throws StatementError when the file is broken or not a bank statement
 */
export async function checkFile(
  parts: AsyncIterable<StatementPart>,
  recognises = true,
): Promise<CheckedFile> {
  const statements: CheckedStatement[] = [];
  const repeats = new Repeats();
  const contents = new Map<string, string>();
  let open: { start: StatementStart; accountId: string; sums: Sums; content: string } | undefined;
  for await (const part of parts) {
    switch (part.part) {
      case 'start':
        open = { start: part, accountId: accountIdOf(part), sums: new Sums(), content: '' };
        break;
      case 'entry':
        if (!open) throw new StatementError(`${part.position} stands outside of any statement`);
        open.sums.add(part);
        if (!recognises) break;
        for (const key of itemKeys(part, open.accountId, statements.length)) repeats.add(key);
        open.content = digest(open.content, part.creditDebit, part.amount, part.bookedAt, ...wordsOf(part));
        break;
      case 'end':
        if (!open) throw new StatementError('a statement ends that never began');
        statements.push(tellApart(checkStatement(open.start, part, open.sums), open.content, contents));
        open = undefined;
        break;
      default:
        part satisfies never;
    }
  }
  if (open) throw new StatementError(`statement ${open.start.id} has no end`);
  if (statements.length === 0) throw new StatementError('there is no statement in it');
  repeats.seal();
  return { statements, repeats };
}

/**
 * Gives statements with equal identity but different entries different identities. A file may contain one
 * statement twice, and some banks write different statements with equal headers.
 * @param contents content digests by identity; extended here
 */
function tellApart(
  statement: CheckedStatement,
  content: string,
  contents: Map<string, string>,
): CheckedStatement {
  const first = contents.get(statement.identity);
  if (first === undefined) contents.set(statement.identity, content);
  return first === undefined || first === content
    ? statement
    : { ...statement, identity: digest(statement.identity, content), version: '' };
}

/** Sums of the valid booked entries, by currency. */
class Sums {
  readonly byCurrency = new Map<string, { sum: bigint; entries: number; refused: number }>();

  add(entry: Entry): void {
    if (entry.status !== 'BOOK') return;
    const total = this.of(entry.currency);
    try {
      total.sum += signedMoney(entry).amount;
      total.entries++;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      total.refused++;
    }
  }

  of(currency: string): { sum: bigint; entries: number; refused: number } {
    const total = this.byCurrency.get(currency) ?? { sum: 0n, entries: 0, refused: 0 };
    this.byCurrency.set(currency, total);
    return total;
  }
}

function checkStatement(
  start: StatementStart,
  { balances, breaks: said = [] }: StatementEnd,
  sums: Sums,
): CheckedStatement {
  const identity = statementIdentity(start, balances);
  const statement = {
    start,
    identity,
    version: statementVersion(identity, balances),
    accountId: accountIdOf(start),
    balances,
  };
  const breaks =
    start.kind === 'booked'
      ? [...new Set(balances.map(({ currency }) => currency))]
          .map((currency) => findBreak(currency, statement, sums))
          .filter((found) => found !== undefined)
      : [];
  const found = [...breaks.map(({ figures }) => figures), ...said];
  return {
    ...statement,
    ...(breaks.length > 0 && { break: breaks.map(({ difference }) => difference).join(', ') }),
    ...(found.length > 0 && {
      found: `${describeStatement(statement)} does not add up: ${found.join('; ')}`,
    }),
  };
}

/** Returns `statement 12 of account DE12… (2026-03-04)`, for messages. */
export function describeStatement({ start, accountId, balances }: CheckedStatement): string {
  const day = start.to ?? balances.at(-1)?.at ?? start.createdAt;
  return `statement ${start.sequence ?? start.id} of account ${accountId}${day ? ` (${day.slice(0, 10)})` : ''}`;
}

function findBreak(
  currency: string,
  { start, balances }: CheckedStatement,
  sums: Sums,
): { difference: string; figures: string } | undefined {
  const own = balances.filter((balance) => balance.currency === currency);
  const opening = openingOf(own);
  const closing = closingOf(own);
  if (!opening || !closing || isOfOtherPages(start, opening, closing)) return undefined;
  const { sum, entries, refused } = sums.of(currency);
  const left = refused === 0 ? '' : ` (${refused} more could not be served)`;
  try {
    const [from, to] = [signedMoney(opening), signedMoney(closing)];
    const difference = to.amount - from.amount - sum;
    if (difference === 0n) return undefined;
    const show = (amount: bigint): string => `${formatAmount({ amount, asset: to.asset })} ${currency}`;
    return {
      difference: show(difference),
      figures:
        `opening ${show(from.amount)} + ${entries} entries of ${show(sum)}${left} = ${show(from.amount + sum)}, ` +
        `but closing is ${show(to.amount)}: ${show(difference)} unexplained`,
    };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { difference: `unknown ${currency}`, figures: `its balances cannot be read: ${error.message}` };
  }
}

/** Returns whether the balances do not belong to this page. A page may repeat the balances of the whole statement. */
function isOfOtherPages(
  { page }: StatementStart,
  opening: StatementBalance,
  closing: StatementBalance,
): boolean {
  if (!page) return false;
  const isFirst = Number(page.number) === 1;
  return (!isFirst && !opening.intermediate) || (!page.last && !closing.intermediate);
}

/** Returns the booked balance before the entries. Later pages of a statement begin with an interim balance. */
export function openingOf(balances: readonly StatementBalance[]): StatementBalance | undefined {
  const interim = balances.filter(({ code }) => code === 'ITBD');
  return (
    balances.find(({ code }) => code === 'OPBD') ??
    balances.find(({ code }) => code === 'PRCD') ??
    (interim.length > 1 || balances.some(({ code }) => code === 'CLBD') ? interim[0] : undefined)
  );
}

/** Returns the booked balance after the entries. Pages before the last one end with an interim balance. */
export function closingOf(balances: readonly StatementBalance[]): StatementBalance | undefined {
  return balances.findLast(({ code }) => code === 'CLBD') ?? balances.findLast(({ code }) => code === 'ITBD');
}
