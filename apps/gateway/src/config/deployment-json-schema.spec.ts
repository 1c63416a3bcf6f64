import { Setting } from '@tributary/connector-api';
import { plugins } from '@tributary/psp-plugins';
import { Ajv } from 'ajv';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createClassSchema } from './settings/class-json-schema.js';
import { createDeploymentSchema } from './deployment-json-schema.js';

const ROOT = join(import.meta.dirname, '../../../..');
const COMMITTED = join(ROOT, 'schema/deployment.schema.json');
const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(
  createDeploymentSchema(plugins),
);
const accepts = (yaml: string) => validate(parse(yaml));

interface PluginRule {
  if: { properties: { plugin: { const: string } } };
  then: { properties: { settings: { properties: Record<string, object> } } };
}

const KEYS = 'apiKeys: [a-key-for-the-tests-1]';
const withConnector = (more: string) => `connectors: [{ name: a, plugin: sandbox, ${KEYS}, ${more} }]`;

it('is the one that is committed; otherwise: node bin/tributary.js schema > schema/deployment.schema.json', () => {
  expect(JSON.parse(readFileSync(COMMITTED, 'utf8'))).toEqual(
    JSON.parse(JSON.stringify(createDeploymentSchema(plugins))),
  );
});

const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.yaml'));
it.each(examples)('accepts examples/%s, which names it for editors', (name) => {
  const text = readFileSync(join(ROOT, 'examples', name), 'utf8');
  expect(text).toContain('# yaml-language-server: $schema=../schema/deployment.schema.json');
  validate(parse(text));
  expect(validate.errors ?? []).toEqual([]);
});

it('accepts the example of docs/reference/configuration.md', () => {
  const text = readFileSync(join(ROOT, 'docs/reference/configuration.md'), 'utf8');
  validate(parse(/```yaml\n(.*?)```/s.exec(text)?.[1] ?? ''));
  expect(validate.errors ?? []).toEqual([]);
});

it.each([
  `connectors: [{ name: a, plugin: sandbox, ${KEYS} }]`,
  `connectors: [{ name: a, plugin: sandbox, apiKeys: [{ key: "\${K}", scopes: [read, pay] }, a-key-for-the-tests-1] }]`,
  withConnector(
    'orders: { largest: { EUR/2: "100", JPY: "${MOST}" }, perDay: { EUR/2: "0" }, beneficiaries: [b], unknownAfter: 5m }',
  ),
  withConnector('settings: { seed: "${SEED}", newestFirst: "${ORDER:-true}" }'),
  `listen: { port: "\${PORT}" }\ntenants: { acme: { connectors: [{ name: docs, plugin: sandbox, apiKeys: ["file:key"] }] } }`,
  `connectors: [{ name: a, plugin: sandbox, apiKeys: ["sha256:${'0'.repeat(64)}"] }]`,
])('accepts %s', (yaml) => {
  accepts(yaml);
  expect(validate.errors ?? []).toEqual([]);
});

it.each([
  'listen: { port: abc }',
  'listen: { port: 65536 }',
  'listen: { prot: 1 }',
  'stor: x',
  'store: "mysql:x"',
  'docs: "yes"',
  'connectors: {}',
  `connectors: [{ plugin: sandbox, ${KEYS} }]`,
  `connectors: [{ name: a, ${KEYS} }]`,
  'connectors: [{ name: a, plugin: sandbox }]',
  'connectors: [{ name: a, plugin: sandbox, apiKeys: [] }]',
  'connectors: [{ name: a, plugin: sandbox, apiKeys: [short] }]',
  'connectors: [{ name: a, plugin: sandbox, apiKeys: ["sha256:abc"] }]',
  `connectors: [{ name: House, plugin: sandbox, ${KEYS} }]`,
  `connectors: [{ name: metrics, plugin: sandbox, ${KEYS} }]`,
  `connectors: [{ name: a, plugin: sandbx, ${KEYS} }]`,
  'connectors: [{ name: a, plugin: sandbox, apiKeys: [{ key: a-key-for-the-tests-1 }] }]',
  'connectors: [{ name: a, plugin: sandbox, apiKeys: [{ key: a-key-for-the-tests-1, scopes: [write] }] }]',
  'connectors: [{ name: a, plugin: sandbox, apiKeys: [{ key: short, scopes: [pay] }] }]',
  withConnector('orders: { largest: { EUR/2: 100 } }'),
  withConnector('orders: { perDay: { euro: "100" } }'),
  withConnector('orders: { perWeek: {} }'),
  withConnector('sync: { every: 5 }'),
  withConnector('sync: { every: 5 minutes }'),
  withConnector('settings: { acounts: 3 }'),
  withConnector('settings: { seed: x }'),
  withConnector('settings: { outages: 2 }'),
  'tenants: { Acme: { connectors: [] } }',
  'tenants: { acme: {} }',
])('refuses %s', (yaml) => {
  expect(accepts(yaml)).toBe(false);
});

it('describes each plugin with its own settings, defaults and descriptions', () => {
  const { connector } = createDeploymentSchema(plugins).definitions as Record<
    string,
    { allOf: PluginRule[] }
  >;
  const rule = connector?.allOf.find((candidate) => candidate.if.properties.plugin.const === 'sandbox');
  expect(rule?.then.properties.settings.properties.pageSize).toEqual({
    description: 'Rows in one answer of the PSP.',
    default: 100,
    anyOf: [{ type: 'integer', minimum: 1, maximum: 1000 }, { $ref: '#/definitions/reference' }],
  });
  for (const { name, settings } of plugins) {
    for (const [key, property] of Object.entries(
      createClassSchema(settings).properties as Record<string, { description?: string }>,
    )) {
      expect([name, key, property.description]).toEqual([name, key, expect.stringMatching(/\S{3}/)]);
    }
  }
});

it('reads nested mappings and lists of them', () => {
  class Inner {
    @Setting('how many')
    @Min(1)
    @IsInt()
    many!: number;
  }
  class Outer {
    @ValidateNested()
    inner: Inner = new Inner();

    @Type(() => Inner)
    @ValidateNested({ each: true })
    all: Inner[] = [];

    @IsOptional()
    @IsIn(['a', 'b'])
    kind?: 'a' | 'b';

    @IsString({ each: true })
    words: string[] = [];
  }
  const reference = { $ref: '#/definitions/reference' };
  const inner = {
    type: 'object',
    additionalProperties: false,
    properties: {
      many: { description: 'how many', anyOf: [{ type: 'integer', minimum: 1 }, reference] },
    },
    required: ['many'],
  };
  expect(createClassSchema(Outer)).toEqual({
    type: 'object',
    additionalProperties: false,
    properties: {
      inner,
      all: { default: [], type: 'array', items: inner },
      kind: { anyOf: [{ type: 'string', enum: ['a', 'b'] }, reference] },
      words: { default: [], type: 'array', items: { type: 'string' } },
    },
  });
});
