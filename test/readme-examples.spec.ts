/** Sends the requests of the README to its example deployment, and compares the responses with the README. */
import { createGateway, type Gateway } from '../apps/gateway/src/gateway.js';
import { loadDeployment } from '../apps/gateway/src/config/index.js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';

const README = readFileSync('README.md', 'utf8');
/** Matches a curl command, and the JSON that follows it. */
const EXAMPLE_PATTERN =
  /```sh\ncurl -H '(?<header>[^']+)' \\\n\s+'?http:\/\/127\.0\.0\.1:3000(?<path>[^'\s]+)'?\n```\n\n```json\n(?<answer>[^`]+)\n```/g;
const examples = [...README.matchAll(EXAMPLE_PATTERN)].map((match) => match.groups ?? {});

let directory: string;
let gateway: Gateway;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-readme-'));
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

it('has two examples', () => expect(examples).toHaveLength(2));

it.each(examples)('$path', async ({ header = '', path = '', answer }) => {
  const response = await fetch(gateway.url + path, {
    headers: { authorization: header.replace('Authorization: ', '') },
  });
  expect(await response.json()).toEqual(JSON.parse(answer ?? ''));
});
