/**
 * Tests a rename as an operator does it: change the file, run the command, start the gateway. An order that is repeated after the rename, also
 * on a new store, must not be paid a second time.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../apps/gateway/src/cli/run-cli.js';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { STORES, type FreshStore } from '../../libs/feed/src/testing/stores.js';

const KEY = 'a-key-of-this-test-only';

describe.each(STORES)('a renamed connector in $name', (kind) => {
  let directory: string;
  let stores: FreshStore[];
  const out: string[] = [];
  const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void out.push(text) };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tributary-rename-'));
    stores = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.remove();
    rmSync(directory, { recursive: true });
  });

  async function createStore(): Promise<string> {
    const store = await kind.createMigrated();
    stores.push(store);
    return store.url;
  }

  /** Writes a deployment file with one connector, and returns its path. */
  function writeDeployment(store: string, names: string): string {
    const file = join(directory, `gateway-${Math.random()}.yaml`);
    const settings = `{ seed: 1, transactions: 5, activityPerMinute: 0, latency: 0, journal: '${journal()}' }`;
    const keys = `[{ key: ${KEY}, scopes: [read, pay] }]`;
    writeFileSync(
      file,
      `listen: { port: 0 }\nstore: "${store}"\nconnectors:\n  - { ${names}, plugin: sandbox, settings: ${settings}, apiKeys: ${keys} }\n`,
    );
    return file;
  }

  const journal = () => join(directory, 'journal.jsonl');

  /** Returns the number of payments that the PSP made. */
  function countPayments(): number {
    return readFileSync(journal(), 'utf8').trim().split('\n').length;
  }

  async function withGateway<T>(
    file: string,
    work: (url: string, gateway: Gateway) => Promise<T>,
  ): Promise<T> {
    const gateway = await createGateway(loadDeployment(file), { sync: false, drainTimeoutMs: 0 });
    try {
      await gateway.syncEngine.runOnce();
      return await work(await gateway.listen(), gateway);
    } finally {
      await gateway.close();
    }
  }

  async function get(url: string): Promise<Record<string, unknown>[]> {
    const response = await fetch(url, { headers: { authorization: `Bearer ${KEY}` } });
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, unknown>[];
  }

  /** Requests the same payout each time, and returns the id of the order. */
  async function pay(url: string): Promise<unknown> {
    const [accounts, beneficiaries] = [await get(`${url}/accounts`), await get(`${url}/beneficiaries`)];
    const response = await fetch(`${url}/payouts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ idempotencyKey: 'invoice-1', amount: '100', currency: 'EUR/2' },
        ...{ sourceAccountId: accounts[0]?.['id'], destinationAccountId: beneficiaries[0]?.['id'] },
      }),
    });
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({ id: expect.stringMatching(/^order-/) });
    return body['id'];
  }

  it('keeps its rows, and pays an order once', async () => {
    const store = await createStore();
    const before = writeDeployment(store, 'name: bank');
    const { id, rows, accounts } = await withGateway(before, async (url) => ({
      id: await pay(`${url}/bank`),
      rows: await get(`${url}/bank/transactions`),
      accounts: await get(`${url}/bank/accounts`),
    }));
    const payments = countPayments();
    const after = writeDeployment(store, 'name: house-bank, originalName: bank');
    await expect(createGateway(loadDeployment(after))).rejects.toThrow(
      'run "tributary connectors rename bank house-bank --config FILE"',
    );
    expect(await runCli(['connectors', 'rename', 'bank', 'house-bank', '-c', before], terminal)).toBe(1);
    expect(out.at(-1)).toContain('bank is in the deployment file.');
    const rename = ['connectors', 'rename', '/bank', '/house-bank', '-c', after];
    expect(await runCli(rename, terminal)).toBe(2);
    expect(out.at(-1)).toMatch(
      /^bank would be renamed to house-bank, with \d+ rows, 1 order, and .*Say it again with --yes\.$/s,
    );
    expect(await runCli([...rename, '--yes'], terminal)).toBe(0);
    expect(out.at(-1)).toContain('bank was renamed to house-bank, with');
    expect(out.at(-1)).toContain('Clients must request /house-bank from then on');
    await expect(createGateway(loadDeployment(before))).rejects.toThrow('cannot be used again');
    await withGateway(after, async (url) => {
      expect(await pay(`${url}/house-bank`)).toBe(id);
      const served = await get(`${url}/house-bank/transactions`);
      expect(served.slice(0, rows.length)).toEqual(rows);
      // The accounts have no new versions.
      expect(await get(`${url}/house-bank/accounts`)).toEqual(accounts);
    });
    expect(countPayments()).toBe(payments);
  });

  it('pays an order once also if the store was lost, because the PSP gets the same key', async () => {
    const before = writeDeployment(await createStore(), 'name: bank');
    const id = await withGateway(before, (url) => pay(`${url}/bank`));
    const payments = countPayments();
    const after = writeDeployment(await createStore(), 'name: house-bank, originalName: bank');
    expect(await withGateway(after, (url) => pay(`${url}/house-bank`))).toBe(id);
    expect(countPayments()).toBe(payments);
  });
});
