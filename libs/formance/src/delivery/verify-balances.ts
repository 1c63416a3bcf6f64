/** Verifies that Formance Payments has the newest balances of every own account, if the gateway has already served these balances. */
import type { BalanceCounts, DeliveryDifference } from './delivery.types.js';
import type { DeliveryWorkFile } from './delivery-work-file.js';

/** The newest balances of an account that the gateway has. */
export interface BalancesToVerify {
  /** The amounts in minor units as decimal digits, by asset. */
  amounts: ReadonlyMap<string, string>;
  /** Whether the gateway has served these amounts to Formance. If it has not, Formance cannot have them yet. */
  isServed: boolean;
}

export interface BalanceSources {
  /** Returns the gateway's balances of these accounts, by account id. Accounts without an observed balance are left out. */
  findServed: (accounts: readonly string[]) => Promise<ReadonlyMap<string, BalancesToVerify>>;
  /** Returns the newest balance in Formance for each of these assets. Assets without a balance in Formance are left out. */
  findStored: (accountId: string, assets: ReadonlySet<string>) => Promise<ReadonlyMap<string, string>>;
}

/**
 * Compares the balances of the own accounts that `verifyAccounts` stored in the work file, and stores the differences there. If an account
 * differs, it is compared once more after all other accounts, because Formance may have requested its balances in the meantime.
 */
export async function verifyBalances(
  sources: BalanceSources,
  workFile: DeliveryWorkFile,
): Promise<BalanceCounts> {
  const counts: BalanceCounts = { balances: 0, accountsInTransit: 0 };
  let differing: StoredOwnAccount[] = [];
  for (let accounts = workFile.listOwnAccounts(''); accounts.length > 0;) {
    const result = await compareAccounts(accounts, sources);
    counts.balances += result.balances;
    counts.accountsInTransit += result.accountsInTransit;
    differing.push(...result.differing);
    accounts = workFile.listOwnAccounts(accounts.at(-1)!.reference);
  }
  while (differing.length > 0) {
    const { differences, accountsInTransit } = await compareAccounts(
      differing.slice(0, SECOND_COMPARISON_ACCOUNTS),
      sources,
    );
    counts.accountsInTransit += accountsInTransit;
    workFile.transaction(() => {
      for (const difference of differences) workFile.addDifference(difference);
    });
    differing = differing.slice(SECOND_COMPARISON_ACCOUNTS);
  }
  return counts;
}

const SECOND_COMPARISON_ACCOUNTS = 1000;

type StoredOwnAccount = ReturnType<DeliveryWorkFile['listOwnAccounts']>[number];

interface Comparison extends BalanceCounts {
  differing: StoredOwnAccount[];
  differences: DeliveryDifference[];
}

async function compareAccounts(
  accounts: readonly StoredOwnAccount[],
  { findServed, findStored }: BalanceSources,
): Promise<Comparison> {
  const result: Comparison = { balances: 0, accountsInTransit: 0, differing: [], differences: [] };
  const served = await findServed(accounts.map(({ reference }) => reference));
  for (const account of accounts) {
    const balances = served.get(account.reference);
    if (balances === undefined) continue;
    const { amounts, isServed } = balances;
    if (!isServed) {
      result.accountsInTransit++;
      continue;
    }
    result.balances += amounts.size;
    const stored = await findStored(account.id, new Set(amounts.keys()));
    const differences = compareAmounts(account.reference, amounts, stored);
    if (differences.length > 0) result.differing.push(account);
    result.differences.push(...differences);
  }
  return result;
}

function compareAmounts(
  id: string,
  amounts: ReadonlyMap<string, string>,
  stored: ReadonlyMap<string, string>,
): DeliveryDifference[] {
  return [...amounts].flatMap(([asset, wanted]): DeliveryDifference[] => {
    const found = stored.get(asset);
    if (found === wanted) return [];
    const object = 'balance';
    return found === undefined
      ? [{ kind: 'missing', object, id, message: `Formance has no balance in ${asset} of the account ${id}` }]
      : [
          {
            ...{ kind: 'different', object, id },
            message: `the balance of the account ${id} in ${asset} is ${found} instead of ${wanted}`,
          },
        ];
  });
}
