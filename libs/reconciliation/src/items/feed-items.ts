/** Converts rows of a transactions feed to items of a policy. */
import {
  isRepeatedReturn,
  toServedBalanceEffects,
  type ServedMovement,
  type TransactionStatus,
} from '@tributary/connector-api';
import type { StoredFeedRow, ReconciliationItem, ItemKey, NewItem } from '@tributary/feed';
import { toAccountName, type MatchingRule, type Policy, type PspField } from '../policy/policy.types.js';

/** The properties of a transactions feed's row that reconciliation reads. */
interface ServedRow extends ServedMovement {
  id: string;
  relatedTransactionID?: string;
  /** The feed time. */
  updatedAt: string;
  metadata?: Record<string, string>;
}

export interface ConvertedRows {
  items: NewItem[];
  /** Stored items that end because a later row of the same record replaced them. */
  replaced: { number: number; untilPosition: number }[];
}

/** An item of the newest version of a record. The item has a number if it is already stored. */
type CurrentItem = (NewItem | ReconciliationItem) & { number?: number };

/**
 * Converts rows of one connector to items, oldest row first. Each version of a record has its own items. They end at the row of the next
 * version, so that a run at an earlier position uses the versions of that time.
 * @param stored the stored items of the records to which these rows belong
 */
export function convertFeedRows(
  policy: Policy,
  connector: string,
  rows: readonly StoredFeedRow[],
  stored: readonly ReconciliationItem[],
): ConvertedRows {
  const accounts = new Map(
    policy.accounts
      .filter((account) => account.connector === connector)
      .map((account) => [account.account, toAccountName(account)]),
  );
  const current = new Map<string, CurrentItem[]>();
  for (const item of stored)
    if (item.untilPosition === undefined)
      current.set(item.recordId, [...(current.get(item.recordId) ?? []), item]);
  const result: ConvertedRows = { items: [], replaced: [] };
  for (const { seq, recordId, body } of rows) {
    const row = JSON.parse(body) as ServedRow;
    const before = current.get(recordId) ?? [];
    if (before.some(hasMoved) && isRepeatedReturn(row.status, BigInt(row.amount))) continue;
    const contents = toContents(row, accounts, before);
    for (const item of before) {
      if (item.number === undefined) item.untilPosition = seq;
      else result.replaced.push({ number: item.number, untilPosition: seq });
    }
    const keys = toKeys(policy.rules, row);
    const items = contents.map((content): NewItem => ({
      ...{ side: 'psp', source: connector, recordId, sincePosition: seq, untilPosition: undefined },
      ...{ at: Date.parse(row.updatedAt), ...content, keys },
    }));
    result.items.push(...items);
    current.set(recordId, items);
  }
  return result;
}

type Content = Pick<NewItem, 'account' | 'asset' | 'amount' | 'state'>;

function toContents(
  row: ServedRow,
  accounts: ReadonlyMap<string, string>,
  before: readonly CurrentItem[],
): Content[] {
  const effects = toServedBalanceEffects(row);
  if (effects.length > 0)
    return effects.flatMap(({ accountId, asset, amount }) => {
      const account = accounts.get(accountId);
      return account === undefined ? [] : [{ account, asset, amount, state: 'moved' as const }];
    });
  const touches = [row.sourceAccountID, row.destinationAccountID].some(
    (id) => id !== undefined && accounts.has(id),
  );
  if (!touches && before.length === 0) return [];
  return [{ account: '', asset: row.currency, amount: 0n, state: toUnmovedState(row.status, before) }];
}

function toUnmovedState(status: TransactionStatus, before: readonly CurrentItem[]): Content['state'] {
  if (before.some((item) => hasMoved(item) || item.state === 'returned')) return 'returned';
  return status === 'PENDING' || status === 'AUTHORISATION' ? 'pending' : 'failed';
}

function hasMoved({ state }: CurrentItem): boolean {
  return state === 'moved';
}

/** Returns the keys by which the rules of the policy match the row: one key for each rule that finds a value in the row. */
function toKeys(rules: readonly MatchingRule[], row: ServedRow): ItemKey[] {
  return rules.flatMap((rule, index) => {
    const key = rule.kind === 'window' ? undefined : readField(row, rule.psp);
    return key === undefined || key === '' ? [] : [{ rule: index, key }];
  });
}

function readField(row: ServedRow, field: PspField): string | undefined {
  switch (field) {
    case 'id':
      return row.id;
    case 'related':
      return row.relatedTransactionID;
    case 'root':
      return row.relatedTransactionID ?? row.id;
    default:
      return row.metadata?.[field.slice('metadata.'.length)];
  }
}
