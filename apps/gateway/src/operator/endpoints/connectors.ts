/** The endpoint that describes each connector: its plugin, its settings without secrets, and its capabilities. */
import { STREAMS } from '@tributary/connector-api';
import { deriveReaderIdFromHash, SCOPES } from '@tributary/auth';
import type { ConnectorConfig } from '../../config/index.js';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { takePage } from '../page-position.js';
import { redactSettings } from '../redact-settings.js';
import {
  ANY_OBJECT_SCHEMA,
  BOOLEAN_SCHEMA,
  CONNECTOR_PATH_SCHEMA,
  DURATION_MS_SCHEMA,
  createListSchema,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  STREAM_SCHEMA,
  TEXT_SCHEMA,
} from '../schemas.js';
import { readStreamStatus, STREAM_STATUS_SCHEMA } from '../stream-status.js';
import { listVisibleConnectors, requireVisibleConnector } from '../visible-connectors.js';

const CONNECTOR_FIELDS = {
  connector: CONNECTOR_PATH_SCHEMA,
  'tenant?': TEXT_SCHEMA,
  plugin: TEXT_SCHEMA,
  title: { ...TEXT_SCHEMA, description: 'Name of the PSP.' },
  syncIntervalMs: DURATION_MS_SCHEMA,
  canPay: BOOLEAN_SCHEMA,
};

/** The methods that a plugin may lack, because its PSP does not support them. */
const OPTIONAL_METHODS = [
  'beneficiaries',
  'balances',
  'createPayout',
  'createTransfer',
  'findOrder',
  'webhook',
  'watch',
] as const;

export const CONNECTOR_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/connectors', operationId: 'listConnectors', access: 'read' },
    summary: 'Lists the connectors, sorted by path.',
    query: PAGE_QUERY_SCHEMAS,
    response: createPageSchema(createObjectSchema(CONNECTOR_FIELDS)),
    async handle({ operator, query }, { deployment }) {
      const connectors = listVisibleConnectors(deployment, operator);
      const { items, next } = takePage(connectors, query, ({ path }) => path);
      return { items: items.map(toView), next };
    },
  },
  {
    ...{ method: 'GET', path: '/connector', operationId: 'getConnector', access: 'read' },
    summary:
      'Returns one connector: its settings without secrets, what its plugin can do, and the state of its streams.',
    query: { connector: CONNECTOR_PATH_SCHEMA },
    requiredQuery: ['connector'],
    response: createObjectSchema({
      ...CONNECTOR_FIELDS,
      settings: { ...ANY_OBJECT_SCHEMA, description: 'Secrets are replaced by (hidden).' },
      capabilities: createObjectSchema({
        streams: createListSchema(STREAM_SCHEMA),
        methods: { ...createListSchema(TEXT_SCHEMA), description: 'Optional methods that the plugin has.' },
      }),
      apiKeys: createListSchema(
        createObjectSchema({
          reader: TEXT_SCHEMA,
          scopes: createListSchema({ type: 'string', enum: [...SCOPES] }),
        }),
      ),
      'formance?': createObjectSchema({ name: TEXT_SCHEMA }),
      streams: createListSchema(STREAM_STATUS_SCHEMA),
    }),
    async handle({ operator, query }, services) {
      const config = requireVisibleConnector(services.deployment, operator, query['connector']);
      const states = await readStreamStatus(services.store, [config.path]);
      return {
        ...toView(config),
        settings: redactSettings(config.settings, services.deployment.secrets),
        capabilities: describeCapabilities(config),
        apiKeys: config.apiKeys.map(({ hash, scopes }) => ({ reader: deriveReaderIdFromHash(hash), scopes })),
        ...(config.formance && {
          formance: { name: config.formanceName ?? config.originalPath ?? config.path },
        }),
        streams: states(config.path),
      };
    },
  },
];

function toView(config: ConnectorConfig) {
  const { path, tenant, plugin, syncIntervalMs } = config;
  const { methods } = describeCapabilities(config);
  return {
    connector: path,
    ...(tenant !== undefined && { tenant }),
    ...{ plugin: plugin.name, title: plugin.title, syncIntervalMs },
    canPay: methods.includes('createPayout') || methods.includes('createTransfer'),
  };
}

function describeCapabilities({ plugin }: ConnectorConfig) {
  const prototype = plugin.psp.prototype as Readonly<Record<string, unknown>>;
  const has = (method: string) => typeof prototype[method] === 'function';
  return { streams: STREAMS.filter(has), methods: OPTIONAL_METHODS.filter(has) };
}
