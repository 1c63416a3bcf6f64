/** Lists the balances that the rows of their connectors cannot explain, for `tributary quarantine --gaps`. */
import { formatAmount, formatTime } from '@tributary/connector-api';
import type { AccountSum } from '@tributary/feed';
import { computeSuspectDifference } from '@tributary/sync';
import type { ConnectorConfig, Deployment } from '../../config/settings/loaded-deployment.types.js';
import { formatTable, replaceControlCharacters } from '../shared/terminal.js';
import { withStore } from '../shared/with-store.js';

/** A balance that does not agree with the rows, or a connector that is not checked. */
export interface BalanceGap {
  connector: string;
  state: 'confirmed' | 'suspected' | 'not-checked';
  accountId?: string;
  asset?: string;
  /** The balance minus the opening balance and the rows, in minor units. */
  difference?: string;
  /** The time since which balance and rows do not agree, RFC 3339. */
  since?: string;
  /** The time at which balance and rows last agreed, RFC 3339. It is present only for a gap that is not confirmed yet. */
  agreedAt?: string;
  /** The reason why the connector is not checked; absent for a balance. */
  reason?: string;
}

/**
 * Lists the gaps of connectors.
 * @param connector path of the connector; `undefined` means all connectors of the deployment
 */
export function listGaps(deployment: Deployment, connector: string | undefined): Promise<BalanceGap[]> {
  return withStore(deployment, async (store) => {
    const wanted = deployment.connectors.filter(({ path }) => connector === undefined || path === connector);
    const gaps: BalanceGap[] = [];
    for (const each of wanted) {
      const sums = await store.completeness(each.path).list();
      gaps.push(...describeUnchecked(each), ...sums.flatMap((sum) => describeGap(each.path, sum)));
    }
    return gaps;
  });
}

export function formatGapTable(gaps: readonly BalanceGap[]): string {
  if (gaps.length === 0) return 'The rows explain every balance that was compared.';
  const rows = gaps.map(({ connector, state, accountId, asset, difference, since, agreedAt, reason }) =>
    [
      `/${connector}`,
      state,
      accountId ?? '-',
      difference === undefined || asset === undefined
        ? (reason ?? '-')
        : `${formatAmount({ amount: BigInt(difference), asset })} ${asset}`,
      since ?? '-',
      agreedAt ?? '-',
    ].map(replaceControlCharacters),
  );
  return formatTable([['CONNECTOR', 'STATE', 'ACCOUNT', 'DIFFERENCE', 'SINCE', 'AGREED LAST'], ...rows]);
}

function describeUnchecked({ path, plugin, settings }: ConnectorConfig): BalanceGap[] {
  const declaration = plugin.completeness?.(settings);
  return declaration?.isComparable === false
    ? [{ connector: path, state: 'not-checked', reason: declaration.reason }]
    : [];
}

function describeGap(connector: string, { accountId, asset, total, check }: AccountSum): BalanceGap[] {
  const { gap, suspect, agreed, opening = 0n } = check;
  const found = gap
    ? { state: 'confirmed' as const, difference: gap.amount, since: gap.since }
    : suspect && {
        state: 'suspected' as const,
        difference: computeSuspectDifference(suspect, total, opening),
        since: suspect.since,
      };
  if (!found) return [];
  return [
    {
      ...{ connector, accountId, asset },
      ...{ state: found.state, difference: found.difference.toString(), since: formatTime(found.since) },
      ...(agreed && !gap && { agreedAt: formatTime(agreed.at) }),
    },
  ];
}
