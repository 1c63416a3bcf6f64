/** Tests the policies of the deployment file: the values that are read, and that all problems are reported together. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../file/config-problems.js';
import { loadDeployment } from '../load-deployment.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-policies-'));
afterAll(() => rmSync(directory, { recursive: true }));

function load(text: string) {
  const file = join(directory, 'gateway.yaml');
  writeFileSync(file, text);
  return loadDeployment(file, { LEDGER_TOKEN: 'secret-of-the-ledger' });
}

const CONNECTORS = 'connectors: [{ name: bank, plugin: sandbox, apiKeys: [a-key-of-the-test-1] }]';

it('reads policies of the default tenant and of a tenant', () => {
  const { policies, secrets } = load(`
${CONNECTORS}
reconciliation:
  policies:
    - name: bank
      ledger: { url: 'https://ledger.example.com/', name: main, token: '\${LEDGER_TOKEN}', sign: opposite }
      accounts: [{ connector: bank, account: main, ledgerAccount: 'psp:bank:main' }]
      rules:
        - { kind: exact, psp: id, ledger: reference }
        - { kind: tolerance, psp: metadata.batch, ledger: metadata.batch, account: 'expenses:rounding', bound: { EUR/2: '2' } }
        - { kind: window, days: 3 }
      grace: { booking: 1h }
      payments: { timeout: 2m }
tenants:
  acme:
    connectors: [{ name: bank, plugin: sandbox, apiKeys: [a-key-of-the-test-2] }]
    reconciliation:
      policies:
        - name: bank
          ledger: { url: 'https://ledger.example.com', name: acme }
          accounts: [{ connector: bank, account: main, ledgerAccount: 'psp:bank:main' }]
          rules: [{ kind: settlement, psp: root, ledger: metadata.payment }]
          payments: { compare: false }
`);
  expect(policies).toEqual([
    {
      ledger: { url: 'https://ledger.example.com', name: 'main', token: 'secret-of-the-ledger' },
      paymentsTimeoutMs: 120_000,
      policy: {
        ...{ name: 'bank', ledger: 'https://ledger.example.com/main', sign: 'opposite' },
        accounts: [{ connector: 'bank', account: 'main', address: 'psp:bank:main' }],
        rules: [
          { kind: 'exact', psp: 'id', ledger: 'reference' },
          {
            ...{ kind: 'tolerance', psp: 'metadata.batch', ledger: 'metadata.batch' },
            ...{ account: 'expenses:rounding', bound: { 'EUR/2': 2n } },
          },
          { kind: 'window', days: 3 },
        ],
        grace: { bookingMs: 3_600_000, settlementMs: 259_200_000 },
      },
    },
    {
      ledger: { url: 'https://ledger.example.com', name: 'acme' },
      policy: expect.objectContaining({
        ...{ name: 'acme/bank', sign: 'same' },
        accounts: [{ connector: 'acme/bank', account: 'main', address: 'psp:bank:main' }],
      }) as object,
    },
  ]);
  expect(secrets).toContain('secret-of-the-ledger');
});

it('reports everything that is wrong in policies', () => {
  const problems = findProblems(`
${CONNECTORS}
reconciliation:
  policies:
    - name: one
      ledger: { url: ledger, name: main, sing: same }
      accounts:
        - { connector: bnk, account: main, ledgerAccount: 'psp bank' }
        - { connector: bank, account: a, ledgerAccount: 'psp:a' }
        - { connector: bank, account: a, ledgerAccount: 'psp:a' }
      rules:
        - { kind: exact, psp: ids, ledger: reference }
        - { kind: group, psp: id }
        - { kind: window, days: 99, psp: id }
        - { kind: tolerance, psp: id, ledger: reference, account: x, bound: { EUR/2: 2 } }
        - { kind: fuzzy }
      grace: { booking: soon }
    - { name: one, ledger: { url: 'https://l.example.com', name: main }, accounts: [], rules: [] }
`);
  for (const expected of [
    /policies\[0\]\.ledger\.url: .*expected a URL/,
    /policies\[0\]\.ledger\.sing: there is no such setting.*sign/,
    /accounts\[0\]\.connector: found "bnk"; there is no such connector/,
    /accounts\[0\]\.ledgerAccount: .*expected an address of the ledger/,
    /accounts\[2\]\.account: another entry of the policy has the same/,
    /accounts\[2\]\.ledgerAccount: another entry of the policy has the same/,
    /rules\[0\]\.psp: .*expected id, related, root or metadata/,
    /rules\[1\]: the rule group has no ledger/,
    /rules\[2\]\.days: .*from 1 to 31/,
    /rules\[2\]\.psp: the rule window has no psp/,
    /rules\[3\]\.bound.*minor units in quotes/,
    /rules\[4\]\.kind: .*one of exact, group/,
    /grace\.booking: .*duration/,
    /policies\[1\]\.name: another policy has this name/,
    /policies\[1\]\.accounts: .*at least one account/,
    /policies\[1\]\.rules: .*at least one rule/,
  ])
    expect(problems).toContainEqual(expect.stringMatching(expected));
});

function findProblems(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}
