import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDeployment } from '../load-deployment.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-secrets-'));
afterAll(() => rmSync(directory, { recursive: true }));

const KEY = 'a-key-for-the-tests-1';
const connector = (keys: Record<string, string> = {}) => {
  const all = { name: 'sand', plugin: 'sandbox', apiKeys: `[${KEY}]`, ...keys };
  const pairs = Object.entries(all).map(([key, value]) => `${key}: ${value}`);
  return `- { ${pairs.join(', ')} }`;
};
const GOOD = `connectors:\n  ${connector()}\n`;

function complaint(yaml: string, environment: Record<string, string>): string {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, yaml);
  try {
    loadDeployment(file, environment);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('a secret is never part of an error', () => {
  const SECRET = 'Sup3rSecretValueNobodyMaySee';
  const file = () => {
    writeFileSync(join(directory, 'secret'), SECRET);
    return `file:${directory}/secret`;
  };
  it.each<[string, () => string]>([
    ['as a port', () => `listen: { port: "\${SECRET}" }\n${GOOD}`],
    ['as a store', () => `store: "\${SECRET}"\n${GOOD}`],
    ['as a store, from a file', () => `store: ${file()}\n${GOOD}`],
    ['as a store with a password', () => `store: mysql://user:${SECRET}@host/db\n${GOOD}`],
    ['as a plugin', () => `connectors:\n  ${connector({ plugin: '"${SECRET}"' })}`],
    ['as a name', () => `connectors:\n  ${connector({ name: '"${SECRET}"' })}`],
    ['as the keys', () => `connectors:\n  ${connector({ apiKeys: SECRET })}`],
    ['as a key with a space', () => `connectors:\n  ${connector({ apiKeys: `["${SECRET} x"]` })}`],
    ['as a broken hash', () => `connectors:\n  ${connector({ apiKeys: `["sha256:${SECRET}"]` })}`],
    ['as a key twice', () => `connectors:\n  ${connector({ apiKeys: `[${SECRET}, "\${SECRET}"]` })}`],
    [
      'as a setting',
      () => `connectors:\n  ${connector({ settings: '{ seed: "${SECRET}", start: "x${SECRET}" }' })}`,
    ],
    [
      'as a setting that is written out',
      () => `connectors:\n  ${connector({ settings: `{ start: ${SECRET} }` })}`,
    ],
    ['as an unknown setting', () => `connectors:\n  ${connector({ settings: `{ apiKey: ${SECRET} }` })}`],
    ['as a key of a mapping', () => `connectors:\n  ${connector({ settings: `{ ${SECRET}: 1 }` })}`],
    [
      'in a key of flow style, because a space is missing',
      () => `connectors:\n  ${connector({ settings: `{ accessToken:'${SECRET}' }` })}`,
    ],
    [
      'in a key without quotes, because a space is missing',
      () => `connectors:\n  ${connector({ settings: '{ accessToken:short-one }' })}`,
    ],
    [
      'in a key with another sign instead of the colon',
      () => `connectors:\n  ${connector({ settings: '{ accessToken=short-one: 1 }' })}`,
    ],
    ['in a key that exists twice', () => `'${SECRET}:': 1\n'${SECRET}:': 1\n${GOOD}`],
    ['in the name of a tenant', () => `${GOOD}tenants: { apiKey:short-one: { connectors: [] } }`],
    ['in a limit', () => `connectors:\n  ${connector({ orders: `{ largest: { key:${SECRET}: "1" } }` })}`],
    [
      'in a block mapping without a space',
      () =>
        `connectors:\n  - name: a\n    plugin: sandbox\n    apiKeys: [${KEY}]\n    settings:\n      accessToken:'short-one'\n`,
    ],
    ['in broken YAML', () => `connectors: [ "${SECRET}" "${SECRET}"\n a: @${SECRET}`],
    [
      'as the default of a variable in a bad place',
      () => `listen: { port: "\${UNSET:-${SECRET}}" }\n${GOOD}`,
    ],
  ])('%s', (_where, yaml) => {
    const found = complaint(yaml(), { SECRET });
    expect(found).toMatch(/gateway\.yaml:\d+:\d+: /);
    expect(found).not.toContain(SECRET);
    expect(found).not.toContain('short-one');
  });
});
