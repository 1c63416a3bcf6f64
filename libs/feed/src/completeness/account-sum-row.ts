/** Converts the sum of an account, with the state of its check, from and to the columns of the table `account_sums`. */
import type { Selectable } from 'kysely';
import type { AccountSumTable } from '../database/schema.js';
import type { AccountCheck, AccountSum } from '../types/completeness.types.js';

export type AccountSumRow = Selectable<AccountSumTable>;

/** The state of the check of an account that was never compared. */
export const INITIAL_ACCOUNT_CHECK: AccountCheck = {
  opening: undefined,
  isOpeningProven: false,
  agreed: undefined,
  suspect: undefined,
  gap: undefined,
  rereadAt: undefined,
};

export function toAccountSum(row: AccountSumRow): AccountSum {
  return {
    accountId: row.account_id,
    asset: row.asset,
    total: BigInt(row.total),
    check: {
      opening: toAmount(row.opening),
      isOpeningProven: row.opening_proven === 1,
      agreed:
        row.agreed_at === null || row.agreed_seq === null
          ? undefined
          : { at: row.agreed_at, seq: row.agreed_seq },
      suspect:
        row.suspect_at === null || row.suspect_balance === null
          ? undefined
          : {
              at: row.suspect_at,
              balance: BigInt(row.suspect_balance),
              after: BigInt(row.after_suspect),
              since: row.suspect_since ?? row.suspect_at,
            },
      gap:
        row.gap === null || row.gap_since === null
          ? undefined
          : { amount: BigInt(row.gap), since: row.gap_since },
      rereadAt: row.reread_at ?? undefined,
    },
  };
}

export function toCheckColumns({ opening, isOpeningProven, agreed, suspect, gap, rereadAt }: AccountCheck) {
  return {
    opening: opening?.toString() ?? null,
    opening_proven: isOpeningProven ? 1 : 0,
    agreed_at: agreed?.at ?? null,
    agreed_seq: agreed?.seq ?? null,
    suspect_at: suspect?.at ?? null,
    suspect_balance: suspect?.balance.toString() ?? null,
    suspect_since: suspect?.since ?? null,
    after_suspect: (suspect?.after ?? 0n).toString(),
    gap: gap?.amount.toString() ?? null,
    gap_since: gap?.since ?? null,
    reread_at: rereadAt ?? null,
  };
}

function toAmount(digits: string | null): bigint | undefined {
  return digits === null ? undefined : BigInt(digits);
}
