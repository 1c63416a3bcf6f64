/** Reloads the deployment file of a running gateway: what changes, what stays, and what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadDeploymentWithSecrets } from '../../apps/gateway/src/config/index.js';
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { createLogger } from '../../apps/gateway/src/logging/index.js';
import { DEFAULT_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { waitUntil as waitFor } from '../../libs/sync/src/testing/manual-clock.js';
import { VaultStandIn } from '../vault/vault-stand-in.js';

const KEY = 'key-of-the-first-client';
const NEW_KEY = 'key-of-the-other-client';
const OPERATOR = 'key-of-the-operator-1';
const READER = 'key-of-the-reading-op';
/** The time in ms that each of the clients waits between two reads while the file is reloaded. It is a small part of a reload. */
const PAUSE_OF_READERS_MS = 5;
const TENANT_OPERATOR = 'key-of-the-tenant-op-1';

const directory = mkdtempSync(join(tmpdir(), 'tributary-reload-'));
const file = join(directory, 'gateway.yaml');
let fresh: FreshStore;
let gateway: Gateway;
let log: string[];
/** Stop the servers that a test has started. A server that still listens after a failed test would keep Jest from ending. */
let stopServers: (() => Promise<void>)[];

beforeEach(async () => {
  fresh = await DEFAULT_STORE.createMigrated();
  log = [];
  stopServers = [];
});
afterEach(async () => {
  try {
    await gateway.close();
  } finally {
    for (const stop of stopServers) await stop();
    await fresh.remove();
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

const waitUntil = (condition: () => boolean | Promise<boolean>) =>
  waitFor(`the state of the gateway:\n${log.slice(-5).join('')}`, condition);
const logger = () => createLogger({ level: 'debug', destination: { write: (line) => void log.push(line) } });
const get = (path: string, key = KEY) =>
  fetch(gateway.url + path, { headers: { authorization: `Bearer ${key}` } });
const status = async (path: string, key?: string) => (await get(path, key)).status;

async function startVault(): Promise<VaultStandIn> {
  const vault = new VaultStandIn();
  await vault.start();
  stopServers.push(() => vault.stop());
  return vault;
}

async function startServer(respond: RequestListener): Promise<string> {
  const server = createServer(respond);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stopServers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the deployment file', () => {
  /** Without `activityPerMinute: 0`, the simulated PSP would have one more row for each minute since November 2026. */
  const formatSettings = (transactions: number) => `{ transactions: ${transactions}, activityPerMinute: 0 }`;
  const sandbox = (name: string, key = KEY, settings = formatSettings(5)) =>
    `  - { name: ${name}, plugin: sandbox, apiKeys: [${key}], settings: ${settings} }\n`;
  const write = (connectors: string, more = '') =>
    writeFileSync(
      file,
      `listen: { port: 0 }\nstore: ${fresh.url}\n` +
        `operators: { apiKeys: [{ key: ${OPERATOR}, name: alice, scopes: [read, operate] }, ${READER}] }\n` +
        `connectors:\n${connectors}${more}` +
        `tenants: { acme: { operators: { apiKeys: [{ key: ${TENANT_OPERATOR}, scopes: [read, operate] }] }, connectors: [{ name: own, plugin: sandbox, apiKeys: [a-key-of-the-tenant-acme], settings: ${formatSettings(5)} }] } }\n`,
    );

  async function start(environment: NodeJS.ProcessEnv = {}) {
    const loaded = await loadDeploymentWithSecrets(file, { environment });
    gateway = await createGateway(loaded.deployment, {
      ...{ loaded, logger: logger(), sync: false, drainTimeoutMs: 0 },
    });
    await gateway.listen();
  }

  const reload = (key = OPERATOR) =>
    fetch(`${gateway.url}/operator/v1/deployment/reload`, {
      method: 'POST',
      body: '{}',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
  const reloadNow = async () => (await reload()).json() as Promise<Record<string, unknown>>;

  it('gets new connectors and keys, loses others, and keeps the feeds of a removed connector', async () => {
    write(sandbox('bank') + sandbox('shop'));
    await start();
    await gateway.syncEngine.runOnce();
    const rows = await (await get('/bank/transactions')).text();
    expect(rows.length).toBeGreaterThan(100);

    write(sandbox('shop', NEW_KEY) + sandbox('cash'));
    expect(await reloadNow()).toMatchObject({
      ...{ outcome: 'applied', trigger: 'api', problems: [] },
      connectors: { added: ['cash'], changed: [], removed: ['bank'] },
    });
    expect(await status('/cash/accounts')).toBe(200);
    expect([await status('/shop/accounts'), await status('/shop/accounts', NEW_KEY)]).toEqual([401, 200]);
    // The response is the same as for a path that never existed, so that clients cannot find out names.
    expect(await (await get('/bank/accounts')).text()).toBe(await (await get('/never/accounts')).text());
    await expect(gateway.syncEngine.runOnce('bank')).rejects.toThrow('there is no connector "bank"');
    expect((await gateway.syncEngine.runOnce('cash')).map(({ error }) => error)).not.toContain(
      expect.anything(),
    );

    write(sandbox('bank'));
    expect(await reloadNow()).toMatchObject({ connectors: { added: ['bank'], removed: ['shop', 'cash'] } });
    expect(await (await get('/bank/transactions')).text()).toBe(rows);
  });

  it('changes nothing if it is wrong, and says why in the words of tributary check', async () => {
    write(sandbox('bank'));
    await start();
    write(sandbox('shop', KEY, '{ colour: red }'));
    const result = await reloadNow();
    const expected = await loadDeploymentWithSecrets(file).catch((error: Error) => error.message.split('\n'));
    expect(result).toMatchObject({ outcome: 'refused', problems: expected });
    expect(await status('/bank/accounts')).toBe(200);
    expect(log.join('')).toContain('the deployment file was not reloaded; nothing was changed');

    for (const [text, setting] of [
      [sandbox('bank'), 'store'],
      [sandbox('shop'), 'reload.watch'],
    ] as const) {
      write(text, setting === 'reload.watch' ? 'reload: { watch: 1m }\n' : '');
      if (setting === 'store')
        writeFileSync(file, `listen: { port: 0 }\nstore: sqlite:${directory}/other.db\nconnectors:\n${text}`);
      expect(await reloadNow()).toMatchObject({
        outcome: 'refused',
        problems: [expect.stringContaining(`${setting}: found another value than at the start`)],
      });
    }
    expect(await status('/bank/accounts')).toBe(200);
    expect(await status('/shop/accounts')).toBe(401);
  });

  it('is refused if a connector now belongs to another account, and nothing is changed', async () => {
    const statements = (name: string) =>
      `  - { name: house, plugin: bank-statements, apiKeys: [${KEY}], settings: { directory: ${directory}/${name} } }\n`;
    write(statements('one'));
    await start();
    write(statements('two') + sandbox('cash'));
    expect(await reloadNow()).toMatchObject({
      outcome: 'refused',
      problems: [expect.stringContaining('house')],
    });
    expect([await status('/house/accounts'), await status('/cash/accounts')]).toEqual([200, 401]);
  });

  it('needs the scope operate and a key of the deployment; the change is an audit event', async () => {
    write(sandbox('bank'));
    await start();
    write(sandbox('bank') + sandbox('cash'));
    expect((await reload(READER)).status).toBe(403);
    expect((await reload(TENANT_OPERATOR)).status).toBe(403);
    expect((await reload(KEY)).status).toBe(401);
    expect(await status('/cash/accounts')).toBe(401);
    const before = (await (await get('/operator/v1/deployment', READER)).json()) as { fingerprint: string };
    await reloadNow();
    const [event] = await gateway.store.operator().listAuditEvents(undefined, undefined, 10);
    const state = (await (await get('/operator/v1/deployment', READER)).json()) as { fingerprint: string };
    expect(event).toMatchObject({
      ...{ by: 'alice', via: 'api', action: 'deployment.reloaded' },
      details: { added: 'cash', changed: '', removed: '', fingerprint: state.fingerprint },
    });
    expect(state.fingerprint).not.toBe(before.fingerprint);
    const metrics = await (await get('/metrics', READER)).text();
    expect(metrics).toContain(`tributary_deployment_info{fingerprint="${state.fingerprint}"} 1`);
    expect(metrics).toContain('tributary_deployment_reloads_total{trigger="api",outcome="applied"} 1');
  });

  it('is reloaded once after another when many ask at once', async () => {
    write(sandbox('bank'));
    await start();
    write(sandbox('bank') + sandbox('cash'));
    const results = await Promise.all(Array.from({ length: 8 }, reloadNow));
    expect(results.map(({ outcome }) => outcome).sort()).toEqual([
      'applied',
      ...Array<string>(7).fill('unchanged'),
    ]);
    expect(await status('/cash/accounts')).toBe(200);
  });

  it('is reloaded a hundred times without an error for clients that read meanwhile', async () => {
    write(sandbox('bank'));
    await start();
    await gateway.syncEngine.runOnce();
    const statuses = new Set<number>();
    let isDone = false;
    const readers = Array.from({ length: 4 }, async () => {
      // The readers and the gateway share one process. Without the pause, most of its time would go to reads and not to reloads.
      for (; !isDone; await sleep(PAUSE_OF_READERS_MS)) statuses.add(await status('/bank/transactions'));
    });
    for (let round = 0; round < 100; round++) {
      write(sandbox('bank', KEY, formatSettings(5 + (round % 2))) + (round % 3 === 0 ? sandbox('cash') : ''));
      expect(await reloadNow()).toMatchObject({ outcome: 'applied' });
    }
    isDone = true;
    await Promise.all(readers);
    expect([...statuses]).toEqual([200]);
  });

  it('is watched on request: a change of the file, and of a file that it refers to, is applied', async () => {
    const secretFile = join(directory, 'key');
    writeFileSync(secretFile, KEY);
    write(sandbox('bank', `'file:${secretFile}'`), 'reload: { watch: 1s }\n');
    await start();
    writeFileSync(secretFile, NEW_KEY);
    await waitUntil(() => log.some((line) => line.includes('the deployment file was reloaded')));
    expect(await status('/bank/accounts', NEW_KEY)).toBe(200);
    expect(await status('/bank/accounts')).toBe(401);
    rmSync(secretFile);
    await waitUntil(() => log.some((line) => line.includes('was not reloaded')));
    expect(await status('/bank/accounts', NEW_KEY)).toBe(200);
    expect(log.join('')).not.toContain(NEW_KEY);
  });

  it('keeps the earlier value of a secret that Vault does not give any more, and refuses a new one', async () => {
    const vault = await startVault();
    vault.secrets.set('secret/data/clients', { bank: KEY });
    const withVault = (connectors: string) =>
      write(connectors, `secrets: { vault: { url: '${vault.url}', auth: { token: ${vault.token} } } }\n`);
    withVault(sandbox('bank', "'vault:secret/clients#bank'"));
    await start();
    expect(await status('/bank/accounts')).toBe(200);

    vault.secrets.set('secret/data/clients', { bank: NEW_KEY });
    expect(await reloadNow()).toMatchObject({ outcome: 'applied', staleSecrets: [] });
    expect([await status('/bank/accounts'), await status('/bank/accounts', NEW_KEY)]).toEqual([401, 200]);

    vault.isSealed = true;
    withVault(sandbox('bank', "'vault:secret/clients#bank'") + sandbox('cash', NEW_KEY));
    expect(await reloadNow()).toMatchObject({
      outcome: 'applied',
      staleSecrets: [{ reference: 'vault:secret/clients#bank', reason: expect.stringContaining('503') }],
    });
    expect(await status('/cash/accounts', NEW_KEY)).toBe(200);
    expect(await (await get('/metrics', READER)).text()).toContain('tributary_stale_secrets 1');
    expect(log.join('')).toContain('a secret could not be read again; the gateway uses its earlier value');
    expect(await (await get('/operator/v1/attention', OPERATOR)).json()).toMatchObject({
      items: expect.arrayContaining([
        {
          kind: 'stale-secrets',
          count: 1,
          message: expect.stringMatching(/uses its earlier value: vault:secret\/clients#bank: .*503/),
        },
      ]),
    });
    expect(await (await get('/operator/v1/attention', TENANT_OPERATOR)).text()).not.toContain(
      'stale-secrets',
    );

    withVault(sandbox('bank', "'vault:secret/clients#unknown'"));
    expect(await reloadNow()).toMatchObject({
      outcome: 'refused',
      problems: [expect.stringContaining('vault:secret/clients#unknown cannot be read: Vault is sealed')],
    });
    expect(await status('/cash/accounts', NEW_KEY)).toBe(200);
    expect(log.join('')).not.toContain(NEW_KEY);
  });
});

it('secrets are read again when a PSP rejects them, but not the file, which may be a draft', async () => {
  const vault = await startVault();
  const [oldToken, newToken] = ['access_old4567890123456789012345678', 'access_new4567890123456789012345678'];
  vault.secrets.set('secret/data/mollie', { token: oldToken });
  const tokens: string[] = [];
  const pspUrl = await startServer((request, response) => {
    tokens.push(request.headers.authorization ?? '');
    response.writeHead(request.headers.authorization === `Bearer ${newToken}` ? 500 : 401).end('{}');
  });
  const text = `listen: { port: 0 }
store: ${fresh.url}
secrets: { vault: { url: '${vault.url}', auth: { token: ${vault.token} } } }
connectors:
  - { name: shop, plugin: mollie, apiKeys: [${KEY}], settings: { url: '${pspUrl}', accessToken: 'vault:secret/mollie#token' } }
`;
  writeFileSync(file, text);
  const loaded = await loadDeploymentWithSecrets(file);
  vault.secrets.set('secret/data/mollie', { token: newToken });
  writeFileSync(file, 'a draft that is no deployment file');
  gateway = await createGateway(loaded.deployment, { loaded, logger: logger(), drainTimeoutMs: 0 });
  await gateway.listen();
  await waitUntil(() => tokens.includes(`Bearer ${newToken}`));
  expect(tokens[0]).toBe(`Bearer ${oldToken}`);
  expect(gateway.reloader?.state.lastReload).toMatchObject({
    ...{ outcome: 'applied', trigger: 'credentials' },
    connectors: { changed: ['shop'] },
  });
  // One log-in with a token needs no request, so each read of the secrets is one request.
  const { length: requests } = vault.requests;
  for (let repeat = 0; repeat < 5; repeat++) gateway.reloader?.refreshSecrets('shop');
  await gateway.reloader?.reload('signal');
  expect(vault.requests).toHaveLength(requests);
  expect(log.join('')).not.toMatch(/access_(old|new)/);
});
