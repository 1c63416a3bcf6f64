/** The result of one check of one account and asset. */
import type { AccountSum } from '@tributary/feed';
import type { CompletenessJudgement } from './judge-observation.js';

/** A judgement (the result of one check) with its account. */
export interface AccountJudgement extends CompletenessJudgement {
  accountId: string;
  asset: string;
  /** The observed balance, in minor units. */
  balance: bigint;
  /** Time of the observation, in ms. */
  at: number;
  /** The stored check before this one. */
  before: AccountSum['check'];
}
