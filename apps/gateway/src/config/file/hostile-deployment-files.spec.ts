/**
 * Tests deployment files that misuse YAML: property names that every object already has (e.g. `toString`), tags, deep nesting, and nested
 * aliases that multiply values.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDeployment } from '../load-deployment.js';
import { ConfigError } from './config-problems.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-hostile-'));
afterAll(() => rmSync(directory, { recursive: true }));

const KEY = 'a-key-for-the-tests-1';
const connector = (keys: Record<string, string> = {}) => {
  const all = { name: 'sand', plugin: 'sandbox', apiKeys: `[${KEY}]`, ...keys };
  const pairs = Object.entries(all).map(([key, value]) => `${key}: ${value}`);
  return `- { ${pairs.join(', ')} }`;
};
const GOOD = `connectors:\n  ${connector()}\n`;
const range = (length: number) => Array.from({ length }, (_, index) => index);

function load(yaml: string) {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, yaml);
  return loadDeployment(file, {});
}

function complaints(yaml: string): string[] {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${directory}/`, '').split('\n');
    throw error;
  }
  return [];
}

describe('a hostile deployment file', () => {
  it.each(['{ constructor: 1 }', '{ toString: { call: 1 } }', '{ __proto__: { a: 1 } }', '{ then: {} }'])(
    'a property of every object is an ordinary unknown property: %s',
    (mapping) => {
      const yamls = [
        `connectors:\n  ${connector({ settings: mapping })}`,
        `connectors:\n  ${connector({ orders: `{ largest: ${mapping} }` })}`,
        `connectors:\n  ${connector({ apiKeys: `[${mapping}]` })}`,
        `store: ${mapping}\n${GOOD}`,
        `listen: ${mapping}\n${GOOD}`,
        `connectors: [${mapping}]`,
        `${GOOD}tenants: ${mapping}`,
      ];
      expect(yamls.filter((yaml) => complaints(yaml).length === 0)).toEqual([]);
    },
  );

  it('accepts a tenant and a connector with the name "constructor"', () => {
    const { connectors } = load(
      `tenants: { constructor: { connectors: [ { name: constructor, plugin: sandbox, apiKeys: [${KEY}] } ] } }`,
    );
    expect(connectors.map(({ path }) => path)).toEqual(['constructor/constructor']);
  });

  it('takes no variable from the properties of every object', () => {
    expect(complaints(`store: "sqlite:\${toString}"\n${GOOD}`)).toEqual([
      'gateway.yaml:1:8: store: environment variable toString is not set. Set it, or write a default: ${toString:-default}',
    ]);
  });

  it.each(['!!omap [a: 1]', '!!set { a, b }', '!!pairs [a: 1]', '!!binary aGk=', '!!timestamp 2026-01-01'])(
    'refuses the tag in %s',
    (value) => {
      expect(complaints(`connectors:\n  ${connector({ settings: value })}`)).toEqual([
        expect.stringContaining('found a YAML tag (!…); the deployment file has none. Remove it'),
      ]);
    },
  );

  it('refuses YAML 1.1, in which other words are values', () => {
    expect(complaints(`%YAML 1.1\n---\n${GOOD}`)).toEqual([
      'gateway.yaml:1:1: found a %YAML line of another version; expected YAML 1.2. Remove it',
    ]);
  });

  it.each([
    ['flow style', `a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['block style', `a:\n${'- '.repeat(50_000)}x`],
    ['aliases', ['l0: &l0 [x]', ...range(300).map((n) => `l${n + 1}: &l${n + 1} [*l${n}]`)].join('\n')],
  ])('stops at values that are nested too deeply, in %s', (_style, yaml) => {
    expect(complaints(yaml)).toContainEqual(expect.stringContaining('nested too deeply'));
  });

  it('stops early at merge keys that multiply', () => {
    const levels = range(24).map((n) => `l${n + 1}: &l${n + 1} { <<: [*l${n}, *l${n}], k${n}: 1 }`);
    const startMs = performance.now();
    complaints(['l0: &l0 { x: 1 }', ...levels, GOOD].join('\n'));
    const wide = `w: &w { ${range(2000)
      .map((n) => `k${n}: 1`)
      .join(', ')} }`;
    const many = `m: { <<: [${range(2000)
      .map(() => '*w')
      .join(', ')}] }`;
    expect(complaints([wide, many, GOOD].join('\n'))).toContain(
      'gateway.yaml: found more than 20000 values, all aliases written out',
    );
    expect(performance.now() - startMs).toBeLessThan(5000);
  });

  it('does not read a device without end', () => {
    expect(() => loadDeployment('/dev/zero', {})).toThrow(
      '/dev/zero: the file has more than 4194304 bytes; expected a deployment file of at most that size',
    );
  });
});
