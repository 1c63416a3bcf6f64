/** The leg from the PSP to the feed: its breaks, its verdict, and the positions up to which the rows are proven to be complete. */
import { formatAmount } from '@tributary/connector-api';
import type { Break } from '../breaks/break.types.js';
import { countStates, toLegVerdict, type SummarizedLeg } from './leg-verdict.js';
import type { AccountObservation, FeedObservation, LegPosition, LegSummary } from './leg.types.js';
import type { LegBreakDraft } from './leg-break.js';

/** The time in ms after which a check that has not finished makes the leg incomplete. */
const MAX_SUSPECT_MS = 24 * 3_600_000;

export function listFeedDrafts({ accounts }: FeedObservation): LegBreakDraft[] {
  return accounts.flatMap((account): LegBreakDraft[] =>
    account.kind === 'gap'
      ? [
          {
            ...{ leg: 'feed', class: 'completeness-gap', since: account.since },
            object: {
              ...{ source: account.connector, kind: 'balance' },
              id: `${account.account} ${account.asset}`,
            },
            reason: describeGap(account),
            differences: [{ account: account.account, asset: account.asset, amount: account.amount }],
          },
        ]
      : [],
  );
}

function describeGap({
  account,
  amount,
  asset,
}: Pick<Extract<AccountObservation, { kind: 'gap' }>, 'account' | 'amount' | 'asset'>): string {
  return `${account}: the balance of the PSP is ${amount} ${asset} away from its rows; see tributary quarantine --gaps`;
}

/**
 * Summarizes the leg.
 * @param breaks the breaks of this leg
 * @param asOf the time of the run, in milliseconds since 1970
 */
export function summarizeFeedLeg(
  { problems, accounts }: FeedObservation,
  breaks: readonly Break[],
  asOf: number,
): SummarizedLeg {
  const suspects = accounts.filter((account) => account.kind === 'suspect');
  const isOld = ({ since }: { since: string }) => asOf - Date.parse(since) > MAX_SUSPECT_MS;
  const incomplete = [
    ...problems,
    ...suspects
      .filter(isOld)
      .map(
        ({ account, asset, since }) =>
          `${account}: the balance of the PSP in ${asset} and the rows have differed since ${since}, by changing amounts`,
      ),
  ];
  const pending = suspects
    .filter((each) => !isOld(each))
    .map(
      ({ account, asset, since }) =>
        `${account}: the balance of the PSP in ${asset} differs from the rows since ${since}, and it will be compared again`,
    );
  const notChecked = accounts.flatMap((each) =>
    each.kind === 'not-checked'
      ? [`${each.account}${each.asset === undefined ? '' : ` ${each.asset}`}: ${each.reason}`]
      : [],
  );
  const isAnyChecked = accounts.some(({ kind }) => kind !== 'not-checked');
  const counts = countStates(breaks);
  const otherwise = isAnyChecked ? 'reconciled' : 'not-checked';
  const leg: LegSummary = {
    leg: 'feed',
    verdict: toLegVerdict({ incomplete, pending, breaks: counts, otherwise }),
    reasons: [...incomplete, ...pending, ...notChecked],
    breaks: counts,
    positions: accounts.map(toPosition),
  };
  // If rows are missing in the feed, the other legs do not prove anything either, so an open gap is a problem of the whole run.
  const gaps = breaks.filter(({ state }) => state === 'open').map(({ reason }) => reason);
  return { leg, problems: [...incomplete, ...gaps] };
}

function toPosition(account: AccountObservation): LegPosition {
  const source = account.asset === undefined ? account.account : `${account.account} ${account.asset}`;
  switch (account.kind) {
    case 'complete':
      return {
        ...{ source, position: account.position },
        text: `the balance of ${account.at} equals the opening balance plus the rows up to row ${account.position}`,
      };
    case 'gap': {
      const amount = formatAmount({ amount: BigInt(account.amount), asset: account.asset });
      return { source, text: `the balance differs from the rows by ${amount} since ${account.since}` };
    }
    case 'suspect':
      return { source, text: `the balance differs from the rows since ${account.since}; not yet confirmed` };
    case 'not-checked':
      return { source, text: `not checked: ${account.reason}` };
  }
}
