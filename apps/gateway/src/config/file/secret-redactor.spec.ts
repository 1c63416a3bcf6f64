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
    ['in broken YAML', () => `connectors: [ "${SECRET}" "${SECRET}"\n a: @${SECRET}`],
    [
      'as the default of a variable in a bad place',
      () => `listen: { port: "\${UNSET:-${SECRET}}" }\n${GOOD}`,
    ],
  ])('%s', (_where, yaml) => {
    const found = complaint(yaml(), { SECRET });
    expect(found).toMatch(/gateway\.yaml:\d+:\d+: /);
    expect(found).not.toContain(SECRET);
  });
});
