/** Runs `tributary conform` with two services: the gateway must pass, and the naive proxy must fail. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { runCli } from '../apps/gateway/src/cli/run-cli.js';
import { EXIT_CODES } from '../apps/gateway/src/cli/shared/cli-error.js';
import { loadDeployment } from '../apps/gateway/src/config/index.js';
import { createGateway, type Gateway } from '../apps/gateway/src/gateway.js';
import { generateHistory } from './generate-psp-history.js';
import { startNaiveProxy } from './naive-proxy.js';

interface Report {
  conforms: boolean;
  results: { id: string; severity: string; outcome: string; problems: string[] }[];
}

let directory: string;
let gateway: Gateway;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-conform-'));
  const deployment = loadDeployment('examples/gateway.yaml', {});
  gateway = await createGateway(
    {
      ...deployment,
      connectors: deployment.connectors.map((connector) =>
        'journal' in connector.settings
          ? { ...connector, settings: { ...connector.settings, journal: join(directory, 'orders.jsonl') } }
          : connector,
      ),
      listen: { ...deployment.listen, port: 0 },
      store: `sqlite:${join(directory, 'store.db')}`,
    },
    { logger: pino({ level: 'silent' }), sync: false, drainTimeoutMs: 0 },
  );
  await gateway.listen();
  for (const path of ['house-bank', 'sandbox'])
    for (const run of await gateway.syncEngine.runOnce(path)) expect(run.error).toBeUndefined();
});

afterAll(async () => {
  await gateway.close();
  rmSync(directory, { recursive: true });
});

async function conform(...args: string[]) {
  const out: string[] = [];
  const code = await runCli(['conform', '--watch', '100ms', ...args], {
    out: (text) => void out.push(text),
    err: (text) => void out.push(text),
  });
  return { code, out: out.join('\n') };
}

/** Releases before v3.2.0 do not support refunds, and the data contains refunds. */
const isOldRelease = ({ id }: { id: string }) =>
  ['clients/v2.0', 'clients/v3.0.0', 'clients/v3.1.3'].includes(id);

it.each([
  ['house-bank', 'demo-key-of-house-bank', []],
  [
    'sandbox',
    'demo-paying-key-of-sandbox',
    [
      '--payout',
      '{"amount":"1","currency":"EUR/2","sourceAccountId":"acc-1","destinationAccountId":"ben-1"}',
    ],
  ],
])('the connector %s conforms', async (path, key, payout) => {
  const { code, out } = await conform(`${gateway.url}/${path}`, '--key', key, '--json', ...payout);
  const report = JSON.parse(out) as Report;
  const failures = report.results.filter((found) => found.outcome === 'failed' && !isOldRelease(found));
  expect(failures).toEqual([]);
  expect({ code, conforms: report.conforms }).toEqual({ code: EXIT_CODES.done, conforms: true });
});

it('a proxy that passes the rows of the PSP through does not conform', async () => {
  const proxy = await startNaiveProxy();
  try {
    for (const arrival of generateHistory(300, 20, 1)) proxy.addArrival(arrival);
    const file = join(directory, 'conform.xml');
    const { code, out } = await conform(proxy.url, '--key', 'any-key-of-the-proxy', '--junit', file);
    expect(code).toBe(EXIT_CODES.incomplete);
    expect(out).toMatch(/^FAILED {2}authentication\/no-key/m);
    expect(out).toMatch(/^FAILED {2}lists\/order/m);
    expect(out).toMatch(/^The service does NOT conform: /m);
    expect(out).not.toContain('any-key-of-the-proxy');
    expect(readFileSync(file, 'utf8')).toContain('<failure type="error"');
  } finally {
    await proxy.close();
  }
});

it('says what is wrong with its arguments', async () => {
  const { code, out } = await conform('house-bank', '--key', 'a-key');
  expect(code).toBe(EXIT_CODES.usage);
  expect(out).toContain('expected a URL with http or https');
});
