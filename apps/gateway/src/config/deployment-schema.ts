/** Creates the JSON Schema (draft 07) of the deployment file. Editors use it, and `tributary schema` prints it. */
import { LONGEST_KEY, SHORTEST_KEY } from '@tributary/auth';
import { ASSET, type Plugin } from '@tributary/connector-api';
import { ApiKeyEntry } from './api-key-entry.js';
import { classSchema, REFERENCE, type Schema } from './class-schema.js';
import { ConnectorEntry, DeploymentFile, TenantEntry } from './deployment-file.js';
import { NAME, RESERVED_NAMES } from './names.js';
import { LIMIT } from './order-settings.js';
import { StoreSettings } from './store-settings.js';
import { PACKAGE_NAME } from './plugin-packages.js';

/**
 * Creates the schema with the settings of all given plugins.
 * @param plugins the plugins of the gateway
 * @param packages additional plugins from packages, by package name
 */
export function deploymentSchema(
  plugins: readonly Plugin[],
  packages: ReadonlyMap<string, Plugin> = new Map(),
): Schema {
  const file = classSchema(DeploymentFile);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Deployment file of Tributary',
    ...withProperties(file, {
      store: { anyOf: [...storeForms(property(file, 'store')), classSchema(StoreSettings)] },
      operators: withProperties(property(file, 'operators'), { apiKeys: { items: KEY } }),
      connectors: { items: { allOf: [{ $ref: '#/definitions/connector' }, { properties: NOT_RESERVED }] } },
      tenants: {
        propertyNames: { pattern: NAME.source, not: { enum: RESERVED_NAMES } },
        additionalProperties: { $ref: '#/definitions/tenant' },
      },
    }),
    definitions: {
      reference: {
        description: 'A reference like ${NAME}, ${NAME:-default} or file:PATH.',
        type: 'string',
        pattern: REFERS,
      },
      apiKey: API_KEY,
      tenant: withProperties(classSchema(TenantEntry), {
        connectors: { items: { $ref: '#/definitions/connector' } },
      }),
      connector: connectorSchema(
        new Map([...plugins.map((plugin) => [plugin.name, plugin] as const), ...packages]),
      ),
    },
  };
}

const REFERS = '^file:|\\$\\{';
const KEY = { $ref: '#/definitions/apiKey' };
const NOT_RESERVED = { name: { not: { enum: RESERVED_NAMES } } };
const API_KEY = {
  description: `A key as clients send it (at least ${SHORTEST_KEY} characters), sha256:<hex> of one, or a reference.`,
  anyOf: [
    { type: 'string', pattern: '^sha256:[0-9a-fA-F]{64}$' },
    { type: 'string', pattern: `^(?!sha256:)[\\x21-\\x7e]{${SHORTEST_KEY},${LONGEST_KEY}}$` },
    REFERENCE,
  ],
};

const AMOUNTS = {
  propertyNames: { pattern: ASSET.source },
  additionalProperties: { anyOf: [{ type: 'string', pattern: LIMIT.source }, REFERENCE] },
};

const PACKAGE = {
  description: 'An installed package that brings a plugin, e.g. @acme/tributary-psp-foo.',
  type: 'string',
  pattern: PACKAGE_NAME.source,
};

/** Creates the schema of a connector. The schema of `settings` depends on the value of `plugin`. */
function connectorSchema(plugins: ReadonlyMap<string, Plugin>): Schema {
  const connector = withProperties(classSchema(ConnectorEntry), {
    plugin: { anyOf: [{ enum: [...plugins.keys()] }, PACKAGE, REFERENCE] },
    apiKeys: { items: { anyOf: [KEY, withProperties(classSchema(ApiKeyEntry), { key: KEY })] } },
    orders: withProperties(property(classSchema(ConnectorEntry), 'orders'), {
      largest: AMOUNTS,
      perDay: AMOUNTS,
    }),
  });
  return { ...connector, allOf: [...plugins].map(settingsOf) };
}

function settingsOf([name, { title, settings }]: [string, Plugin]): Schema {
  const schema = classSchema(settings);
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
function withProperties(schema: Schema, more: Record<string, Schema>): Schema {
  const properties = schema.properties as Record<string, Schema>;
  const extended = Object.entries(more).map(([key, value]) => [key, { ...properties[key], ...value }]);
  return { ...schema, properties: { ...properties, ...(Object.fromEntries(extended) as object) } };
}

/** Returns the alternatives for `store` as a string: a URL, or a reference to a URL. */
function storeForms({ anyOf }: Schema): unknown[] {
  return Array.isArray(anyOf) ? (anyOf as unknown[]) : [];
}

function property(schema: Schema, key: string): Schema {
  return (schema.properties as Record<string, Schema>)[key] ?? {};
}
