/**
 * Kills the built program (SIGKILL) repeatedly while it syncs. Afterwards the feeds must contain the same rows as after a run without
 * kills: every version of every record once.
 */
import { openStore, type Feed } from '@tributary/feed';
import { STREAMS, type Stream } from '@tributary/connector-api';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_STORE, SQLITE_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { CONNECTOR_NAMES, writeDeployment } from './deployment.js';

/**
 * The number of kills. The variable `KILLS` sets it for both databases. The default is lower on PostgreSQL, where the same test runs again.
 */
const KILLS = Number(process.env.KILLS ?? (DEFAULT_STORE === SQLITE_STORE ? 8 : 5));
const PROGRAM = 'dist/program/main.js';
/** The latency of the simulated PSP in milliseconds, with which the import of the history takes longer than all kills. */
const LATENCY_MS = 20;

let directory: string;
let killed: FreshStore;
let undisturbed: FreshStore;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-kill-'));
  killed = await DEFAULT_STORE.create();
  undisturbed = await DEFAULT_STORE.create();
});
afterAll(async () => {
  await killed?.remove();
  await undisturbed?.remove();
  rmSync(directory, { recursive: true, force: true });
});

it(`loses and duplicates nothing in ${KILLS} kills on ${DEFAULT_STORE.name}`, async () => {
  const victim = writeDeployment(directory, 'killed', killed.url, LATENCY_MS);
  let inSync = 0;
  for (let kill = 0; kill < KILLS; kill++) inSync += Number(await runAndKill(victim));
  await runToCompletion(writeDeployment(directory, 'killed', killed.url, 0));
  await runToCompletion(writeDeployment(directory, 'undisturbed', undisturbed.url, 0));

  const [found, expected] = [await readContents(killed.url), await readContents(undisturbed.url)];
  console.log(`${KILLS} kills, ${inSync} of them before the sync had caught up; ${found.size} row versions`);
  expect(inSync).toBeGreaterThan(KILLS / 2);
  expect([...found].sort()).toEqual([...expected].sort());
}, 1_800_000);

/**
 * Runs a sync and kills it.
 * @returns true if the sync was killed before it was complete
 */
async function runAndKill(config: string): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, 'sync', '--once', '--config', config], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exit = once(child, 'exit');
  // The first output shows that the sync has begun. Before this, the program only loads its modules.
  await Promise.race([once(child.stdout, 'data'), exit]);
  await sleep(Math.random() * 100);
  child.kill('SIGKILL');
  const [, signal] = (await exit) as [number | null, string | null];
  return signal === 'SIGKILL';
}

async function runToCompletion(config: string): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, 'sync', '--once', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (text: Buffer) => (complaints += text.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
}

/**
 * Returns every row of every feed without its feed time. The function also checks that the feed times of consecutive rows differ by at
 * least 10 ms.
 */
async function readContents(url: string): Promise<Set<string>> {
  const store = await openStore(url);
  const all = new Set<string>();
  for (const connector of CONNECTOR_NAMES) {
    for (const stream of STREAMS) {
      let last = -Infinity;
      for await (const row of readRows(await store.feed(connector, stream))) {
        const { time, rest } = splitFeedTime(stream, row);
        expect(time).toBeGreaterThanOrEqual(last + 10);
        last = time;
        const version = `${connector} ${stream} ${rest}`;
        if (all.has(version)) throw new Error(`twice in the feed: ${version}`);
        all.add(version);
      }
    }
    for (const { id, reason } of await store.listQuarantine(connector, 1_000_000))
      all.add(`${connector} refused ${id}: ${reason}`);
  }
  await store.close();
  return all;
}

async function* readRows(feed: Feed): AsyncGenerator<Record<string, unknown>> {
  for (let page = 1; ; page++) {
    const { rows, body } = await feed.readPage(undefined, page, 1000);
    yield* JSON.parse(body.toString()) as Record<string, unknown>[];
    if (rows < 1000) return;
  }
}

function splitFeedTime(stream: Stream, row: Record<string, unknown>): { time: number; rest: string } {
  const { updatedAt, createdAt, ...rest } = row;
  const time = Date.parse(String(stream === 'transactions' ? updatedAt : createdAt));
  return { time, rest: JSON.stringify(stream === 'transactions' ? { createdAt, ...rest } : rest) };
}
