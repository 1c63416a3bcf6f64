/** The endpoints that list the balances of accounts: the last observed ones, those of earlier days, and whether the rows explain them. */
import { formatTime } from '@tributary/connector-api';
import type { AccountBalances, AccountSum } from '@tributary/feed';
import { computeSuspectDifference } from '@tributary/sync';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { decodePosition, encodePosition, toPage } from '../page-position.js';
import {
  AMOUNT_SCHEMA,
  ASSET_SCHEMA,
  CONNECTOR_PATH_SCHEMA,
  createListSchema,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  SEARCH_TEXT_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { requireVisibleConnector, selectConnectorPaths } from '../visible-connectors.js';

const CHECK_STATES = ['agreed', 'suspected', 'gap', 'not-compared'] as const;

const ACCOUNT_DESCRIPTION = { description: 'The id as served.' };

const BALANCES = createObjectSchema({
  connector: CONNECTOR_PATH_SCHEMA,
  account: { ...TEXT_SCHEMA, ...ACCOUNT_DESCRIPTION },
  observedAt: TIME_SCHEMA,
  balances: createListSchema(createObjectSchema({ asset: ASSET_SCHEMA, amount: AMOUNT_SCHEMA })),
});

export const BALANCE_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/balances', operationId: 'listBalances', access: 'read' },
    summary: 'Lists the last observed balances, sorted by connector and account.',
    query: { connector: CONNECTOR_PATH_SCHEMA, ...PAGE_QUERY_SCHEMAS },
    response: createPageSchema(BALANCES),
    async handle({ operator, query }, { deployment, store }) {
      const limit = Number(query['limit']);
      const position = decodePosition(query['after'], ['string', 'string']);
      const connectors = selectConnectorPaths(deployment, operator, query['connector']);
      const found = await store
        .operator()
        .listBalances(connectors, position && { connector: position[0], accountId: position[1] }, limit + 1);
      return toPage(found, limit, toBalancesView, ({ connector, accountId }) =>
        encodePosition(connector, accountId),
      );
    },
  },
  {
    ...{ method: 'GET', path: '/balance-history', operationId: 'listBalanceHistory', access: 'read' },
    summary:
      'Lists the last observed balances of each UTC day of an account, newest first. Days without an observation are left out.',
    query: {
      connector: CONNECTOR_PATH_SCHEMA,
      account: { ...SEARCH_TEXT_SCHEMA, ...ACCOUNT_DESCRIPTION },
      ...PAGE_QUERY_SCHEMAS,
    },
    requiredQuery: ['connector', 'account'],
    response: createPageSchema(BALANCES),
    async handle({ operator, query }, { deployment, store }) {
      const { path } = requireVisibleConnector(deployment, operator, query['connector']);
      const limit = Number(query['limit']);
      const [beforeMs] = decodePosition(query['after'], ['number']) ?? [];
      const account = { connector: path, accountId: String(query['account']) };
      const days = await store.operator().listBalanceHistory(account, beforeMs, limit + 1);
      return toPage(days, limit, toBalancesView, ({ observedAt }) => encodePosition(observedAt));
    },
  },
  {
    ...{ method: 'GET', path: '/completeness', operationId: 'listBalanceChecks', access: 'read' },
    summary:
      'Lists for each account of a connector: opening balance plus rows, compared with the balance at the PSP.',
    query: { connector: CONNECTOR_PATH_SCHEMA, ...PAGE_QUERY_SCHEMAS },
    requiredQuery: ['connector'],
    response: createPageSchema(
      createObjectSchema({
        account: TEXT_SCHEMA,
        asset: ASSET_SCHEMA,
        state: { type: 'string', enum: [...CHECK_STATES] },
        rows: { ...AMOUNT_SCHEMA, description: 'Sum of all rows.' },
        'opening?': {
          ...AMOUNT_SCHEMA,
          description: 'Balance before the first row; absent before the first comparison.',
        },
        'difference?': {
          ...AMOUNT_SCHEMA,
          description: 'Balance minus opening and rows. Absent if they agree.',
        },
        'since?': { ...TIME_SCHEMA, description: 'Since when they disagree.' },
        'agreedAt?': { ...TIME_SCHEMA, description: 'When they agreed last.' },
      }),
    ),
    async handle({ operator, query }, { deployment, store }) {
      const { path } = requireVisibleConnector(deployment, operator, query['connector']);
      const limit = Number(query['limit']);
      const [account = '', asset = ''] = decodePosition(query['after'], ['string', 'string']) ?? [];
      const sums = (await store.completeness(path).list()).filter(
        (sum) => sum.accountId > account || (sum.accountId === account && sum.asset > asset),
      );
      return toPage(sums, limit, toCheckView, (sum) => encodePosition(sum.accountId, sum.asset));
    },
  },
];

function toBalancesView({ connector, accountId, observedAt, amounts }: AccountBalances) {
  return {
    ...{ connector, account: accountId, observedAt: formatTime(observedAt) },
    balances: [...amounts].map(([asset, amount]) => ({ asset, amount: amount.toString() })),
  };
}

function toCheckView({ accountId, asset, total, check }: AccountSum) {
  const { opening, agreed } = check;
  return {
    ...{ account: accountId, asset, ...describeDifference(total, check), rows: total.toString() },
    ...(opening !== undefined && { opening: opening.toString() }),
    ...(agreed && { agreedAt: formatTime(agreed.at) }),
  };
}

function describeDifference(total: bigint, { gap, suspect, agreed, opening = 0n }: AccountSum['check']) {
  if (gap) return { state: 'gap', difference: gap.amount.toString(), since: formatTime(gap.since) };
  if (suspect) {
    const difference = computeSuspectDifference(suspect, total, opening);
    return { state: 'suspected', difference: difference.toString(), since: formatTime(suspect.since) };
  }
  return { state: agreed ? 'agreed' : 'not-compared' };
}
