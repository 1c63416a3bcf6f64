/** The settings of a simulated PSP, for `npm run demo -- sandbox`. This PSP runs inside the gateway. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Demo } from '@tributary/connector-api/testing';

export async function startDemo(): Promise<Demo> {
  const directory = mkdtempSync(join(tmpdir(), 'sandbox-demo-'));
  return {
    settings: { transactions: 200, activityPerMinute: 0, journal: join(directory, 'orders.jsonl') },
    order: { kind: 'payout', sourceAccountId: 'acc-1', destinationAccountId: 'ben-1' },
    stop: async () => rmSync(directory, { recursive: true, force: true }),
  };
}
