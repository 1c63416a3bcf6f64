/** Tests `tributary formance install`, `uninstall` and `policies`, from the deployment file to the state of a Formance server. */
import { hashApiKey } from '@tributary/auth';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { FAKE_CLIENT, FakeFormance } from '../../../../../../libs/formance/src/testing/fake-formance.js';
import { FakeReconciliation } from '../../../../../../libs/formance/src/testing/fake-reconciliation.js';
import { runCli } from '../../run-cli.js';

const [READ_KEY, PAY_KEY, ACME_KEY] = [
  'reading-key-must-not-show',
  'paying-key-must-not-show',
  'acme-key-must-not-show',
];
const HASHED_KEY = 'hashed-key-must-not-show';
const directory = mkdtempSync(join(tmpdir(), 'tributary-formance-cli-'));
const config = join(directory, 'gateway.yaml');
afterAll(() => rmSync(directory, { recursive: true }));

let fake: FakeFormance;
beforeEach(async () => {
  fake = await FakeFormance.start();
  fake.requiresToken = true;
  writeDeployment(
    `{ url: ${fake.url}, paymentsUrl: ${fake.url}, publicUrl: 'https://gateway.example.com/', auth: { clientId: ${FAKE_CLIENT.id}, clientSecret: ${FAKE_CLIENT.secret} } }`,
  );
});
afterEach(() => fake.close());

function writeDeployment(formance: string | undefined): void {
  const hash = hashApiKey(HASHED_KEY).toString('hex');
  writeFileSync(
    config,
    `store: sqlite:${directory}/t.db
${formance === undefined ? '' : `formance: ${formance}`}
connectors:
  - { name: house-bank, plugin: sandbox, apiKeys: [${READ_KEY}, { key: ${PAY_KEY}, scopes: [read, pay] }] }
  - { name: vault, plugin: sandbox, formanceName: the vault, apiKeys: ['sha256:${hash}'] }
tenants:
  acme:
    connectors: [{ name: house-bank, plugin: sandbox, apiKeys: [${ACME_KEY}] }]
`,
  );
}

async function run(...args: string[]) {
  const [out, err]: string[][] = [[], []];
  const code = await runCli(['formance', ...args, '-c', config], {
    out: (text) => void out?.push(text),
    err: (text) => void err?.push(text),
  });
  const printed = [...(out ?? []), ...(err ?? [])].join('\n');
  expect(printed).not.toContain('must-not-show');
  return { code, out: out?.join('\n') ?? '', err: err?.join('\n') ?? '' };
}

const configs = () => fake.connectors.map(({ config: each }) => each);

it('install brings Formance to what the file says, and a second run changes nothing', async () => {
  const paths = ['house-bank', 'acme/house-bank'];
  const dry = await run('install', ...paths, '--dry-run');
  expect(dry.code).toBe(3);
  expect(dry.out).toContain('/acme/house-bank  acme/house-bank   would be installed');
  expect(fake.connectors).toEqual([]);

  expect((await run('install', ...paths)).code).toBe(0);
  const others = { provider: 'Generic', pollingPeriod: '30m0s' };
  expect(configs()).toEqual([
    { ...others, name: 'house-bank', endpoint: 'https://gateway.example.com/house-bank', apiKey: PAY_KEY },
    {
      ...others,
      name: 'acme/house-bank',
      endpoint: 'https://gateway.example.com/acme/house-bank',
      apiKey: ACME_KEY,
    },
  ]);

  const writes = fake.writes.length;
  expect(await run('install', ...paths)).toMatchObject({ code: 0 });
  expect((await run('install', ...paths, '--dry-run')).code).toBe(0);
  expect(fake.writes).toHaveLength(writes);
});

it('install changes the URL of a renamed connector, and does not install it a second time', async () => {
  await run('install', 'acme/house-bank');
  const text = readFileSync(config, 'utf8');
  writeFileSync(
    config,
    text.replace(/(acme:\n.*)name: house-bank/, '$1name: main, originalName: house-bank'),
  );
  expect(await run('install', 'acme/main')).toMatchObject({ code: 0 });
  expect(configs()).toMatchObject([
    { name: 'acme/house-bank', endpoint: 'https://gateway.example.com/acme/main', apiKey: ACME_KEY },
  ]);
});

it('a connector with hashes only is left out with the reason, and installed with a new key on request', async () => {
  const refused = await run('install', '--json');
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.out)).toMatchObject([
    { path: 'house-bank', outcome: 'installed' },
    { path: 'vault', name: 'the vault', outcome: 'blocked' },
    { path: 'acme/house-bank', outcome: 'installed' },
  ]);
  const created = await run('install', 'vault', '--create-keys');
  expect(created.code).toBe(0);
  const key = String(configs().at(-1)?.['apiKey']);
  expect(key).toMatch(/^trb_/);
  expect(created.out).not.toContain(key);
  expect(created.out).toContain(`add "sha256:${hashApiKey(key).toString('hex')}" to apiKeys of vault`);
});

