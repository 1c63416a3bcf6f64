/** Runs the request and the example program of docs/guides/read-feeds.md against the example deployment. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { createGateway, type Gateway } from '../../apps/gateway/src/gateway.js';

const PAGE = readFileSync('docs/guides/read-feeds.md', 'utf8');
const EXAMPLE_PATTERN =
  /curl -H 'Authorization: (?<authorization>[^']+)' \\\n\s+'http:\/\/127\.0\.0\.1:3000(?<path>[^']+)'\n```\n\n```json\n(?<answer>[^`]+)\n```/;
const example = EXAMPLE_PATTERN.exec(PAGE)?.groups ?? {};
const PROGRAM_PATTERN =
  /node (?<program>examples\/\S+) http:\/\/127\.0\.0\.1:3000(?<path>\S+) (?<key>\S+) rows/;
const call = PROGRAM_PATTERN.exec(PAGE)?.groups ?? {};

let directory: string;
let gateway: Gateway;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-feeds-'));
  const deployment = loadDeployment('examples/gateway.yaml', {});
  gateway = await createGateway(
    {
      ...deployment,
      listen: { ...deployment.listen, port: 0 },
      store: `sqlite:${join(directory, 'store.db')}`,
    },
    { logger: pino({ level: 'silent' }), sync: false, drainTimeoutMs: 0 },
  );
  await gateway.listen();
  for (const run of await gateway.syncEngine.runOnce('house-bank')) expect(run.error).toBeUndefined();
});

afterAll(async () => {
  await gateway.close();
  rmSync(directory, { recursive: true });
});

it('the request gets the response of the page', async () => {
  const { authorization = '', path = '', answer = '' } = example;
  const response = await fetch(gateway.url + path, { headers: { authorization } });
  expect(await response.json()).toEqual(JSON.parse(answer));
});

it('the program copies the feed, and its next run adds nothing', async () => {
  const { program = '', path = '', key = '' } = call;
  const file = join(directory, 'rows.jsonl');
  const run = () => promisify(execFile)(process.execPath, [program, gateway.url + path, key, file]);
  await run();
  const copied = readFileSync(file, 'utf8');
  const headers = { authorization: `Bearer ${key}` };
  const list = await (
    await fetch(`${gateway.url}/house-bank/transactions?pageSize=10000`, { headers })
  ).json();
  const rows = copied.trimEnd().split('\n');
  expect(rows.map((row) => (JSON.parse(row) as { record: unknown }).record)).toEqual(list);
  await run();
  expect(readFileSync(file, 'utf8')).toBe(copied);
});
