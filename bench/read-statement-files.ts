/**
 * The process that `files.ts` measures. `parse FILE` only parses a file, i.e. the parser alone creates the entries. `pull DIRECTORY` pulls
 * all streams of a connector that has no rows yet, and then pulls them again. `insert DIRECTORY` pulls the transactions, and measures only
 * the insertion of their rows into a SQLite table without keys. The process reports its CPU time and memory to its parent process.
 */
import { hash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  STREAMS,
  appendFeedTime,
  isRejectedRecord,
  serializeTransaction,
  type FeedReader,
} from '@tributary/connector-api';
import { BankStatementsSettings } from '../libs/psp-plugins/src/bank-statements/bank-statements.config.js';
import { BankStatementsPsp } from '../libs/psp-plugins/src/bank-statements/bank-statements.plugin.js';
import { readStatements } from '../libs/psp-plugins/src/bank-statements/readers/index.js';
import { plainSqlite } from './plain-sqlite.js';
import { HASH_BYTES, type PlainRow } from './test-records.js';

const [task, path = ''] = process.argv.slice(2);
const usageBefore = process.cpuUsage();
const startedAt = performance.now();
let firstRowsMs = 0;
let rows = 0;
let sequence = 0;
const cursors = new Map<string, string>();

let insertMs = 0;
if (task === 'parse') await parse();
else if (task === 'insert') insertMs = await insert();
else await pull();
const { cpuMs, wallMs } = elapsed();
if (task === 'pull') await pull();
const secondLookMs = elapsed().cpuMs - cpuMs;
const maxMemoryBytes = process.resourceUsage().maxRSS * 1024;
process.send?.({ cpuMs, wallMs, insertMs, firstRowsMs, secondLookMs, maxMemoryBytes, rows }, () =>
  process.exit(),
);

function elapsed(): { cpuMs: number; wallMs: number } {
  const { user, system } = process.cpuUsage(usageBefore);
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - startedAt };
}

async function parse(): Promise<void> {
  for await (const event of readStatements(createReadStream(path))) if (event.part === 'entry') rows++;
}

function createClient(): BankStatementsPsp {
  const settings = Object.assign(new BankStatementsSettings(), { directory: path });
  const emptyFeed: FeedReader = { findLatest: async () => new Map() };
  return new BankStatementsPsp(settings, emptyFeed);
}

/**
 * Inserts the rows of all transactions, one durable database transaction per page.
 * @returns the CPU time in ms of the insertion alone
 */
async function insert(): Promise<number> {
  const place = mkdtempSync(join(tmpdir(), 'tributary-insert-'));
  const database = plainSqlite(join(place, 'rows.db'), 'bare');
  let cpuMicroseconds = 0;
  for await (const { items } of createClient().transactions()) {
    const page = items.flatMap((item) => (isRejectedRecord(item) ? [] : [toRow(item)]));
    rows += page.length;
    const before = process.cpuUsage();
    await database.append(page);
    const { user, system } = process.cpuUsage(before);
    cpuMicroseconds += user + system;
  }
  await database.close();
  rmSync(place, { recursive: true });
  return cpuMicroseconds / 1000;
}

function toRow(transaction: Parameters<typeof serializeTransaction>[0]): PlainRow {
  const { id, content, pspTime = 0 } = serializeTransaction(transaction);
  return {
    seq: ++sequence,
    time: pspTime,
    id,
    hash: hash('sha256', content, 'buffer').subarray(0, HASH_BYTES),
    body: appendFeedTime('transactions', content, transaction.createdAt),
  };
}

async function pull(): Promise<void> {
  const client = createClient();
  await Promise.all(
    STREAMS.map(async (stream) => {
      for await (const { items, cursor } of client[stream](cursors.get(stream))) {
        cursors.set(stream, cursor);
        if (stream !== 'transactions') continue;
        rows += items.length;
        if (rows > 0) firstRowsMs ||= elapsed().wallMs;
      }
    }),
  );
}
