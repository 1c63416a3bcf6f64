/** The endpoints that return payouts and transfers, and their history. */
import { formatTime } from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import type { OrderState, StoredOrder } from '@tributary/feed';
import { UNKNOWN_TIME } from '@tributary/orders';
import { HttpStatus } from '@nestjs/common';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { buildOrderTimeline, TIMELINE_SCHEMA } from '../order-timeline.js';
import { PROPOSAL_SCHEMA, toProposalView } from '../order-proposal.js';
import { decodePosition, encodePosition, toPage } from '../page-position.js';
import {
  AMOUNT_SCHEMA,
  ANY_OBJECT_SCHEMA,
  ASSET_SCHEMA,
  BOOLEAN_SCHEMA,
  CONNECTOR_PATH_SCHEMA,
  COUNT_SCHEMA,
  createListSchema,
  createObjectSchema,
  ORDER_STATE_SCHEMA,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  SEARCH_TEXT_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { requireVisibleConnector, selectConnectorPaths } from '../visible-connectors.js';

const ORDER_FIELDS = {
  id: TEXT_SCHEMA,
  connector: CONNECTOR_PATH_SCHEMA,
  kind: { type: 'string', enum: ['PAYOUT', 'TRANSFER'] },
  state: ORDER_STATE_SCHEMA,
  amount: AMOUNT_SCHEMA,
  asset: ASSET_SCHEMA,
  idempotencyKey: TEXT_SCHEMA,
  'pspId?': { ...TEXT_SCHEMA, description: 'The id under which the PSP has the order.' },
  attempts: COUNT_SCHEMA,
  createdAt: TIME_SCHEMA,
  changedAt: TIME_SCHEMA,
  'outcomeUnknownSince?': TIME_SCHEMA,
  'nextActionAt?': TIME_SCHEMA,
};

/** The JSON schema of an order without its history. */
export const ORDER_SCHEMA = createObjectSchema(ORDER_FIELDS);

export const ORDER_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/orders', operationId: 'listOrders', access: 'read' },
    summary: 'Lists orders, newest first.',
    query: { connector: CONNECTOR_PATH_SCHEMA, state: ORDER_STATE_SCHEMA, ...PAGE_QUERY_SCHEMAS },
    response: createPageSchema(ORDER_SCHEMA),
    async handle({ operator, query }, { deployment, store }) {
      const limit = Number(query['limit']);
      const position = decodePosition(query['after'], ['number', 'string']);
      const connectors = selectConnectorPaths(deployment, operator, query['connector']);
      const orders = await store.operator().listOrders(
        {
          connectors,
          ...(query['state'] !== undefined && { states: [query['state'] as OrderState] }),
        },
        position && { createdAt: position[0], id: position[1] },
        limit + 1,
      );
      return toPage(orders, limit, toOrderView, ({ createdAt, id }) => encodePosition(createdAt, id));
    },
  },
  {
    ...{ method: 'GET', path: '/order', operationId: 'getOrder', access: 'read' },
    summary:
      'Returns an order with its request, its response, its history, and a timeline with the requests to the PSP and the rows.',
    query: {
      connector: CONNECTOR_PATH_SCHEMA,
      id: { ...SEARCH_TEXT_SCHEMA, description: 'Its id or its idempotency key.' },
    },
    requiredQuery: ['connector', 'id'],
    response: createObjectSchema({
      ...ORDER_FIELDS,
      pspKey: { ...TEXT_SCHEMA, description: 'The idempotency key that the PSP gets.' },
      request: { ...ANY_OBJECT_SCHEMA, description: 'What the client asked for.' },
      details: ANY_OBJECT_SCHEMA,
      'response?': { ...ANY_OBJECT_SCHEMA, description: 'What the client was answered.' },
      'respondedAt?': TIME_SCHEMA,
      'publishedStatus?': { ...TEXT_SCHEMA, description: 'Status in the newest row of the order.' },
      'publishedAt?': TIME_SCHEMA,
      history: createListSchema(
        createObjectSchema({ at: TIME_SCHEMA, state: ORDER_STATE_SCHEMA, event: TEXT_SCHEMA }),
      ),
      resolvesByTwo: {
        ...BOOLEAN_SCHEMA,
        description: 'Whether two people are needed to resolve the order.',
      },
      'proposal?': { ...PROPOSAL_SCHEMA, description: 'The proposed resolution that waits for approval.' },
      timeline: {
        ...TIMELINE_SCHEMA,
        description:
          'The history together with the requests to the PSP, the response and the rows; oldest first.',
      },
    }),
    async handle({ operator, query }, { deployment, store }) {
      const { path } = requireVisibleConnector(deployment, operator, query['connector']);
      const repository = store.orders(path);
      const name = String(query['id']);
      const order = (await repository.find(name)) ?? (await repository.findByIdempotencyKey(name));
      if (!order)
        throw new ContractError(
          HttpStatus.NOT_FOUND,
          'No such order',
          'The connector has no order with this id or idempotency key.',
        );
      const history = await repository.readHistory(order.id);
      const proposal = await store.orderProposals().find(order.id);
      return {
        ...toDetailedView(order),
        history: history.map((each) => ({ ...each, at: formatTime(each.at) })),
        timeline: await buildOrderTimeline(store, order, history),
        resolvesByTwo: deployment.orders.resolveByTwo,
        ...(proposal && { proposal: toProposalView(proposal, operator) }),
      };
    },
  },
];

export function toOrderView(order: StoredOrder) {
  const { id, connector, kind, state, amount, asset, idempotencyKey, pspId, attempts } = order;
  const { createdAt, changedAt, outcomeUnknownSince, nextActionAt } = order;
  return {
    ...{ id, connector, kind, state, amount: amount.toString(), asset, idempotencyKey },
    ...(pspId !== undefined && { pspId }),
    ...{ attempts, createdAt: formatTime(createdAt), changedAt: formatTime(changedAt) },
    ...(outcomeUnknownSince !== undefined &&
      outcomeUnknownSince !== UNKNOWN_TIME && { outcomeUnknownSince: formatTime(outcomeUnknownSince) }),
    ...(nextActionAt !== undefined && { nextActionAt: formatTime(nextActionAt) }),
  };
}

function toDetailedView(order: StoredOrder) {
  const { pspKey, request, details, response, respondedAt, publishedStatus, publishedAt } = order;
  return {
    ...toOrderView(order),
    ...{ pspKey, request: JSON.parse(request) as unknown, details: JSON.parse(details) as unknown },
    ...(response !== undefined && { response: JSON.parse(response) as unknown }),
    ...(respondedAt !== undefined && { respondedAt: formatTime(respondedAt) }),
    ...(publishedStatus !== undefined && { publishedStatus }),
    ...(publishedAt !== undefined && { publishedAt: formatTime(publishedAt) }),
  };
}
