/**
 * Measures the plugin for bank files: a large camt file, a large MT940 file, many small files, and equal entries. Run it with
 * `npm run bench -- --files`; `-- --files --short` uses smaller files. The processor time of a large file is divided by that of a plain
 * parse of the same file in the same run, i.e. the same parser alone. A second ratio adds the same cost to both: a bare insertion of the
 * same rows into SQLite, which every program that stores the rows needs. Each measurement runs in a separate process.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeEqualEntries, writeLargeCamt, writeLargeMt940, writeSmallFiles } from './statement-files.js';
import { reportLimit } from './report-limit.js';

const isShort = process.argv.includes('--short');
/**
 * The semi-space size of V8 in megabytes, as in the other benchmarks of memory. By default, V8 enlarges its young generation by up to 100 MB
 * while a process works, and the measured memory would depend on this and not on the file.
 */
const SEMI_SPACE_MB = 16;
const LARGE_FILE_BYTES = isShort ? 8_000_000 : 200_000_000;
const SMALL_FILE_COUNT = isShort ? 1000 : 100_000;
const EQUAL_ENTRY_COUNT = isShort ? 3000 : 30_000;
/**
 * The limits of a measured value. If a value is above `most`, the benchmark fails, because this is a regression. `goal` is the value that
 * should be reached.
 */
interface Limit {
  most: number;
  goal: number;
}
const CPU_RATIO: Limit = { most: 5, goal: 1.3 };
/** The time until the first rows has no limit, because it depends on the other load of the machine. */
const FIRST_ROWS_S: Limit = { most: Infinity, goal: 10 };
const MEMORY_MB: Limit = { most: 600, goal: 250 };
/** The processor time per small file in milliseconds. With the goal, 100 000 files take less than 3 minutes. */
const SMALL_FILE_MS: Limit = { most: 15, goal: 1.8 };
const SECOND_LOOK_S: Limit = { most: 60, goal: 5 };
const EQUAL_ENTRIES_S: Limit = { most: 30, goal: 10 };

/** The measured values of a child process. */
interface FileUsage {
  cpuMs: number;
  wallMs: number;
  /** The processor time in ms of the insertion of the rows alone; 0 for other tasks. */
  insertMs: number;
  /** The time in ms until the first transactions. */
  firstRowsMs: number;
  /** The processor time in ms of pulling all streams a second time. */
  secondLookMs: number;
  maxMemoryBytes: number;
  rows: number;
}

const directory = mkdtempSync(join(tmpdir(), 'tributary-files-'));
try {
  const results = [
    await measureLargeFile('camt.053', writeLargeCamt),
    await measureLargeFile('MT940', writeLargeMt940),
    await measureSmallFiles(),
    await measureEqualEntries(),
  ];
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measureLargeFile(
  name: string,
  write: (directory: string, bytes: number) => string,
): Promise<boolean> {
  const place = join(directory, name);
  const file = write(place, LARGE_FILE_BYTES);
  const plain = await measure('parse', file);
  const pulled = await measure('pull', place);
  const { insertMs } = await measure('insert', place);
  rmSync(place, { recursive: true });
  print(`${name}, ${LARGE_FILE_BYTES / 1e6} MB, ${pulled.rows.toLocaleString('en')} transactions`, pulled);
  print('plain parse of this file', plain);
  const stored = (pulled.cpuMs + insertMs) / (plain.cpuMs + insertMs);
  console.log(
    `     bare insertion of its rows: processor ${(insertMs / 1000).toFixed(1)} s; with it, all streams / plain parse: ${stored.toFixed(2)}`,
  );
  return [
    check('processor time of all streams / plain parse', pulled.cpuMs / plain.cpuMs, CPU_RATIO),
    check('seconds to the first rows', pulled.firstRowsMs / 1000, FIRST_ROWS_S),
    check('peak memory in MB', pulled.maxMemoryBytes / 1e6, MEMORY_MB),
  ].every(Boolean);
}

async function measureSmallFiles(): Promise<boolean> {
  const place = join(directory, 'small');
  writeSmallFiles(place, SMALL_FILE_COUNT);
  const pulled = await measure('pull', place);
  rmSync(place, { recursive: true });
  print(`${SMALL_FILE_COUNT.toLocaleString('en')} small files`, pulled);
  return [
    check('processor time of a small file in ms', pulled.cpuMs / SMALL_FILE_COUNT, SMALL_FILE_MS),
    check('processor time of a second look in s', pulled.secondLookMs / 1000, SECOND_LOOK_S),
  ].every(Boolean);
}

async function measureEqualEntries(): Promise<boolean> {
  const place = join(directory, 'equal');
  writeEqualEntries(place, EQUAL_ENTRY_COUNT);
  const pulled = await measure('pull', place);
  print(`${EQUAL_ENTRY_COUNT.toLocaleString('en')} equal entries`, pulled);
  return check('processor time of all streams in s', pulled.cpuMs / 1000, EQUAL_ENTRIES_S);
}

async function measure(task: 'parse' | 'pull' | 'insert', path: string): Promise<FileUsage> {
  const child = fork(fileURLToPath(new URL('./read-statement-files.js', import.meta.url)), [task, path], {
    execArgv: [`--max-semi-space-size=${SEMI_SPACE_MB}`],
  });
  const message = once(child, 'message');
  const exit = once(child, 'exit');
  const [usage] = (await Promise.race([message, exit])) as [FileUsage | number];
  if (typeof usage !== 'object')
    throw new Error(`the process that should ${task} ${path} ended with ${usage}`);
  await exit;
  return usage;
}

function print(what: string, { cpuMs, wallMs, firstRowsMs, secondLookMs, maxMemoryBytes }: FileUsage): void {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  console.log(
    `     ${what}: processor ${seconds(cpuMs)}, time ${seconds(wallMs)}, first rows ${seconds(firstRowsMs)}, ` +
      `second look ${seconds(secondLookMs)}, memory ${Math.round(maxMemoryBytes / 1e6)} MB`,
  );
}

function check(what: string, value: number, { most, goal }: Limit): boolean {
  const reached = value <= goal ? 'reached' : 'not reached';
  return reportLimit(
    what,
    value.toFixed(2),
    value <= most,
    `at most ${most}; the goal of ${goal} is ${reached}`,
  );
}
