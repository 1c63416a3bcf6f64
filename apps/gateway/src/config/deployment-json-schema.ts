/** Creates the JSON Schema (draft 07) of the deployment file. Editors use it, and `tributary schema` prints it. */
import { MAX_KEY_LENGTH, MIN_KEY_LENGTH } from '@tributary/auth';
import { ASSET_PATTERN, type Plugin } from '@tributary/connector-api';
import { ApiKeyEntry, OperatorKeyEntry } from './settings/api-key-entry.js';
import { createClassSchema, REFERENCE_SCHEMA, type JsonSchema } from './settings/class-json-schema.js';
import { ConnectorEntry, DeploymentFile, TenantEntry } from './settings/deployment-file-settings.js';
import { NAME_PATTERN, RESERVED_NAMES } from './settings/name-patterns.js';
import { AMOUNT_PATTERN } from './settings/order-settings.js';
import { AlertChannelEntry } from './settings/alert-settings.js';
import { PolicyAccountEntry, PolicyEntry, RuleEntry } from './settings/reconciliation-settings.js';
import { PostgresStoreSettings } from './settings/store-settings.js';
import { SECRET_SCHEMES } from './secrets/secret-reference.js';
import { PACKAGE_NAME_PATTERN } from './plugins/plugin-packages.js';

/**
 * Creates the schema with the settings of all given plugins.
 * @param plugins the plugins of the gateway
 * @param packages additional plugins from packages, by package name
 */
export function createDeploymentSchema(
  plugins: readonly Plugin[],
  packages: ReadonlyMap<string, Plugin> = new Map(),
): JsonSchema {
  const file = createClassSchema(DeploymentFile);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Deployment file of Tributary',
    ...extendProperties(file, {
      store: {
        anyOf: [
          ...getAlternatives(getPropertySchema(file, 'store')),
          createClassSchema(PostgresStoreSettings),
        ],
      },
      operators: extendOperators(file),
      connectors: {
        items: { allOf: [{ $ref: '#/definitions/connector' }, { properties: NOT_RESERVED_NAME }] },
      },
      reconciliation: extendReconciliation(file),
      alerts: extendProperties(getPropertySchema(file, 'alerts'), {
        channels: { items: createClassSchema(AlertChannelEntry) },
      }),
      tenants: {
        propertyNames: { pattern: NAME_PATTERN.source, not: { enum: RESERVED_NAMES } },
        additionalProperties: { $ref: '#/definitions/tenant' },
      },
    }),
    definitions: {
      reference: {
        description: 'A reference like ${NAME}, ${NAME:-default}, file:PATH or vault:PATH#FIELD.',
        type: 'string',
        pattern: REFERENCE_PATTERN,
      },
      apiKey: API_KEY_SCHEMA,
      tenant: createTenantSchema(),
      policy: extendProperties(createClassSchema(PolicyEntry), {
        accounts: { items: createClassSchema(PolicyAccountEntry) },
        rules: { items: extendProperties(createClassSchema(RuleEntry), { bound: AMOUNTS_SCHEMA }) },
      }),
      connector: createConnectorSchema(
        new Map([...plugins.map((plugin) => [plugin.name, plugin] as const), ...packages]),
      ),
    },
  };
}

const REFERENCE_PATTERN = `^file:|${SECRET_SCHEMES.map((scheme) => `^${scheme}:`).join('|')}|\\$\\{`;
const API_KEY_REF = { $ref: '#/definitions/apiKey' };
const NOT_RESERVED_NAME = { name: { not: { enum: RESERVED_NAMES } } };
const API_KEY_SCHEMA = {
  description: `A key as clients send it (at least ${MIN_KEY_LENGTH} characters), sha256:<hex> of one, or a reference.`,
  anyOf: [
    { type: 'string', pattern: '^sha256:[0-9a-fA-F]{64}$' },
    { type: 'string', pattern: `^(?!sha256:)[\\x21-\\x7e]{${MIN_KEY_LENGTH},${MAX_KEY_LENGTH}}$` },
    REFERENCE_SCHEMA,
  ],
};

const AMOUNTS_SCHEMA = {
  propertyNames: { pattern: ASSET_PATTERN.source },
  additionalProperties: { anyOf: [{ type: 'string', pattern: AMOUNT_PATTERN.source }, REFERENCE_SCHEMA] },
};

const PACKAGE_NAME_SCHEMA = {
  description: 'An installed package that brings a plugin, e.g. @acme/tributary-psp-foo.',
  type: 'string',
  pattern: PACKAGE_NAME_PATTERN.source,
};

function createTenantSchema(): JsonSchema {
  const tenant = createClassSchema(TenantEntry);
  return extendProperties(tenant, {
    connectors: { items: { $ref: '#/definitions/connector' } },
    operators: extendOperators(tenant),
    reconciliation: extendReconciliation(tenant),
  });
}

/** Returns the property `reconciliation` of the deployment or of a tenant, with the schema of its policies. */
function extendReconciliation(owner: JsonSchema): JsonSchema {
  return extendProperties(getPropertySchema(owner, 'reconciliation'), {
    policies: { items: { $ref: '#/definitions/policy' } },
  });
}

function extendOperators(owner: JsonSchema): JsonSchema {
  const withScopes = extendProperties(createClassSchema(OperatorKeyEntry), { key: API_KEY_REF });
  return extendProperties(getPropertySchema(owner, 'operators'), {
    apiKeys: { items: { anyOf: [API_KEY_REF, withScopes] } },
  });
}

/** Creates the schema of a connector. The schema of `settings` depends on the value of `plugin`. */
function createConnectorSchema(plugins: ReadonlyMap<string, Plugin>): JsonSchema {
  const connector = extendProperties(createClassSchema(ConnectorEntry), {
    plugin: { anyOf: [{ enum: [...plugins.keys()] }, PACKAGE_NAME_SCHEMA, REFERENCE_SCHEMA] },
    apiKeys: {
      items: { anyOf: [API_KEY_REF, extendProperties(createClassSchema(ApiKeyEntry), { key: API_KEY_REF })] },
    },
    orders: extendProperties(getPropertySchema(createClassSchema(ConnectorEntry), 'orders'), {
      largest: AMOUNTS_SCHEMA,
      perDay: AMOUNTS_SCHEMA,
    }),
  });
  return { ...connector, allOf: [...plugins].map(createSettingsCondition) };
}

function createSettingsCondition([name, { title, settings }]: [string, Plugin]): JsonSchema {
  const schema = createClassSchema(settings);
  const named = { properties: { plugin: { const: name } }, required: ['plugin'] };
  return {
    if: named,
    then: {
      properties: { settings: { description: title, ...schema } },
      ...('required' in schema && { required: ['settings'] }),
    },
  };
}

/** Returns the schema with additional keywords for some of its properties. */
function extendProperties(schema: JsonSchema, additions: Record<string, JsonSchema>): JsonSchema {
  const properties = schema.properties as Record<string, JsonSchema>;
  const extended = Object.entries(additions).map(([key, value]) => [key, { ...properties[key], ...value }]);
  return { ...schema, properties: { ...properties, ...(Object.fromEntries(extended) as object) } };
}

/** Returns the alternatives for a `store` that is a string: a URL, or a reference to a URL. */
function getAlternatives({ anyOf }: JsonSchema): unknown[] {
  return Array.isArray(anyOf) ? (anyOf as unknown[]) : [];
}

function getPropertySchema(schema: JsonSchema, key: string): JsonSchema {
  return (schema.properties as Record<string, JsonSchema>)[key] ?? {};
}
