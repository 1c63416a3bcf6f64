/** Builds the page of accounts for a PSP that lists its accounts together with their balances. */
import type { HttpClock } from '../http/http-clock.js';
import type { Json } from '../http/json-accessors.js';
import { parseRow } from '../http/parse-row.js';
import type { Money } from '../money.js';
import { isRejectedRecord } from '../plugin.js';
import type { DataWarning, Page } from '../plugin.js';
import type { Account, Balances } from '../record.types.js';
import { formatTime } from '../time.js';
import { takeValidRecords } from './parse-rows.js';

/** One list of accounts, and the functions that convert its rows. A PSP can have several lists, e.g. wallets and bank accounts. */
export interface AccountList {
  rows: readonly Json[];
  /** The name of the property that contains the account id. */
  idProperty: string;
  toAccount: (row: Json) => Account;
  toBalances: (row: Json) => Balances;
}

/**
 * Converts all rows to accounts and balances. If a balance cannot be read, the account is still returned, and the page contains a warning.
 */
export function createAccountPage(lists: readonly AccountList[]): Omit<Page<Account>, 'cursor'> {
  const observed = lists.flatMap(({ rows, idProperty, toBalances }) =>
    rows.map((row) => parseRow(row, idProperty, toBalances)),
  );
  const warnings = observed.filter(isRejectedRecord).map(toWarning);
  return {
    items: lists.flatMap(({ rows, idProperty, toAccount }) =>
      rows.map((row) => parseRow(row, idProperty, toAccount)),
    ),
    balances: takeValidRecords(observed),
    ...(warnings.length > 0 && { warnings }),
  };
}

function toWarning({ id, reason }: { id: string; reason: string }): DataWarning {
  return {
    id: `balance-${id}`,
    message: `the balance of the account ${id} is not served: ${reason}`,
  };
}

/** A list of accounts whose responses contain no time. The balances get the time of the request. */
export interface CurrentAccountList extends Pick<AccountList, 'idProperty' | 'toAccount'> {
  listRows: () => Promise<readonly Json[]>;
  /** Returns the balances of an account, one amount per asset. */
  toAmounts: (row: Json) => Money[];
}

/** The cursor after a list that is read completely each time. It contains no position. */
const WHOLE_LIST_CURSOR = 'all';

/** Requests the given lists and yields one page with all accounts and their balances, see `createAccountPage`. */
export async function* listCurrentAccounts(
  lists: readonly CurrentAccountList[],
  clock: HttpClock,
): AsyncGenerator<Page<Account>> {
  const read: AccountList[] = [];
  for (const { listRows, toAmounts, ...list } of lists) {
    const at = formatTime(clock.now());
    const toBalances = (row: Json) => ({
      accountId: row.string(list.idProperty),
      at,
      amounts: toAmounts(row),
    });
    read.push({ ...list, rows: await listRows(), toBalances });
  }
  yield { ...createAccountPage(read), cursor: WHOLE_LIST_CURSOR };
}

/**
 * Builds the balances of an account from a response that says no time: the balances have the time of the request. An account that the PSP no longer
 * has is served without amounts, so that clients see zero for its assets.
 * @throws InvalidRecordError if the account has no id, or as `toAmounts`
 */
export async function readCurrentBalances(
  accountId: string,
  clock: HttpClock,
  {
    find,
    toAmounts,
  }: { find: (id: string) => Promise<Json | undefined>; toAmounts: (account: Json) => Money[] },
): Promise<Balances> {
  const at = formatTime(clock.now());
  const found = await find(accountId);
  if (found === undefined) return { accountId, at, amounts: [] };
  return { accountId: found.string('id'), at, amounts: toAmounts(found) };
}
