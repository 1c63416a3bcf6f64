/** Loads deployment files whose secrets are in Vault: the values, the log-ins, the errors, and what `tributary check` does. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashApiKey } from '@tributary/auth';
import {
  ConfigError,
  loadDeployment,
  loadDeploymentWithoutSecrets,
  loadDeploymentWithSecrets,
} from '../../apps/gateway/src/config/index.js';
import { runCli } from '../../apps/gateway/src/cli/run-cli.js';
import { VaultStandIn } from './vault-stand-in.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-vault-'));
const file = join(directory, 'gateway.yaml');
const API_KEY = 'key-of-the-client-in-vault';
const PSP_KEY = 'access_1234567890123456789012345678';
let vault: VaultStandIn;

beforeEach(async () => {
  vault = new VaultStandIn();
  await vault.start();
  vault.secrets.set('secret/data/clients', { formance: API_KEY });
  vault.secrets.set('secret/data/psp/mollie', { accessToken: PSP_KEY, digits: 7, empty: '' });
});
afterEach(() => vault.stop());
afterAll(() => rmSync(directory, { recursive: true }));

const TOKEN_AUTH = '{ token: "${VAULT_TOKEN}" }';

function write(auth: string, accessToken = 'vault:secret/psp/mollie#accessToken', more = '') {
  writeFileSync(
    file,
    `secrets: { vault: { url: '${vault.url}', timeout: 200ms, auth: ${auth}${more} } }
connectors:
  - name: shop
    plugin: mollie
    apiKeys: ['vault:secret/clients#formance']
    settings: { accessToken: '${accessToken}' }
`,
  );
}

const load = (knownSecrets?: ReadonlyMap<string, string>) =>
  loadDeploymentWithSecrets(file, {
    environment: { VAULT_TOKEN: vault.token },
    ...(knownSecrets && { knownSecrets }),
  });

async function findError(): Promise<string> {
  try {
    await load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the file was loaded');
}

it('reads the values, each secret once, and hides them in messages', async () => {
  write(TOKEN_AUTH);
  const { deployment, staleSecrets } = await load();
  expect(deployment.connectors[0]?.settings).toMatchObject({ accessToken: PSP_KEY });
  expect(deployment.connectors[0]?.apiKeys).toEqual([{ hash: hashApiKey(API_KEY), scopes: ['read'] }]);
  expect(deployment.secrets).toEqual(expect.arrayContaining([API_KEY, PSP_KEY, vault.token]));
  expect(staleSecrets).toEqual([]);
  expect(vault.requests.map(({ path }) => path).sort()).toEqual([
    'secret/data/clients',
    'secret/data/psp/mollie',
  ]);
});

it('logs in once with AppRole or Kubernetes, in a namespace, and finds a mount with several segments', async () => {
  vault.secrets
    .set('team/kv/data/clients', { formance: API_KEY })
    .set('team/kv/data/psp/mollie', { accessToken: PSP_KEY });
  const { appRole, kubernetes } = vault;
  for (const auth of [
    `{ appRole: { roleId: ${appRole.role_id}, secretId: ${appRole.secret_id} } }`,
    `{ kubernetes: { role: ${kubernetes.role}, token: ${kubernetes.jwt} } }`,
  ]) {
    write(auth, 'vault:psp/mollie#accessToken', ', namespace: team-a, mount: team/kv');
    writeFileSync(file, readFileSync(file, 'utf8').replace('secret/clients', 'clients'));
    vault.requests.length = 0;
    const { deployment } = await load();
    expect(deployment.connectors[0]?.settings).toMatchObject({ accessToken: PSP_KEY });
    expect(vault.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(new Set(vault.requests.map(({ namespace }) => namespace))).toEqual(new Set(['team-a']));
  }
});

it.each<[string, string, () => void, string]>([
  ['the secret is missing', 'vault:secret/psp/none#accessToken', () => {}, 'Vault has no such secret (404)'],
  ['the field is missing', 'vault:secret/psp/mollie#token', () => {}, 'has no such field'],
  ['the field is inherited', 'vault:secret/psp/mollie#toString', () => {}, 'has no such field'],
  ['the field is a number', 'vault:secret/psp/mollie#digits', () => {}, 'the field is not a text'],
  ['the field is empty', 'vault:secret/psp/mollie#empty', () => {}, 'the field is empty'],
  [
    'the path leaves the mount',
    'vault:secret/../sys/seal#x',
    () => {},
    'expected vault:secret/mollie#apiKey',
  ],
  ['the field is not named', 'vault:secret/psp/mollie', () => {}, 'expected vault:secret/mollie#apiKey'],
  [
    'the token is wrong',
    'vault:secret/psp/mollie#accessToken',
    () => (vault.token = 'other'),
    'refused the read (403)',
  ],
  [
    'Vault is sealed',
    'vault:secret/psp/mollie#accessToken',
    () => (vault.isSealed = true),
    'sealed or in maintenance (503)',
  ],
  [
    'Vault hangs',
    'vault:secret/psp/mollie#accessToken',
    () => (vault.hangs = true),
    'no response within 200 ms',
  ],
  [
    'Vault redirects',
    'vault:secret/psp/mollie#accessToken',
    () => (vault.redirectTo = 'http://127.0.0.1:1/'),
    'redirects to another address (307)',
  ],
])('reports the line and the cause if %s', async (_case, reference, prepare, cause) => {
  write('{ token: hvs.token-of-the-stand-in }', reference);
  prepare();
  const message = await findError();
  expect(message).toContain(`${file}:6:`);
  expect(message).toContain(`connectors[0].settings.accessToken: the secret ${reference} cannot be read: `);
  expect(message).toContain(cause);
  expect(message).not.toMatch(/hvs\.|key-of-the-client/);
});

it('reports a Vault that cannot be reached, and asks it only once', async () => {
  write(TOKEN_AUTH);
  vault.hangs = true;
  await findError();
  // Two references were requested at the same time; no further request follows the first time limit.
  expect(vault.requests.length).toBeLessThanOrEqual(2);
  const { url } = vault;
  await vault.stop();
  expect(await findError()).toContain(`Vault cannot be reached at ${url}: ECONNREFUSED`);
  await vault.start();
});

it('reports a refused log-in without what was sent', async () => {
  write('{ appRole: { roleId: role-of-the-tests, secretId: wrong-secret-id } }');
  const message = await findError();
  expect(message).toContain('Vault refused the log-in at auth/approle with status 400');
  expect(message).not.toContain('wrong-secret-id');
});

it('uses the earlier value of a secret that cannot be read any more, and says so', async () => {
  write(TOKEN_AUTH);
  const { knownSecrets } = await load();
  vault.secrets.set('secret/data/clients', { formance: 'a-rotated-key-of-the-client' });
  vault.secrets.delete('secret/data/psp/mollie');
  const { deployment, staleSecrets } = await load(knownSecrets);
  expect(deployment.connectors[0]?.settings).toMatchObject({ accessToken: PSP_KEY });
  expect(deployment.connectors[0]?.apiKeys).toMatchObject([
    { hash: hashApiKey('a-rotated-key-of-the-client') },
  ]);
  expect(staleSecrets).toEqual([
    {
      reference: 'vault:secret/psp/mollie#accessToken',
      reason: expect.stringContaining('Vault has no such secret (404)') as string,
    },
  ]);
});

it('reports settings of Vault that contradict each other or refer to Vault', async () => {
  write('{}');
  expect(await findError()).toContain('secrets.vault.auth: found no credentials');
  write('{ token: a-token, kubernetes: { role: a, token: b } }');
  expect(await findError()).toContain('found more than one kind of credentials');
  write("{ token: 'vault:secret/vault#token' }");
  expect(await findError()).toContain(
    'found a reference to a secret source in the settings of secret sources',
  );
  writeFileSync(
    file,
    'connectors: [{ name: a, plugin: sandbox, apiKeys: ["vault:secret/clients#formance"] }]',
  );
  expect(await findError()).toContain('the file has no settings secrets.vault');
  expect(vault.requests).toEqual([]);
});

describe('without requests', () => {
  it('accepts placeholders, checks everything else, and lists the secrets', () => {
    write(TOKEN_AUTH);
    const environment = { VAULT_TOKEN: 'a-token-of-vault' };
    const { unreadSecrets, connectors } = loadDeploymentWithoutSecrets(file, environment);
    expect(unreadSecrets).toEqual(['vault:secret/clients#formance', 'vault:secret/psp/mollie#accessToken']);
    expect(connectors[0]?.hasUnreadSettings).toBe(true);
    expect(() => loadDeployment(file, environment)).toThrow(
      'vault:secret/clients#formance was not requested',
    );
    expect(vault.requests).toEqual([]);
    write(`${TOKEN_AUTH}, colour: red`);
    expect(() => loadDeploymentWithoutSecrets(file, environment)).toThrow('there is no such setting');
  });

  it('is how tributary check works, unless it gets --secrets', async () => {
    write(`{ token: ${vault.token} }`);
    const run = async (...args: string[]) => {
      const lines: string[] = [];
      const print = (text: string) => void lines.push(text);
      const code = await runCli(['check', '--config', file, ...args], { out: print, err: print });
      return { code, text: lines.join('\n') };
    };
    const unread = await run();
    expect(unread.code).toBe(0);
    expect(unread.text).toContain(
      'NOT CHECKED: 2 secrets that --secrets reads: vault:secret/clients#formance',
    );
    expect(unread.text).toContain('Directories and limits of orders were not checked for: shop');
    expect(vault.requests).toEqual([]);
    const read = await run('--secrets');
    expect(read).toMatchObject({ code: 0, text: expect.not.stringContaining('NOT CHECKED') as string });
    vault.isSealed = true;
    expect(await run('--secrets')).toMatchObject({
      code: 1,
      text: expect.stringContaining('(503)') as string,
    });
  });
});
