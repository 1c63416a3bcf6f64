/** Reads a bank file without a feed, to show what a connector would make of it. Nothing is stored. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { BankStatementsSettings } from './bank-statements.config.js';
import { createChainLinks } from './chain/create-chain-links.js';
import { StatementChains } from './chain/statement-chain.js';
import { FileCheck } from './checking/file-check.js';
import { findClosingBalance, findOpeningBalance } from './checking/statement-check.js';
import type { CheckedStatement } from './checking/statement-check.js';
import { createAccountId } from './identity/entry-identity.js';
import { resolveCsvMapping } from './readers/csv/csv-mapping-resolver.js';
import { readStatements } from './readers/index.js';
import { formatScaledInteger, isDecimal, toScaledInteger } from './readers/value-parsers.js';
import type { Entry, StatementBalance } from './statements/statement.types.js';

/** The sums of one account in one currency. Amounts are decimal numbers. */
export interface AccountPreview {
  account: string;
  currency: string;
  /** The first and the last booking day; empty if no entry has a day. */
  from: string;
  to: string;
  entryCount: number;
  credits: string;
  debits: string;
  /** The balance before the first entry and after the last one. Absent if the file does not contain balances. */
  opening?: string;
  closing?: string;
}

export interface FilePreview {
  format: string;
  accounts: AccountPreview[];
  /** The first entries of the file. */
  entries: (Entry & { account: string })[];
  entryCount: number;
  /** What the connector would report about the file, one sentence each. */
  warnings: string[];
}

/**
 * Reads a file as a connector with these settings would read it.
 * @param path the path of the file. It need not be in the directory of the connector
 * @param maxEntries the number of entries that are returned
 * @throws StatementError if the file would be refused
 * @throws the error of the system if the file cannot be read
 */
export async function previewBankFile(
  path: string,
  settings: Pick<BankStatementsSettings, 'csv'>,
  maxEntries: number,
): Promise<FilePreview> {
  const description = { name: basename(path), csvMappings: settings.csv.map(resolveCsvMapping) };
  const check = new FileCheck();
  const totals = new Map<string, AccountTotals>();
  const entries: FilePreview['entries'] = [];
  let entryCount = 0;
  let account = '';
  for await (const event of readStatements(createReadStream(path), description)) {
    check.add(event);
    if (event.part === 'start') account = createAccountId(event);
    if (event.part !== 'entry') continue;
    if (entryCount++ < maxEntries) entries.push({ ...event, account });
    getOrCreate(totals, account, event.currency).add(event);
  }
  const { statements } = check.finish();
  for (const { accountId, balances } of statements)
    for (const currency of new Set(balances.map((balance) => balance.currency)))
      getOrCreate(totals, accountId, currency).addBalances(
        balances.filter((balance) => balance.currency === currency),
      );
  return {
    format: [...new Set(statements.map(({ start }) => start.format))].join(', '),
    accounts: [...totals.values()].map((total) => total.toPreview()),
    entries,
    entryCount,
    warnings: findWarnings(statements),
  };
}

function findWarnings(statements: readonly CheckedStatement[]): string[] {
  const chains = new StatementChains({});
  for (const statement of statements)
    for (const { key, link } of createChainLinks(statement, '')) chains.add(key, link);
  const ofStatements = statements.flatMap(({ warning }) => warning ?? []);
  return [...ofStatements, ...chains.check().warnings.map(({ message }) => message)];
}

class AccountTotals {
  private entryCount = 0;
  private from = '';
  private to = '';
  private readonly sums = { CRDT: 0n, DBIT: 0n };
  private opening: StatementBalance | undefined;
  private closing: StatementBalance | undefined;

  constructor(
    private readonly account: string,
    private readonly currency: string,
  ) {}

  add({ amount, creditDebit, bookedAt, valueAt }: Entry): void {
    this.entryCount++;
    if (isDecimal(amount)) this.sums[creditDebit] += toScaledInteger(amount);
    const day = (bookedAt ?? valueAt ?? '').slice(0, 10);
    if (day === '') return;
    if (this.from === '' || day < this.from) this.from = day;
    if (day > this.to) this.to = day;
  }

  /** Adds the balances of a statement. The earliest opening balance and the latest closing balance are kept. */
  addBalances(balances: readonly StatementBalance[]): void {
    const [opening, closing] = [findOpeningBalance(balances), findClosingBalance(balances)];
    if (opening && (!this.opening || (opening.at ?? '') < (this.opening.at ?? ''))) this.opening = opening;
    if (closing && (!this.closing || (closing.at ?? '') >= (this.closing.at ?? ''))) this.closing = closing;
  }

  toPreview(): AccountPreview {
    const { account, currency, from, to, entryCount, sums, opening, closing } = this;
    return {
      ...{ account, currency, from, to, entryCount },
      credits: formatScaledInteger(sums.CRDT),
      debits: formatScaledInteger(sums.DBIT),
      ...(opening && { opening: formatBalance(opening) }),
      ...(closing && { closing: formatBalance(closing) }),
    };
  }
}

function getOrCreate(totals: Map<string, AccountTotals>, account: string, currency: string): AccountTotals {
  const key = `${account} ${currency}`;
  const total = totals.get(key) ?? new AccountTotals(account, currency);
  totals.set(key, total);
  return total;
}

function formatBalance({ amount, creditDebit }: StatementBalance): string {
  return creditDebit === 'DBIT' ? `-${amount}` : amount;
}
