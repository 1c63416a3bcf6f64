import { openStore } from '@tributary/feed';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../../../..');
const MIB = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), 'tributary-drain-'));
const config = join(directory, 'gateway.yaml');
const store = `sqlite:${directory}/t.db`;
afterAll(() => rmSync(directory, { recursive: true }));

writeFileSync(
  config,
  `store: ${store}\nconnectors: [{ name: sand, plugin: sandbox, apiKeys: [demo-key-of-this-test] }]\n`,
);

const ORDERS = 600;
const REJECTED = 600;

beforeAll(async () => {
  const opened = await openStore(store);
  const note = 'x'.repeat(2000);
  for (let number = 0; number < ORDERS; number++) {
    const order = {
      id: `order-${number}`,
      idempotencyKey: `invoice-${number}`,
      pspKey: `psp-key-${number}`,
      kind: 'PAYOUT' as const,
      request: JSON.stringify({ sourceAccountId: 'main', destinationAccountId: 'b', metadata: { note } }),
      amount: 1n,
      asset: 'EUR/2',
      createdAt: number,
    };
    await opened.orders('sand').insertOrGet(order, () => ({
      set: { details: '{}', changedAt: number, state: 'received' },
      event: 'received',
    }));
  }
  const feed = await opened.feed('sand', 'transactions');
  const lease = await feed.acquireLease({ host: 'h', pid: process.pid, id: 'x' }, 60_000);
  await lease?.append({
    records: [],
    rejected: Array.from({ length: REJECTED }, (_, n) => ({ id: `row-${n}`, reason: 'bad', raw: note })),
    warnings: [],
    resolvedIds: [],
    balances: [],
    cursor: '1',
  });
  await lease?.release();
  await opened.close();
});

/**
 * Pipes the output of the built program to a reader that starts late.
 * @returns the text that the reader got
 */
async function readSlowly(...args: string[]): Promise<string> {
  if (!existsSync(join(ROOT, 'dist/program/main.js'))) throw new Error('run "npm run build" first');
  const script = '"$0" "$@" | (sleep 1; cat)';
  const command = [process.execPath, join(ROOT, 'bin/tributary.js'), ...args, '--config', config];
  const { stdout } = await promisify(execFile)('sh', ['-c', script, ...command], { maxBuffer: 64 * MIB });
  return stdout;
}

describe('a command whose output is read slowly through a pipe writes all of it', () => {
  it.each([
    [['orders', 'list', '--json', '--limit', String(ORDERS)], ORDERS],
    [['quarantine', '--json'], REJECTED],
  ])('%j', async (args, count) => {
    const text = await readSlowly(...args);
    expect(text.length).toBeGreaterThan(MIB);
    expect(JSON.parse(text)).toHaveLength(count);
  });
});
