/** The endpoint of the overview: the state of every stream, and everything that a person must examine. */
import { ATTENTION_ITEM_SCHEMA, describeStaleSecrets, findAttentionItems } from '../find-attention-items.js';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { takePage } from '../page-position.js';
import {
  CONNECTOR_PATH_SCHEMA,
  COUNT_SCHEMA,
  DURATION_MS_SCHEMA,
  createListSchema,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  TEXT_SCHEMA,
} from '../schemas.js';
import { readStreamStatus, STREAM_STATUS_SCHEMA } from '../stream-status.js';
import { listVisibleConnectors } from '../visible-connectors.js';

const CONNECTOR_STATUS = createObjectSchema({
  connector: CONNECTOR_PATH_SCHEMA,
  'tenant?': TEXT_SCHEMA,
  plugin: TEXT_SCHEMA,
  syncIntervalMs: DURATION_MS_SCHEMA,
  streams: createListSchema(STREAM_STATUS_SCHEMA),
});

export const OVERVIEW_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/overview', operationId: 'listStreamStatus', access: 'read' },
    summary: 'Lists the connectors with the state of each of their streams, sorted by path.',
    query: PAGE_QUERY_SCHEMAS,
    response: createPageSchema(CONNECTOR_STATUS),
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
      'Lists what needs a person: failed pulls, rejected records, orders with an unknown outcome, data warnings such as gaps, and secrets that could not be read again (not for keys of a tenant). At most 100 entries.',
    response: createObjectSchema({ items: createListSchema(ATTENTION_ITEM_SCHEMA), total: COUNT_SCHEMA }),
    async handle({ operator }, services) {
      const paths = listVisibleConnectors(services.deployment, operator).map(({ path }) => path);
      // The deployment file contains all tenants, so a key of a tenant hears nothing of its secrets.
      const staleSecrets = operator.tenant === undefined ? services.reloader?.state.staleSecrets : undefined;
      const items = [
        ...describeStaleSecrets(staleSecrets ?? []),
        ...(await findAttentionItems(services.store, paths)),
      ];
      return { items: items.slice(0, MAX_ATTENTION_ITEMS), total: items.length };
    },
  },
];

const MAX_ATTENTION_ITEMS = 100;
