/** Converts transactions of a ledger to items of a policy. */
import type { ItemKey, LedgerTransaction, NewItem, ReconciliationRepository } from '@tributary/feed';
import { toAccountName, type LedgerField, type MatchingRule, type Policy } from '../policy/policy.types.js';

/**
 * The metadata key with which a Formance Ledger marks a transaction that reverts another transaction. Source: formancehq/ledger,
 * `internal/metadata.go`.
 */
const REVERTS_KEY = 'com.formance.spec/state/reverts';

/**
 * Converts transactions of the policy's ledger to items, in the sequence of their ids. If a transaction reverts another transaction, the
 * function reads the reverted transaction from the store.
 */
export async function convertLedgerTransactions(
  repository: ReconciliationRepository,
  policy: Policy,
  transactions: readonly LedgerTransaction[],
): Promise<NewItem[]> {
  const names = new Map(policy.accounts.map((account) => [account.address, toAccountName(account)]));
  const items: NewItem[] = [];
  for (const transaction of transactions) {
    const revertedId = getRevertedId(transaction);
    const reverted =
      revertedId === undefined
        ? undefined
        : await repository.findLedgerTransaction(policy.ledger, revertedId);
    items.push(...convertTransaction(policy, names, transaction, reverted));
  }
  return items;
}

/** Returns the id of the transaction that the given transaction reverts, or `undefined`. */
function getRevertedId({ metadata }: LedgerTransaction): number | undefined {
  const id = metadata[REVERTS_KEY];
  return id === undefined || !/^\d+$/.test(id) ? undefined : Number(id);
}

/**
 * Converts one transaction to items: one for each account of the policy and each asset that the transaction changes.
 * @param names the names of the policy's accounts, by their addresses in the ledger
 * @param reverted the transaction that the given transaction reverts. The items of the reversal get the keys of the reverted transaction,
 * so that the rules compare them together
 */
function convertTransaction(
  policy: Policy,
  names: ReadonlyMap<string, string>,
  transaction: LedgerTransaction,
  reverted: LedgerTransaction | undefined,
): NewItem[] {
  const keys = toKeys(policy.rules, reverted ?? transaction);
  const items: NewItem[] = [];
  for (const [address, asset, amount] of sumByAccount(transaction)) {
    const account = names.get(address);
    if (account === undefined || amount === 0n) continue;
    const content = {
      ...{ account, asset, amount: policy.sign === 'same' ? amount : -amount },
      state: getRevertedId(transaction) === undefined ? ('moved' as const) : ('reversal' as const),
    };
    items.push({
      ...{ side: 'ledger', source: policy.ledger, recordId: String(transaction.id), at: transaction.at },
      ...{ sincePosition: transaction.id, untilPosition: undefined, ...content },
      keys,
    });
  }
  return items;
}

function sumByAccount({ postings }: LedgerTransaction): [address: string, asset: string, amount: bigint][] {
  const sums = new Map<string, [string, string, bigint]>();
  const add = (address: string, asset: string, amount: bigint): void => {
    const sum = sums.get(`${address} ${asset}`) ?? [address, asset, 0n];
    sums.set(`${address} ${asset}`, [address, asset, sum[2] + amount]);
  };
  for (const { source, destination, asset, amount } of postings) {
    add(source, asset, -BigInt(amount));
    add(destination, asset, BigInt(amount));
  }
  return [...sums.values()];
}

function toKeys(rules: readonly MatchingRule[], transaction: LedgerTransaction): ItemKey[] {
  return rules.flatMap((rule, index) => {
    const key = rule.kind === 'window' ? undefined : readField(transaction, rule.ledger);
    return key === undefined || key === '' ? [] : [{ rule: index, key }];
  });
}

function readField({ reference, metadata }: LedgerTransaction, field: LedgerField): string | undefined {
  return field === 'reference' ? reference : metadata[field.slice('metadata.'.length)];
}
