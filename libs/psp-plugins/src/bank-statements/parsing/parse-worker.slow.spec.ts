/**
 * Tests the worker thread that parses a large file. The test uses the built program, because the sources have no compiled worker.
 * `npm run build` must have run before, as for all specs that start the program.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { createCamtXml } from '../bank-statements.fake.js';
import type { ParseTask } from './parse-in-worker.js';
import type { ParsedFile } from './parsed-file.js';

const BUILT_PARSING = `${process.cwd()}/dist/libs/psp-plugins/src/bank-statements/parsing`;
const { parseInWorker } = (await import(`${BUILT_PARSING}/parse-in-worker.js`)) as {
  parseInWorker: (task: ParseTask) => Promise<ParsedFile & { close: () => void }>;
};
const { createSpool } = (await import(`${BUILT_PARSING}/spool.js`)) as { createSpool: () => number };

const directory = mkdtempSync(join(tmpdir(), 'tributary-worker-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function createTask(content: string): ParseTask {
  const path = join(directory, 'statement');
  writeFileSync(path, content);
  const bytesRead = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  const description = { name: 'statement', csvMappings: [] };
  return { file: openSync(path, 'r'), spool: createSpool(), bytesRead, description };
}

const entries = Array.from({ length: 700 }, (_, n) => ({ amount: String(n + 1) }));

it('returns all entries in order, and the position', async () => {
  const content = createCamtXml({ number: '1', entries });
  const task = createTask(content);
  const parsed = await parseInWorker(task);
  closeSync(task.file);
  expect(parsed.entryCount).toBe(700);
  expect(task.bytesRead[0]).toBe(Buffer.byteLength(content));
  const amounts: string[] = [];
  for await (const events of parsed.readEvents())
    for (const [event] of events) if (event.part === 'entry') amounts.push(event.amount);
  expect(amounts).toEqual(entries.map(({ amount }) => amount));
  parsed.close();
});

it('refuses a file that is broken', async () => {
  const task = createTask(createCamtXml({ number: '1', entries }).slice(0, -20));
  await expect(parseInWorker(task)).rejects.toThrow('unclosed tag: BkToCstmrStmt');
  closeSync(task.file);
  closeSync(task.spool);
});

it('that crashes is an error of the file, and does not end the program', async () => {
  const task = createTask('');
  // This descriptor is not open, so the thread ends with an uncaught error.
  await expect(parseInWorker({ ...task, file: task.spool + 1000 })).rejects.toThrow(
    /the thread that parses it failed: .*EBADF/,
  );
  closeSync(task.file);
  closeSync(task.spool);
});
