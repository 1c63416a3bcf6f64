/** Extracts the stream of accounts and their balances. Both are in the headers and ends of the statements. */
import { RefusedError, formatTime } from '@tributary/connector-api';
import type { Account, Balances, Mirror } from '@tributary/connector-api';
import type { NewestBalances, Progress } from './cursor.js';
import type { LocalTime } from './local-time.js';
import { PREFIX } from './metadata-keys.js';
import type { Step } from './page-builder.js';
import type { Listing } from './pull.js';
import { signedMoney } from './signed-money.js';
import { closingOf } from './statement-check.js';
import type { CheckedFile, CheckedStatement } from './statement-check.js';
import type { StatementBalance } from './statement.js';

type Facts = Readonly<Record<string, string>>;

export class AccountListing implements Listing<Account> {
  readonly reportsRefusals = false;
  readonly recognises = false;
  /** Accounts that this run has seen. Other accounts are looked up in the feed. */
  private readonly known = new Map<string, Facts>();

  constructor(
    private readonly mirror: Mirror,
    private readonly time: LocalTime,
    private readonly progress: Progress,
  ) {}

  async *read({ statements }: CheckedFile): AsyncGenerator<Step<Account>> {
    await this.learn(statements);
    const items: Account[] = [];
    const balances: Balances[] = [];
    for (const statement of statements) {
      const account = this.update(statement);
      if (account) items.push(account);
      const newer = newestBalances(statement, this.progress.balances, this.time);
      if (newer) balances.push(newer);
    }
    yield { items, balances };
  }

  private async learn(statements: readonly CheckedStatement[]): Promise<void> {
    const unknown = [...new Set(statements.map(({ accountId }) => accountId))].filter(
      (id) => !this.known.has(id),
    );
    if (unknown.length === 0) return;
    const held = await this.mirror.latest('accounts', unknown);
    for (const [id, { metadata }] of held) this.known.set(id, metadata);
  }

  /** @returns the account if it is new or the statement adds information about it; otherwise `undefined` */
  private update({ accountId, start }: CheckedStatement): Account | undefined {
    const before = this.known.get(accountId);
    const { account } = start;
    const said = {
      [`${PREFIX}iban`]: account.isIban ? account.id : undefined,
      [`${PREFIX}account_number`]: account.isIban ? undefined : account.id,
      [`${PREFIX}servicer`]: account.servicer,
      [`${PREFIX}currency`]: account.currency,
      [`${PREFIX}name`]: account.name,
      [`${PREFIX}owner`]: account.ownerName,
    };
    // Keep known properties that this statement does not have: some formats contain fewer than others.
    const given = Object.entries(said).filter((fact): fact is [string, string] => fact[1] !== undefined);
    const facts: Facts = { ...before, ...Object.fromEntries(given) };
    if (before && given.every(([key, value]) => before[key] === value)) return undefined;
    this.known.set(accountId, facts);
    const name = facts[`${PREFIX}name`] ?? facts[`${PREFIX}owner`] ?? accountId;
    return { id: accountId, name, metadata: facts };
  }
}

/**
 * Returns the account's balances in all currencies after this statement, or `undefined` if none of them is
 * newer.
 * @param newest newest known balances by account; updated by this function
 */
function newestBalances(
  { accountId, balances, start }: CheckedStatement,
  newest: NewestBalances,
  time: LocalTime,
): Balances | undefined {
  const known = (newest[accountId] ??= {});
  let isNewer = false;
  for (const currency of new Set(balances.map((balance) => balance.currency))) {
    const closing = closingOf(balances.filter((balance) => balance.currency === currency));
    const at = closing && observedAt(closing, start, time);
    if (!closing || at === undefined) continue;
    try {
      const { amount, asset } = signedMoney(closing);
      const before = known[asset];
      if (before && before[1] > at) continue;
      known[asset] = [amount.toString(), at];
      isNewer = true;
    } catch (error) {
      // `checkFile` has reported this balance already.
      if (!(error instanceof RefusedError)) throw error;
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
 * Returns the time of a balance in ms. It is the end of the balance's day. If the statement was created
 * during that day, it is the time of creation, because a time in the future is no observation.
 */
function observedAt(
  { at }: StatementBalance,
  start: CheckedStatement['start'],
  time: LocalTime,
): number | undefined {
  const said = at ?? start.to ?? start.createdAt;
  if (said === undefined) return undefined;
  const end = time.end(said);
  const begin = time.moment(said);
  const made = start.createdAt?.includes('T') ? time.moment(start.createdAt) : undefined;
  if (end === undefined || begin === undefined || begin < 0) return undefined;
  return made !== undefined && made >= begin && made < end ? made : end;
}
