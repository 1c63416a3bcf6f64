/** Starts the built program and reloads its deployment file with SIGHUP. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../libs/sync/src/testing/manual-clock.js';

const KEY = 'a-key-of-the-signal-test';
const directory = mkdtempSync(join(tmpdir(), 'tributary-signal-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('SIGHUP reloads the file; a wrong file is logged, and SIGTERM still stops the gateway', async () => {
  const file = join(directory, 'gateway.yaml');
  const write = (...names: string[]) =>
    writeFileSync(
      file,
      `listen: { port: 0 }\nstore: sqlite:${directory}/store.db\nconnectors:\n` +
        names
          .map(
            (name) =>
              `  - { name: ${name}, plugin: sandbox, apiKeys: [${KEY}], settings: { activityPerMinute: 0 } }\n`,
          )
          .join(''),
    );
  write('bank');
  const child = spawn(process.execPath, ['bin/tributary.js', 'serve', '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  await waitUntil('the gateway listens', () => /"url":"http:/.test(output));
  const url = /"url":"(http:[^"]+)"/.exec(output)?.[1];
  const status = async (path: string) =>
    (await fetch(url + path, { headers: { authorization: `Bearer ${KEY}` } })).status;
  expect([await status('/bank/accounts'), await status('/cash/accounts')]).toEqual([200, 401]);

  write('bank', 'cash');
  child.kill('SIGHUP');
  await waitUntil('the connector is served', async () => (await status('/cash/accounts')) === 200);

  write('bank', 'metrics');
  child.kill('SIGHUP');
  await waitUntil('the refusal is logged', () => output.includes('the deployment file was not reloaded'));
  expect(output).toContain('/metrics belongs to the gateway itself');
  expect(await status('/cash/accounts')).toBe(200);

  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
