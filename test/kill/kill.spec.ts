/**
 * The built program is killed (SIGKILL) again and again while it syncs. What is in the feeds afterwards must be what a run
 * that nobody disturbed leaves there: every version of every record once.
 */
import { openStore, type Feed } from '@tributary/feed';
import { STREAMS, type Stream } from '@tributary/connector-api';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONNECTORS, writeDeployment } from './deployment.js';

const KILLS = Number(process.env.KILLS ?? 50);
const PROGRAM = 'dist/apps/gateway/src/main.js';
/** Milliseconds of latency of the simulated PSP: the history must outlast the kills. */
const LATENCY = 20;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-kill-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it(`loses and duplicates nothing in ${KILLS} kills`, async () => {
  const victim = writeDeployment(directory, 'killed', LATENCY);
  let inSync = 0;
  for (let kill = 0; kill < KILLS; kill++) inSync += Number(await killedRun(victim));
  await completeRun(writeDeployment(directory, 'killed', 0));
  await completeRun(writeDeployment(directory, 'undisturbed', 0));

  const [killed, undisturbed] = [await contents('killed'), await contents('undisturbed')];
  console.log(`${KILLS} kills, ${inSync} of them before the sync had caught up; ${killed.size} row versions`);
  expect(inSync).toBeGreaterThan(KILLS / 2);
  expect([...killed].sort()).toEqual([...undisturbed].sort());
}, 1_800_000);

/** @returns whether it was killed, rather than done before. */
async function killedRun(config: string): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, 'sync', '--once', '--config', config], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  // Its first words say that it works; until then it would only load its modules.
  await Promise.race([once(child.stdout, 'data'), exit]);
  await sleep(Math.random() * 100);
  child.kill('SIGKILL');
  const [, signal] = (await exit) as [number | null, string | null];
  return signal === 'SIGKILL';
}

async function completeRun(config: string): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, 'sync', '--once', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (text: Buffer) => (complaints += text.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
}

/** Every row of every feed, without its feed time; checks that feed times grow by 10 ms at least. */
async function contents(name: string): Promise<Set<string>> {
  const store = await openStore(`sqlite:${join(directory, `${name}.db`)}`);
  const all = new Set<string>();
  for (const connector of CONNECTORS) {
    for (const stream of STREAMS) {
      let last = -Infinity;
      for await (const row of rows(await store.feed(connector, stream))) {
        const { time, rest } = withoutFeedTime(stream, row);
        expect(time).toBeGreaterThanOrEqual(last + 10);
        last = time;
        const version = `${connector} ${stream} ${rest}`;
        if (all.has(version)) throw new Error(`twice in the feed: ${version}`);
        all.add(version);
      }
    }
    for (const { id, reason } of await store.quarantine(connector, 1_000_000))
      all.add(`${connector} refused ${id}: ${reason}`);
  }
  await store.close();
  return all;
}

async function* rows(feed: Feed): AsyncGenerator<Record<string, unknown>> {
  for (let page = 1; ; page++) {
    const { rows, body } = await feed.page(undefined, page, 1000);
    yield* JSON.parse(body.toString()) as Record<string, unknown>[];
    if (rows < 1000) return;
  }
}

function withoutFeedTime(stream: Stream, row: Record<string, unknown>): { time: number; rest: string } {
  const { updatedAt, createdAt, ...rest } = row;
  const time = Date.parse(String(stream === 'transactions' ? updatedAt : createdAt));
  return { time, rest: JSON.stringify(stream === 'transactions' ? { createdAt, ...rest } : rest) };
}
