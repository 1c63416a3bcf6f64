/** Tests the alert channels of the deployment file: the values that are read, and that all problems are reported together. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../file/config-problems.js';
import { loadDeployment } from '../load-deployment.js';

const SMTP_URL = 'smtps://tributary:secret-of-the-mail@mail.example.com';
const directory = mkdtempSync(join(tmpdir(), 'tributary-alerts-'));
afterAll(() => rmSync(directory, { recursive: true }));

function load(channels: string) {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(
    file,
    `connectors: [{ name: bank, plugin: sandbox, apiKeys: [a-key-of-the-test-1] }]\nalerts:\n  channels:\n${channels}`,
  );
  return loadDeployment(file, { SMTP_URL });
}

it('reads a channel of each kind', () => {
  const { alerts, secrets } = load(`
    - { name: ops, kind: webhook, url: 'https://hooks.example.com', secret: a-secret-of-16-or-more }
    - { name: team, kind: slack, url: 'https://slack.example.com/1' }
    - { name: finance, kind: email, url: '\${SMTP_URL}', from: tributary@example.com, to: [a@example.com, b@example.com] }
`);
  expect(alerts?.channels).toEqual([
    { name: 'ops', kind: 'webhook', url: 'https://hooks.example.com', secret: 'a-secret-of-16-or-more' },
    { name: 'team', kind: 'slack', url: 'https://slack.example.com/1' },
    {
      ...{ name: 'finance', kind: 'email', url: SMTP_URL, from: 'tributary@example.com' },
      to: ['a@example.com', 'b@example.com'],
    },
  ]);
  expect(secrets).toContain(SMTP_URL);
});

it('reports all problems of the channels', () => {
  const error = catchError(`
    - { name: ops, kind: webhook, url: 'smtp://mail.example.com' }
    - { name: team, kind: slack, url: 'https://slack.example.com/1', to: [a@example.com] }
    - { name: finance, kind: email, url: 'https://hooks.example.com' }
    - { name: board, kind: email, url: 'smtp://localhost', from: board, to: [treasurer] }
`);
  expect(error.message).toContain('a channel of the kind webhook needs the key secret');
  expect(error.message).toContain('a channel of the kind webhook needs a URL like https://');
  expect(error.message).toContain('a channel of the kind slack has no to');
  expect(error.message).toContain('a channel of the kind email needs the keys from and to');
  expect(error.message).toContain('a channel of the kind email needs a URL like smtps://');
  expect(error.message).toContain('found "board"; expected an e-mail address like alerts@example.com');
  expect(error.message).toContain('expected a list of e-mail addresses like [finance@example.com]');
});

function catchError(channels: string): ConfigError {
  try {
    load(channels);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the deployment file was accepted');
}
