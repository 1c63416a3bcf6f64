import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../../..');
const directory = mkdtempSync(join(tmpdir(), 'tributary-output-'));
afterAll(() => rmSync(directory, { recursive: true }));

const config = join(directory, 'gateway.yaml');
writeFileSync(
  config,
  `listen: { port: 0 }
store: sqlite:${directory}/t.db
connectors:
  - { name: sand, plugin: sandbox, apiKeys: [demo-key-of-this-test], sync: { every: 100ms }, settings: { transactions: 20, activityPerMinute: 0 } }
`,
);

/**
 * Runs the command `serve` of the built program with an output that fails.
 * @returns standard error, the HTTP status of one request, and the exit code
 */
async function serveInto(output: number | 'pipe') {
  if (!existsSync(join(ROOT, 'dist/program/main.js'))) throw new Error('run "npm run build" first');
  const child = spawn(
    process.execPath,
    [join(ROOT, 'bin/tributary.js'), 'serve', '--config', config, '--log-level', 'debug'],
    { cwd: directory, stdio: ['ignore', output, 'pipe'] },
  );
  child.stdout?.once('data', () => child.stdout?.destroy());
  let said = '';
  const complained = new Promise<void>((resolve) =>
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/the log cannot be written/.test(said) && /http:\S+/.test(said)) resolve();
    }),
  );
  const ended = once(child, 'close').then(([code]) => code as number | null);
  await Promise.race([complained, ended]);
  const url = /http:\S+/.exec(said)?.[0];
  const { status } = await fetch(`${url}/accounts`, {
    headers: { authorization: 'Bearer demo-key-of-this-test' },
  });
  child.kill('SIGTERM');
  return { said, status, code: await ended };
}

describe('a server whose log is not taken goes on serving, says so once, and still stops gracefully', () => {
  const full = existsSync('/dev/full') ? it : it.skip;

  full('when the disk is full', async () => {
    const output = openSync('/dev/full', 'w');
    const { said, status, code } = await serveInto(output);
    closeSync(output);
    expect({ status, code }).toEqual({ status: 200, code: 0 });
    expect(said.match(/the log cannot be written \(ENOSPC\); serving goes on/g)).toHaveLength(1);
  });

  it('when its reader has gone', async () => {
    const { said, status, code } = await serveInto('pipe');
    expect({ status, code }).toEqual({ status: 200, code: 0 });
    expect(said.match(/the log cannot be written \(EPIPE\); serving goes on/g)).toHaveLength(1);
  });
});
