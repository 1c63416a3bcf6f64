/**
 * Tests that `tributary formance doctor` reports the cause of each failure that an operator can meet. The gateway is real. Formance and its
 * polls are simulated.
 */
import { deriveReaderId } from '@tributary/auth';
import { openStore } from '@tributary/feed';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { runCli } from '../../apps/gateway/src/cli/run-cli.js';
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';
import { FakeFormance, type FakeConnector } from '../../libs/formance/src/testing/fake-formance.js';

const KEY = 'a-key-that-must-not-show';
let directory: string;
let config: string;
let fake: FakeFormance;
let gateway: Gateway | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-doctor-'));
  config = join(directory, 'gateway.yaml');
  fake = await FakeFormance.start();
  // The port in this file does not matter, because the gateway uses a free port at its first start.
  writeDeployment('http://127.0.0.1:1');
  gateway = await startGateway();
  writeDeployment(gateway.url);
});
afterEach(async () => {
  await gateway?.close();
  await fake.close();
  rmSync(directory, { recursive: true });
});

function writeDeployment(publicUrl: string, others: { name?: string; pollingPeriod?: string } = {}): void {
  const { name = 'bank', pollingPeriod = '30m' } = others;
  writeFileSync(
    config,
    `listen: { port: 0 }
store: sqlite:${directory}/t.db
formance: { paymentsUrl: '${fake.url}', publicUrl: '${publicUrl}', pollingPeriod: ${pollingPeriod} }
connectors: [{ name: ${name}, plugin: sandbox, apiKeys: [${KEY}], settings: { transactions: 30, activityPerMinute: 0 } }]
`,
  );
}

async function startGateway(): Promise<Gateway> {
  const options = { logger: pino({ level: 'silent' }), sync: false, drainTimeoutMs: 0 };
  const started = await createGateway(loadDeployment(config), options);
  await started.listen();
  return started;
}

async function doctor(...args: string[]) {
  const out: string[] = [];
  const code = await runCli(['formance', 'doctor', ...args, '-c', config], {
    out: (text) => void out.push(text),
    err: (text) => void out.push(text),
  });
  const text = out.join('\n');
  expect(text).not.toContain('must-not-show');
  return { code, text };
}

/** Runs the doctor, and returns the causes that it reports. */
async function findCauses(): Promise<string[]> {
  const { code, text } = await doctor('--json');
  const [{ findings }] = JSON.parse(text) as [
    { findings: { cause: string; what: string; advice: string }[] },
  ];
  expect(code).toBe(findings.length === 0 ? 0 : 3);
  for (const { what, advice } of findings)
    expect([what.length > 20, advice.length > 20]).toEqual([true, true]);
  return findings.map(({ cause }) => cause);
}

/** Adds the connector to the simulated Formance, in the state after a successful poll. */
function addInstalled(others: Record<string, unknown> = {}): FakeConnector {
  const endpoint = `${gateway?.url ?? ''}/bank`;
  const connector = fake.addConnector({
    name: 'bank',
    endpoint,
    apiKey: KEY,
    pollingPeriod: '30m',
    ...others,
  });
  for (const { runs } of connector.schedules)
    runs.push({ id: 'run-1', createdAt: new Date().toISOString(), terminated: true });
  return connector;
}

it('finds nothing where everything is well, and shows how far Formance is', async () => {
  addInstalled();
  await gateway!.syncEngine.runOnce();
  const response = await fetch(`${gateway!.url}/bank/transactions?pageSize=10`, {
    headers: { authorization: `Bearer ${KEY}` },
  });
  expect(response.status).toBe(200);
  // The gateway stores the positions of its readers when it stops.
  await gateway?.close();
  const url = gateway!.url;
  const port = Number(new URL(url).port);
  const restarted = await createGateway(
    { ...loadDeployment(config), listen: { host: '127.0.0.1', port, trustProxy: false } },
    { logger: pino({ level: 'silent' }), sync: false, drainTimeoutMs: 0 },
  );
  await restarted.listen();
  gateway = restarted;
  const store = await openStore(`sqlite:${directory}/t.db`);
  const [position] = await store.findReaderPositions(['bank']);
  await store.close();
  expect(position).toMatchObject({
    reader: deriveReaderId(`Bearer ${KEY}`),
    stream: 'transactions',
    requests: 1,
  });
  expect(await findCauses()).toEqual([]);
  const { text } = await doctor();
  expect(text).toContain('No problem was found.');
  expect(text).toMatch(/\/bank +installed +transactions +\d+ +\d+ +\d+ s ago/);
});

