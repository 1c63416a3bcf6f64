/** Extracts the stream of accounts and their balances. Both are in the first and last parts of the statements. */
import { InvalidRecordError, formatTime } from '@tributary/connector-api';
import type { Account, Balances, FeedReader } from '@tributary/connector-api';
import type { NewestBalances, PullProgress } from './pulling/pull-progress.js';
import type { LocalTimeParser } from './statements/local-time-parser.js';
import { METADATA_PREFIX } from './mapping/metadata-keys.js';
import type { ExtractionStep } from './pulling/page-builder.js';
import type { StreamExtractor } from './pulling/pull-directory.js';
import { toSignedMoney } from './statements/to-signed-money.js';
import { findClosingBalance } from './checking/statement-check.js';
import type { CheckedStatement } from './checking/statement-check.js';
import type { ParsedFile } from './parsing/parsed-file.js';
import type { StatementBalance } from './statements/statement.types.js';

type AccountMetadata = Readonly<Record<string, string>>;

export class AccountExtractor implements StreamExtractor<Account> {
  readonly stream = 'accounts';
  readonly reportsRejections = false;
  /** The accounts that this pull has already read. Other accounts are looked up in the feed. */
  private readonly known = new Map<string, AccountMetadata>();

  constructor(
    private readonly feedReader: FeedReader,
    private readonly time: LocalTimeParser,
    private readonly progress: PullProgress,
  ) {}

  async *extract({ statements }: ParsedFile): AsyncGenerator<ExtractionStep<Account>> {
    await this.loadKnownAccounts(statements);
    const items: Account[] = [];
    const balances: Balances[] = [];
    for (const statement of statements) {
      const account = this.updateAccount(statement);
      if (account) items.push(account);
      const newer = updateBalances(statement, this.progress.balances, this.time);
      if (newer) balances.push(newer);
    }
    yield { items, balances };
  }

  private async loadKnownAccounts(statements: readonly CheckedStatement[]): Promise<void> {
    const unknown = [...new Set(statements.map(({ accountId }) => accountId))].filter(
      (id) => !this.known.has(id),
    );
    if (unknown.length === 0) return;
    const stored = await this.feedReader.findLatest('accounts', unknown);
    for (const [id, { metadata }] of stored) this.known.set(id, metadata);
  }

  /**
   * Updates the known data of an account from a statement.
   * @returns the account if it is new, or if the statement adds information about it; otherwise `undefined`
   */
  private updateAccount({ accountId, start }: CheckedStatement): Account | undefined {
    const before = this.known.get(accountId);
    const { account } = start;
    const stated = {
      [`${METADATA_PREFIX}iban`]: account.isIban ? account.id : undefined,
      [`${METADATA_PREFIX}account_number`]: account.isIban ? undefined : account.id,
      [`${METADATA_PREFIX}servicer`]: account.servicer,
      [`${METADATA_PREFIX}currency`]: account.currency,
      [`${METADATA_PREFIX}name`]: account.name,
      [`${METADATA_PREFIX}owner`]: account.ownerName,
    };
    // Properties that are known but missing in this statement are kept, because some formats contain fewer properties than others.
    const given = Object.entries(stated).filter((fact): fact is [string, string] => fact[1] !== undefined);
    const facts: AccountMetadata = { ...before, ...Object.fromEntries(given) };
    if (before && given.every(([key, value]) => before[key] === value)) return undefined;
    this.known.set(accountId, facts);
    const name = facts[`${METADATA_PREFIX}name`] ?? facts[`${METADATA_PREFIX}owner`] ?? accountId;
    return { id: accountId, name, metadata: facts };
  }
}

/**
 * Returns the account's balances in all currencies after this statement, or `undefined` if none of them is newer than the known balances.
 * @param newest the newest known balances by account; the function updates them
 */
function updateBalances(
  { accountId, balances, start }: CheckedStatement,
  newest: NewestBalances,
  time: LocalTimeParser,
): Balances | undefined {
  const known = (newest[accountId] ??= {});
  let isNewer = false;
  for (const currency of new Set(balances.map((balance) => balance.currency))) {
    const closing = findClosingBalance(balances.filter((balance) => balance.currency === currency));
    const at = closing && observationTime(closing, start, time);
    if (!closing || at === undefined) continue;
    try {
      const { amount, asset } = toSignedMoney(closing);
      const before = known[asset];
      if (before && before[1] > at) continue;
      known[asset] = [amount.toString(), at];
      isNewer = true;
    } catch (error) {
      // This invalid balance is not reported again, because `FileCheck` has already reported it.
      if (!(error instanceof InvalidRecordError)) throw error;
    }
  }
  if (!isNewer) return undefined;
  return {
    accountId,
    at: formatTime(Math.max(...Object.values(known).map(([, at]) => at))),
    amounts: Object.entries(known).map(([asset, [amount]]) => ({ asset, amount: BigInt(amount) })),
  };
}

/**
 * Returns the time of a balance in ms. It is the end of the balance's day. If the bank created the statement before the end of this day, it
 * is the time of creation, because a balance cannot be observed in the future.
 */
function observationTime(
  { at }: StatementBalance,
  start: CheckedStatement['start'],
  time: LocalTimeParser,
): number | undefined {
  const dateOrTime = at ?? start.to ?? start.createdAt;
  if (dateOrTime === undefined) return undefined;
  const end = time.toEndOfDayMs(dateOrTime);
  const begin = time.toEpochMs(dateOrTime);
  const createdAt = start.createdAt?.includes('T') ? time.toEpochMs(start.createdAt) : undefined;
  if (end === undefined || begin === undefined || begin < 0) return undefined;
  return createdAt !== undefined && createdAt >= begin && createdAt < end ? createdAt : end;
}
