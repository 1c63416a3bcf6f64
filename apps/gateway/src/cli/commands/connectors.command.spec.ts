/** Tests that `tributary connectors retry` writes the request to the store, where every gateway finds it. */
import { openStore } from '@tributary/feed';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../run-cli.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-connectors-'));
const config = join(directory, 'gateway.yaml');
const store = `sqlite:${join(directory, 'store.db')}`;
afterAll(() => rmSync(directory, { recursive: true }));

writeFileSync(
  config,
  `store: ${store}\nconnectors:\n  - { name: sand, plugin: sandbox, apiKeys: [a-key-of-this-test] }\n`,
);

async function retry(connector: string) {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const code = await runCli(['connectors', 'retry', connector, '-c', config], { out: say, err: say });
  return { code, said: said.join('\n') };
}

it('says that there is nothing to retry before the first pull', async () => {
  expect(await retry('sand')).toEqual({
    code: 0,
    said: 'sand was never pulled. A gateway pulls it when it starts.',
  });
});

it('requests a pull of every stream while the store is in use', async () => {
  const opened = await openStore(store);
  for (const stream of ['accounts', 'transactions'] as const) await opened.feed('sand', stream);
  const { code, said } = await retry('/sand');
  expect(code).toBe(0);
  expect(said).toContain('sand: running gateways pull its streams that wait after a failure');
  const requests = await opened.findRequestedPulls();
  expect(requests.map(({ connector, stream }) => `${connector} ${stream}`).sort()).toEqual([
    'sand accounts',
    'sand transactions',
  ]);
  await opened.close();
});

it('refuses a connector that is not in the deployment file', async () => {
  expect(await retry('sandy')).toMatchObject({
    code: 2,
    said: expect.stringContaining('no connector "sandy"'),
  });
});