describe('names the cause of', () => {
  it('a wrong key', async () => {
    addInstalled({ apiKey: 'an-old-key-that-must-not-show' });
    expect(await findCauses()).toEqual(['wrong-key']);
    expect((await doctor()).text).toContain('Run "tributary formance install"');
  });

  it('a wrong URL in Formance', async () => {
    addInstalled({ endpoint: 'https://old.example.com/bank' });
    expect(await findCauses()).toEqual(['wrong-url']);
    expect((await doctor()).text).toContain('Formance reads https://old.example.com/bank');
  });

  it('a wrong URL in the deployment file, where something else answers', async () => {
    const other: Server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    writeDeployment(url);
    addInstalled({ endpoint: `${url}/bank` });
    expect(await findCauses()).toEqual(['wrong-url']);
    other.close();
  });

  it('a paused schedule, and resumes it on request', async () => {
    const [schedule] = addInstalled().schedules;
    Object.assign(schedule!, { pausedAt: '2026-03-01T00:00:00Z', pausedReason: '10 consecutive errors' });
    schedule!.runs[0]!.error = 'invalid client request';
    expect(await findCauses()).toEqual(['schedule-paused']);
    const { text } = await doctor();
    expect(text).toContain('10 consecutive errors');
    expect(text).toContain('the gateway answered with a 4xx');
    delete schedule!.runs[0]!.error;
    expect((await doctor('--resume')).code).toBe(0);
    expect(schedule).not.toHaveProperty('pausedAt');
    expect(fake.writes).toEqual(['PATCH /v3/connectors/connector-1/config']);
  });

  it('a polling period below the minimum', async () => {
    writeDeployment(gateway!.url, { pollingPeriod: '5m' });
    expect(await findCauses()).toEqual(['not-installed', 'period-below-minimum']);
    addInstalled({ pollingPeriod: '20m' });
    expect(await findCauses()).toEqual(['period-below-minimum']);
  });

  it('a gateway that is down', async () => {
    const connector = addInstalled();
    for (const { runs } of connector.schedules) runs[0]!.error = 'dial tcp: connection refused';
    await gateway?.close();
    gateway = undefined;
    expect(await findCauses()).toEqual(['gateway-down']);
  });

  it('a PSP that is down', async () => {
    addInstalled();
    const run = {
      stream: 'transactions',
      duration: 5,
      pages: 0,
      records: 0,
      added: 0,
      changed: 0,
      refused: 0,
    } as const;
    await gateway!.store.recordSyncRun({
      ...run,
      connector: 'bank',
      startedAt: Date.now(),
      error: 'Acme: answered 503',
    });
    expect(await findCauses()).toEqual(['psp-down']);
    expect((await doctor()).text).toContain('Acme: answered 503');
  });

  it.each(['which runs no schedule any more', 'which has never made a schedule'])(
    'a Formance worker that is down, %s',
    async (kind) => {
      const connector = addInstalled();
      if (kind.includes('never')) connector.schedules = [];
      else for (const { runs } of connector.schedules) runs[0]!.createdAt = '2026-02-01T00:00:00Z';
      expect(await findCauses()).toEqual(['worker-down']);
    },
  );

  it('a name that is too short', async () => {
    writeDeployment(gateway!.url, { name: 'b' });
    expect(await findCauses()).toEqual(['name-too-short', 'not-installed']);
    expect((await doctor()).text).toContain('Set formanceName of the connector b');
  });

  it('a Formance that does not answer, or refuses the token', async () => {
    fake.requiresToken = true;
    expect(await findCauses()).toEqual(['formance-unreachable']);
    expect((await doctor()).text).toContain('answered 401 with an empty body');
  });
});
