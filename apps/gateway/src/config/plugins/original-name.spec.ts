/** Tests the property `originalName` of a connector, from which the ids of its orders are derived. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDeployment } from '../index.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-original-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Loads a file with connectors of the default tenant and of the tenant `acme`, each as `name` or `name, originalName: …`. */
function load(names: readonly string[], ofAcme: readonly string[] = []) {
  const file = join(directory, 'gateway.yaml');
  const list = (all: readonly string[], key: string) =>
    `[${all.map((name) => `{ name: ${name}, plugin: sandbox, apiKeys: [${key}] }`).join(', ')}]`;
  const tenants =
    ofAcme.length > 0 ? `tenants: { acme: { connectors: ${list(ofAcme, 'a-key-of-the-tenant')} } }\n` : '';
  writeFileSync(file, `connectors: ${list(names, 'a-key-for-the-tests')}\n${tenants}`);
  return loadDeployment(file);
}

it('belongs to the tenant of the connector', () => {
  const { connectors } = load(['sand, originalName: bank', 'other'], ['sand, originalName: bank']);
  expect(connectors.map(({ path, originalPath }) => [path, originalPath])).toEqual([
    ['sand', 'bank'],
    ['other', undefined],
    ['acme/sand', 'acme/bank'],
  ]);
});

it.each([
  [
    'the name of a later connector',
    ['sand, originalName: bank', 'bank'],
    'connectors[1].name: found "bank", the same name as connectors[0].originalName',
  ],
  [
    'the name of an earlier connector',
    ['bank', 'sand, originalName: bank'],
    'connectors[1].originalName: found "bank", the same name as connectors[0].name',
  ],
  [
    'the original name of another connector',
    ['sand, originalName: bank', 'shop, originalName: bank'],
    'connectors[1].originalName: found "bank", the same name as connectors[0].originalName',
  ],
  [
    'the name of the connector itself',
    ['sand, originalName: sand'],
    'connectors[0].originalName: found "sand", the same name as connectors[0].name',
  ],
])('cannot be %s', (_, names, problem) => {
  expect(() => load(names)).toThrow(
    `${problem}: the ids of the orders of both connectors would be derived from it. Choose another name`,
  );
});

it('must be a name', () => {
  expect(() => load(['sand, originalName: acme/bank'])).toThrow(
    'connectors[0].originalName: found "acme/bank"; expected 1 to 63 of the characters',
  );
});
