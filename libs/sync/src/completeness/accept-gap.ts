/**
 * Accepts a gap that a person has explained, e.g. a movement that the PSP never lists. A gap is a confirmed difference between the balance
 * at the PSP and the sum of the rows. The difference is added to the opening balance, so that balance and rows agree again and later losses
 * are found.
 */
import { formatTime } from '@tributary/connector-api';
import { ACCEPTANCE_ID_PREFIX, type AccountSum, type Store } from '@tributary/feed';
import { createGapWarningId } from './gap-warning-id.js';

/** The gap to accept, the person who accepts it, and the reason. */
export interface GapAcceptance {
  connector: string;
  /** The account id as served to clients. */
  accountId: string;
  asset: string;
  by: string;
  note: string;
}

/**
 * Accepts the confirmed gap of a balance. The same transaction stores an entry with the person, the time and the reason.
 * @returns the accepted difference in minor units; `undefined` if the balance has no confirmed gap. In this case nothing is changed
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
