/** Builds the page of accounts of a PSP that lists its accounts together with their balances. */
import type { Json } from '../http/json-accessors.js';
import { parseRow } from '../http/parse-row.js';
import { isRejectedRecord } from '../plugin.js';
import type { DataWarning, Page } from '../plugin.js';
import type { Account, Balances } from '../record.types.js';
import { takeValidRecords } from './parse-rows.js';

/** One list of accounts, and how its rows are mapped. A PSP can have several lists: wallets and bank accounts. */
export interface AccountList {
  rows: readonly Json[];
  /** The name of the property that contains the id of an account. */
  idProperty: string;
  toAccount: (row: Json) => Account;
  toBalances: (row: Json) => Balances;
}

/** Maps all rows to accounts and to balances. A balance that cannot be read does not cost its account: it becomes a warning. */
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
