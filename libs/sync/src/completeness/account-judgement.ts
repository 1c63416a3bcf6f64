/** The result of one completeness check of one account and asset. */
import type { AccountSum } from '@tributary/feed';
import type { CompletenessJudgement } from './judge-observation.js';

/** The result of one check, with the account, the asset and the observed balance. */
export interface AccountJudgement extends CompletenessJudgement {
  accountId: string;
  asset: string;
  /** The observed balance, in minor units. */
  balance: bigint;
  /** Time of the observation, in milliseconds since 1970. */
  at: number;
  /** The state of the check that was stored before this result. */
  before: AccountSum['check'];
}
