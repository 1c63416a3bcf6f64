/** Converts the stored state of the completeness check to the observations of the leg `feed`. */
import type { AccountSum } from '@tributary/feed';
import { toAccountName, type PolicyAccount } from '../policy/policy.types.js';
import type { AccountObservation } from './leg.types.js';

const NO_BALANCE_REASON = 'no balance of the PSP was compared';

/**
 * Returns the observations of one account of a policy, one for each asset.
 * @param sums the sums of the account's rows with the states of their checks
 * @param incomparableReason the reason why the balances of the connector cannot be compared with its rows; `undefined` if they can
 */
export function observeAccount(
  account: PolicyAccount,
  sums: readonly AccountSum[],
  incomparableReason: string | undefined,
): AccountObservation[] {
  const common = { connector: account.connector, account: toAccountName(account) };
  if (incomparableReason !== undefined)
    return [{ ...common, kind: 'not-checked', reason: incomparableReason }];
  if (sums.length === 0) return [{ ...common, kind: 'not-checked', reason: NO_BALANCE_REASON }];
  return sums.map((sum) => observeAsset(common, sum));
}

function observeAsset(
  common: { connector: string; account: string },
  { asset, check: { gap, suspect, agreed, isOpeningProven } }: AccountSum,
): AccountObservation {
  if (gap) {
    const since = new Date(gap.since).toISOString();
    return { ...common, kind: 'gap', asset, amount: gap.amount.toString(), since };
  }
  if (suspect) return { ...common, kind: 'suspect', asset, since: new Date(suspect.since).toISOString() };
  if (!agreed) return { ...common, kind: 'not-checked', asset, reason: NO_BALANCE_REASON };
  if (!isOpeningProven)
    return { ...common, kind: 'not-checked', asset, reason: 'the check needs a second balance of the PSP' };
  const at = new Date(agreed.at).toISOString();
  return { ...common, kind: 'complete', asset, position: agreed.seq, at };
}
