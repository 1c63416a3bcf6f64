/**
 * Accepts a gap that a person has explained, e.g. a movement that the PSP never lists. The difference becomes a part of the opening balance, so
 * that balance and rows agree again, and later losses are found.
 */
import { formatTime } from '@tributary/connector-api';
import { ACCEPTANCE_ID_PREFIX, type AccountSum, type Store } from '@tributary/feed';
import { createGapWarningId } from './gap-warning-id.js';

/** The person who accepts a gap, and the reason. */
export interface GapAcceptance {
  connector: string;
  /** The id as served. */
  accountId: string;
  asset: string;
  by: string;
  note: string;
}

/**
 * Accepts the confirmed gap of a balance, in one transaction with the entry that says who accepted it, when, and why.
 * @returns the difference that was accepted, in minor units; `undefined` if the balance has no confirmed gap, and nothing was changed
 */
export async function acceptGap(store: Store, acceptance: GapAcceptance): Promise<bigint | undefined> {
  const { connector, accountId, asset } = acceptance;
  const now = await store.currentTime();
  let accepted: bigint | undefined;
  await store.completeness(connector).update([accountId], ({ sums }) => {
    const sum = sums.find((each) => each.asset === asset);
    const gap = sum?.check.gap;
    if (!sum || !gap) return undefined;
    accepted = gap.amount;
    return {
      checks: [{ accountId, asset, check: toAcceptedCheck(sum.check, gap.amount) }],
      ...{ warnings: [], resolvedIds: [createGapWarningId(sum)] },
      acceptance: toEntry(acceptance, gap.amount, now),
    };
  });
  return accepted;
}

function toAcceptedCheck(check: AccountSum['check'], amount: bigint): AccountSum['check'] {
  const opening = (check.opening ?? 0n) + amount;
  return { ...check, opening, isOpeningProven: true, gap: undefined, suspect: undefined };
}

function toEntry({ accountId, asset, by, note }: GapAcceptance, amount: bigint, now: number) {
  const at = formatTime(now);
  return {
    id: `${ACCEPTANCE_ID_PREFIX}${accountId}:${asset}:${at}`,
    message: `the difference ${amount} (minor units) of account ${accountId} in ${asset} was accepted by ${by} at ${at}: ${note}`,
  };
}
