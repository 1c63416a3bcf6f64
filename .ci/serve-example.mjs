// Runs `npm start` as in the README, with its own store and port; the 120 s include the build of a fresh clone. Fails unless the
// example returns transactions.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PORT = 39_993;
const work = mkdtempSync(join(tmpdir(), 'tributary-example-'));
const config = join(work, 'gateway.yaml');
writeFileSync(
  config,
  readFileSync('examples/gateway.yaml', 'utf8')
    .replace(/^store: .*/m, `store: sqlite:${join(work, 'store.db')}`)
    .replace('port: 3000', `port: ${PORT}`),
);

const server = spawn('npm', ['start', '--silent', '--', '--config', config], {
  stdio: ['ignore', 'pipe', 'pipe'],
});
let log = '';
for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (log += text));
const exited = new Promise((resolve) => server.on('exit', (code) => resolve(code)));

const answer = await firstAnswer();
server.kill('SIGTERM');
const code = await exited;
rmSync(work, { recursive: true });
if (answer === undefined || code !== 0) {
  console.error(
    `the example did not answer within 120 s, or did not stop well (exit ${code}); its log:\n${log}`,
  );
  process.exit(1);
}
console.log(`the example answers: ${answer.slice(0, 160)}…`);

async function firstAnswer() {
  for (let attempt = 0; attempt < 120; attempt++) {
    await sleep(1000);
    const body = await fetch(`http://127.0.0.1:${PORT}/house-bank/transactions?pageSize=3`, {
      headers: { authorization: 'Bearer demo-key-of-house-bank' },
    }).then(
      (response) => response.text(),
      () => '',
    );
    if (body.startsWith('[{')) return body;
  }
}
