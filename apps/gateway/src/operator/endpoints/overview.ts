/** The endpoint of the overview: the state of every stream, and everything that a person must examine. */
import { ATTENTION_ITEM, findAttention } from '../attention.js';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { takePage } from '../page-position.js';
import {
  CONNECTOR_PATH,
  COUNT,
  DURATION_MS,
  listOf,
  objectOf,
  PAGE_QUERY,
  pageOf,
  TEXT,
} from '../schemas.js';
import { readStreamStatus, STREAM_STATUS } from '../stream-status.js';
import { listVisibleConnectors } from '../visible-connectors.js';

const CONNECTOR_STATUS = objectOf({
  connector: CONNECTOR_PATH,
  'tenant?': TEXT,
  plugin: TEXT,
  syncIntervalMs: DURATION_MS,
  streams: listOf(STREAM_STATUS),
});

export const OVERVIEW_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/overview', operationId: 'listStreamStatus', access: 'read' },
    summary: 'Lists the connectors with the state of each of their streams, sorted by path.',
    query: PAGE_QUERY,
    response: pageOf(CONNECTOR_STATUS),
    async handle({ operator, query }, services) {
      const connectors = listVisibleConnectors(services.deployment, operator);
      const { items, next } = takePage(connectors, query, ({ path }) => path);
      const states = await readStreamStatus(
        services.store,
        items.map(({ path }) => path),
      );
      return {
        items: items.map(({ path, tenant, plugin, syncIntervalMs }) => ({
          connector: path,
          ...(tenant !== undefined && { tenant }),
          ...{ plugin: plugin.name, syncIntervalMs, streams: states(path) },
        })),
        next,
      };
    },
  },
  {
    ...{ method: 'GET', path: '/attention', operationId: 'listAttention', access: 'read' },
    summary:
      'Lists what needs a person: failed pulls, rejected records, orders with an unknown outcome, data warnings such as gaps. At most 100 entries.',
    response: objectOf({ items: listOf(ATTENTION_ITEM), total: COUNT }),
    async handle({ operator }, services) {
      const paths = listVisibleConnectors(services.deployment, operator).map(({ path }) => path);
      const items = await findAttention(services.store, paths);
      return { items: items.slice(0, MAX_ATTENTION_ITEMS), total: items.length };
    },
  },
];

const MAX_ATTENTION_ITEMS = 100;
