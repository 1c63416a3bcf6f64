/** Builds the page of accounts of a PSP that lists its accounts together with their balances. */
import type { HttpClock } from '../http/http-clock.js';
import type { Json } from '../http/json-accessors.js';
import { parseRow } from '../http/parse-row.js';
import type { Money } from '../money.js';
import { isRejectedRecord } from '../plugin.js';
import type { DataWarning, Page } from '../plugin.js';
import type { Account, Balances } from '../record.types.js';
import { formatTime } from '../time.js';
import { takeValidRecords } from './parse-rows.js';

/** One list of accounts, and how its rows are mapped. A PSP can have several lists: wallets and bank accounts. */
export interface AccountList {
  rows: readonly Json[];
  /**
   * Maps all rows to accounts and to balances. If a balance cannot be read, the account is still returned, and the balance becomes a
   * warning.
   */
  idProperty: string;
  toAccount: (row: Json) => Account;
  toBalances: (row: Json) => Balances;
}

/** One list of accounts whose response contains no time: the balances get the time of the request. */
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

/** One list of accounts whose response says no time: the balances have the time of the request. */
export interface CurrentAccountList extends Pick<AccountList, 'idProperty' | 'toAccount'> {
  listRows: () => Promise<readonly Json[]>;
  /** Returns the balances of the account: one amount per asset. */
  toAmounts: (row: Json) => Money[];
}

/** The cursor of a list that is read completely each time. */
const WHOLE_LIST_CURSOR = 'all';

/** Requests these lists and yields all accounts with their balances as one page, see `createAccountPage`. */
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
