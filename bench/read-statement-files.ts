/**
 * The process that `files.ts` measures. `parse FILE` only parses a file. `pull DIRECTORY` pulls all streams of a connector that has no rows
 * yet, and then pulls them again. The process reports its CPU time and memory to its parent process.
 */
import { createReadStream } from 'node:fs';
import { STREAMS, type FeedReader } from '@tributary/connector-api';
import { BankStatementsSettings } from '../libs/psp-plugins/src/bank-statements/bank-statements.config.js';
import { BankStatementsPsp } from '../libs/psp-plugins/src/bank-statements/bank-statements.plugin.js';
import { readStatements } from '../libs/psp-plugins/src/bank-statements/readers/index.js';

const [task, path = ''] = process.argv.slice(2);
const usageBefore = process.cpuUsage();
const startedAt = performance.now();
let firstRowsMs = 0;
let rows = 0;
const cursors = new Map<string, string>();

if (task === 'parse') await parse();
else await pull();
const { cpuMs, wallMs } = elapsed();
if (task === 'pull') await pull();
const secondLookMs = elapsed().cpuMs - cpuMs;
const maxMemoryBytes = process.resourceUsage().maxRSS * 1024;
process.send?.({ cpuMs, wallMs, firstRowsMs, secondLookMs, maxMemoryBytes, rows }, () => process.exit());

function elapsed(): { cpuMs: number; wallMs: number } {
  const { user, system } = process.cpuUsage(usageBefore);
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - startedAt };
}

async function parse(): Promise<void> {
  for await (const event of readStatements(createReadStream(path))) if (event.part === 'entry') rows++;
}

async function pull(): Promise<void> {
  const settings = Object.assign(new BankStatementsSettings(), { directory: path });
  const emptyFeed: FeedReader = { findLatest: async () => new Map() };
  const client = new BankStatementsPsp(settings, emptyFeed);
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