it('a key of Formance whose hash is in the file stays', async () => {
  const existing = { name: 'the vault', endpoint: 'https://gateway.example.com/vault', pollingPeriod: '30m' };
  fake.addConnector({ ...existing, apiKey: HASHED_KEY });
  expect(await run('install', 'vault')).toMatchObject({ code: 0 });
  expect(fake.writes).toEqual([]);
});

it.each(['fctl', 'curl', 'terraform', 'kubernetes'])('--print %s does not call Formance', async (tool) => {
  const { code, out } = await run('install', 'acme/house-bank', '--print', tool);
  expect(code).toBe(0);
  expect(out.replaceAll(fake.url, 'https://payments')).toMatchSnapshot();
  // YAML would parse some texts without quotes as a mapping.
  if (tool === 'kubernetes')
    expect(parse(out).spec.template.spec.containers[0].args).toContain(
      '--header=Content-Type: application/json',
    );
  expect(fake.psp.requests).toEqual([]);
});

it('uninstall removes one connector, by name and with --yes', async () => {
  await run('install', 'house-bank', 'acme/house-bank');
  const asked = await run('uninstall', 'house-bank');
  expect(asked.code).toBe(2);
  expect(asked.err).toContain('Run it again with --yes');
  expect(fake.connectors).toHaveLength(2);
  expect(await run('uninstall', 'house-bank', '--yes')).toMatchObject({ code: 0 });
  expect(fake.connectors.map(({ name }) => name)).toEqual(['acme/house-bank']);
  expect((await run('uninstall', 'house-bank', '--yes')).err).toContain('nothing was removed');
});

it('wrong credentials and a missing Formance are told', async () => {
  writeDeployment(`{ paymentsUrl: ${fake.url}, publicUrl: 'https://gateway.example.com' }`);
  expect((await run('install', 'house-bank')).err).toContain('answered 401 with an empty body');
  writeDeployment(undefined);
  expect((await run('install')).err).toContain('names no Formance. Add "formance:');
});

describe('policies', () => {
  let reconciliation: FakeReconciliation;
  beforeEach(async () => {
    reconciliation = await FakeReconciliation.start();
  });
  afterEach(() => reconciliation.close());

  const writeWithLedger = (ledger: string) =>
    writeDeployment(
      `{ url: ${fake.url}, paymentsUrl: ${fake.url}, reconciliationUrl: ${reconciliation.url}, publicUrl: 'https://gateway.example.com', auth: { clientId: ${FAKE_CLIENT.id}, clientSecret: ${FAKE_CLIENT.secret} }${ledger} }`,
    );

  it('creates the policy of a pool, and a second run changes nothing', async () => {
    writeWithLedger(", ledger: { name: main, accounts: 'assets:{connector}:' }");
    const missing = await run('policies', 'acme/house-bank');
    expect(missing.code).toBe(1);
    expect(missing.out).toContain('Run "tributary formance pools" first');

    expect((await run('pools', 'acme/house-bank')).code).toBe(0);
    const dry = await run('policies', 'acme/house-bank', '--dry-run');
    expect(dry.code).toBe(3);
    expect(dry.out).toContain('/acme/house-bank  acme/house-bank  would be created');
    expect(reconciliation.policies).toEqual([]);
    expect((await run('policies', 'acme/house-bank')).code).toBe(0);
    expect(reconciliation.policies).toMatchObject([
      {
        ...{ name: 'acme/house-bank', ledgerName: 'main', paymentsPoolID: fake.pools[0]!.id },
        ledgerQuery: { $match: { address: 'assets:acme:house-bank:' } },
      },
    ]);
    const second = await run('policies', 'acme/house-bank', '--json');
    expect(JSON.parse(second.out)).toMatchObject([{ outcome: 'unchanged', policyId: 'policy-1' }]);
    expect(reconciliation.createRequests).toBe(1);
    // The access token of the Stack must be used for both services.
    expect(reconciliation.psp.requests.every(({ headers }) => headers['authorization'] !== undefined)).toBe(
      true,
    );
  });

  it('a missing ledger and an invalid pattern of its accounts are reported', async () => {
    writeWithLedger('');
    expect((await run('policies', 'house-bank')).err).toContain('names no ledger for house-bank');
    for (const accounts of [
      'psp:house-bank:...',
      'psp:{connector}x',
      'psp:{connector}:...:x',
      'psp {connector}',
    ]) {
      writeWithLedger(`, ledger: { name: main, accounts: '${accounts}' }`);
      expect((await run('policies')).err).toContain(
        `formance.ledger.accounts: found "${accounts}"; expected a pattern of ledger addresses`,
      );
    }
  });
});

it('values that do not fit together are told with the line', async () => {
  writeDeployment(
    "{ publicUrl: 'ftp://x', pollingPeriod: 5, auth: { token: a-token-must-not-show, clientId: x } }",
  );
  const { code, err } = await run('install');
  expect(code).toBe(1);
  expect(err).toContain('formance.publicUrl: found "ftp://x"; expected a URL');
  expect(err).toContain('formance: there is no url');
  expect(err).toContain('formance.auth: found a token and an OAuth client');
  expect(err).toContain('formance.pollingPeriod: found the number 5');
});
