import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDeployment } from '../load-deployment.js';
import { ConfigError } from '../file/config-problems.js';
import type { Environment } from '../file/references.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-store-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const CONNECTORS = 'connectors: [{ name: sand, plugin: sandbox, apiKeys: [a-key-for-the-tests-1] }]';

function load(store: string, environment: Environment = {}) {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, `store: ${store}\n${CONNECTORS}\n`);
  return loadDeployment(file, environment);
}

/** Returns the error lines without the file name. */
function complaints(store: string): string[] {
  try {
    load(store);
    return [];
  } catch (error) {
    if (error instanceof ConfigError)
      return error.message
        .split('\n')

        .map((line) => line.replace(/^.*gateway\.yaml:/, ''));
    throw error;
  }
}

it('a store is a URL, or a mapping with its primary, replicas and limits; passwords are secrets', () => {
  expect(load('postgres://me@db/tributary').store).toBe('postgres://me@db/tributary');
  const { store, secrets } = load(
    "{ primary: 'postgres://me:hunter2-one@a/t', replicas: ['postgres://me:hunter2-two@b/t', '${C}'], statementTimeout: 5s }",
    { C: 'postgres://me:hunter2-three@c/t' },
  );
  expect(store).toEqual({
    primary: 'postgres://me:hunter2-one@a/t',
    replicas: ['postgres://me:hunter2-two@b/t', 'postgres://me:hunter2-three@c/t'],
    connections: 10,
    statementTimeoutMs: 5000,
  });
  expect(secrets).toEqual(expect.arrayContaining(['hunter2-one', 'hunter2-two', 'hunter2-three']));
});

it('everything that is wrong with it is said at once', () => {
  const found = complaints(
    "{ primary: 'sqlite:x.db', replicas: 'postgres://b/t', conections: 5, connections: 1 }",
  ).join('\n');
  expect(found).toContain(
    'store.primary: found "sqlite:x.db"; expected postgres://USER:PASSWORD@HOST/DATABASE',
  );
  expect(found).toContain(
    'store.replicas: found "postgres://b/t"; expected a list of postgres://USER:PASSWORD@HOST/DATABASE',
  );
  expect(found).toContain('store.conections: there is no such setting');
  expect(found).toContain('store.connections: found the number 1; expected a whole number from 2 to 1000');
  expect(complaints('{ replicas: [] }').join()).toContain('store.primary');
  expect(complaints('[a]').join()).toContain('store: found');
});

it('a password that breaks the URL is told at its place, and not shown', () => {
  const UNREADABLE = 'the URL of PostgreSQL cannot be read; expected postgres://USER:PASSWORD@HOST/DATABASE';
  const plain = complaints("'postgres://me:hunter2/one@db/t'").join();
  expect(plain).toContain(`1:8: store: ${UNREADABLE}`);
  const mapped = complaints(
    "{ primary: 'postgres://me@a/t', replicas: ['postgres://me:hunter2#two@b/t'] }",
  ).join();
  expect(mapped).toContain(`store.replicas[0]: ${UNREADABLE}`);
  expect(plain + mapped).not.toContain('hunter2');
});
