/** Starts the demo of all plugins, as `npm run demo` does, and checks what the demo prints for its user. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Demo } from '@tributary/connector-api/testing';
import { plugins } from '@tributary/psp-plugins';
import { OPERATOR_KEY, toApiKey } from '../examples/demo/demo-names.js';
import { startDemoDeployment, type DemoDeployment } from '../examples/demo/demo-deployment.js';
import { formatDemoSummary } from '../examples/demo/format-demo-summary.js';
import { readOptions } from '../examples/demo/read-options.js';
import { findFreePort } from './orders/deployment.js';

const MAX_WAIT_MS = 60_000;
const names = plugins.map(({ name }) => name);
let deployment: DemoDeployment;

beforeAll(async () => {
  const demos = new Map<string, Demo>();
  for (const name of names) {
    const { startDemo } = (await import(`../libs/psp-plugins/src/${name}/testing/demo.js`)) as {
      startDemo: () => Promise<Demo>;
    };
    demos.set(name, await startDemo());
  }
  deployment = await startDemoDeployment({ demos, port: await findFreePort(), output: 'ignore' });
}, 120_000);

afterAll(() => deployment?.stop());

it.each(names)('%s: has accounts with balances, and transactions', async (name) => {
  const accounts = (await get(`/${name}/accounts`, toApiKey(name))) as { id: string }[];
  expect(accounts).not.toHaveLength(0);
  const id = encodeURIComponent(accounts[0]?.id ?? '');
  expect(await get(`/${name}/accounts/${id}/balances`, toApiKey(name))).toMatchObject({
    balances: expect.any(Array),
  });
  expect(await get(`/${name}/transactions`, toApiKey(name))).not.toHaveLength(0);
});

it.each(names)(
  '%s: reconciliation finds the two mistakes of the bookings, and nothing else',
  async (name) => {
    const run = await waitForRun(name);
    expect(run.summary).toMatchObject({
      problems: [],
      classes: { 'amount-differs': { open: 1 }, 'missing-in-ledger': { open: 1 } },
      breaks: { count: 2 },
    });
  },
);

it('executes an order of each PSP that executes orders', async () => {
  for (const { name, demo } of deployment.connectors) {
    if (!demo.order) continue;
    const { kind, currency = 'EUR', ...parties } = demo.order;
    const response = await fetch(`${deployment.url}/${name}/${kind}s`, {
      method: 'POST',
      headers: { authorization: `Bearer ${toApiKey(name)}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        idempotencyKey: 'first',
        amount: '1250',
        currency: `${currency}/2`,
        ...parties,
      }),
    });
    expect({ name, status: response.status, body: await response.json() }).toMatchObject({
      ...{ name, body: { status: expect.stringMatching(/^(SUCCEEDED|PENDING)$/) } },
    });
  }
});

it('says which keys and paths a person can use', () => {
  const text = formatDemoSummary(deployment.connectors, deployment.url);
  expect(text).toContain(OPERATOR_KEY);
  for (const name of names) expect(text).toContain(`'${deployment.url}/${name}/accounts'`);
});

it('refuses names that are no plugin, and ports that are no number', () => {
  expect(readOptions([], names)).toEqual({ names, port: 3000 });
  expect(() => readOptions(['molly'], names)).toThrow('there is no plugin "molly"');
  expect(() => readOptions(['--port', 'x'], names)).toThrow('--port is x');
  for (const name of names) expect(existsSync(`libs/psp-plugins/src/${name}/testing/demo.ts`)).toBe(true);
});

/** Waits for a run of a policy. The gateway runs each policy soon after its start, and then once a minute. */
async function waitForRun(policy: string): Promise<{ summary: unknown }> {
  for (const deadline = Date.now() + MAX_WAIT_MS; Date.now() < deadline; await sleep(200)) {
    const { items } = (await get('/operator/v1/reconciliation', OPERATOR_KEY)) as {
      items: { policy: string; newestRun?: { summary: unknown } }[];
    };
    const found = items.find((item) => item.policy === policy)?.newestRun;
    if (found) return found;
  }
  throw new Error(`policy ${policy} has no run after ${MAX_WAIT_MS} ms`);
}

async function get(path: string, key: string): Promise<unknown> {
  const response = await fetch(deployment.url + path, { headers: { authorization: `Bearer ${key}` } });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${JSON.stringify(body)}`);
  return body;
}
