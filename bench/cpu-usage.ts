/** Measures the wall-clock time and the CPU time of this process and of the database. */
import { readdirSync, readFileSync } from 'node:fs';

const NANOSECONDS_PER_MS = 1_000_000;
const IRREGULAR_PROCESSES = /autovacuum|checkpointer|background writer/;

export interface Usage {
  /** The elapsed time. All values are in milliseconds. */
  wallMs: number;
  ownCpuMs: number;
  databaseCpuMs: number;
}

export const NO_USAGE: Usage = { wallMs: 0, ownCpuMs: 0, databaseCpuMs: 0 };

/**
 * Measures the usage of a function.
 * @param postmaster the process id of PostgreSQL; `undefined` for a database inside this process
 */
export async function measureUsage(
  postmaster: number | undefined,
  work: () => Promise<unknown>,
): Promise<Usage> {
  return measure(() => readDatabaseCpuMs(postmaster), work);
}

/**
 * Measures the usage of a function that uses one session of PostgreSQL. Reading the time of one process takes little processor time, so the
 * function can be short.
 * @param backend the process id of the session; `undefined` for a database inside this process
 */
export async function measureSessionUsage(
  backend: number | undefined,
  work: () => Promise<unknown>,
): Promise<Usage> {
  return measure(() => new Map(backend === undefined ? [] : [[backend, readProcessCpuMs(backend)]]), work);
}

/** @param readCpuMs returns the CPU time of each process of the database, in milliseconds, by its process id */
async function measure(
  readCpuMs: () => ReadonlyMap<number, number>,
  work: () => Promise<unknown>,
): Promise<Usage> {
  const database = readCpuMs();
  // The own time starts after the time of the database was read, because reading it takes processor time, too.
  const before = { own: process.cpuUsage(), at: performance.now() };
  await work();
  const { user, system } = process.cpuUsage(before.own);
  const wallMs = performance.now() - before.at;
  let databaseCpuMs = 0;
  // A process that has ended in the meantime is not in this list, because its CPU time is no longer known.
  for (const [pid, cpuMs] of readCpuMs()) databaseCpuMs += cpuMs - (database.get(pid) ?? 0);
  return { wallMs, ownCpuMs: (user + system) / 1000, databaseCpuMs };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    wallMs: a.wallMs + b.wallMs,
    ownCpuMs: a.ownCpuMs + b.ownCpuMs,
    databaseCpuMs: a.databaseCpuMs + b.databaseCpuMs,
  };
}

/** Returns the CPU time of this process and of the database together, in milliseconds. */
export function sumCpuMs({ ownCpuMs, databaseCpuMs }: Usage): number {
  return ownCpuMs + databaseCpuMs;
}

/**
 * Returns the CPU time of each live process of PostgreSQL, in milliseconds. For a database inside this process, the result is empty.
 * Processes that run at irregular times and process the data of all earlier measurements are skipped.
 */
function readDatabaseCpuMs(postmaster: number | undefined): Map<number, number> {
  const cpuMs = new Map<number, number>();
  if (postmaster === undefined) return cpuMs;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // After the process name, the fields are: state, parent, … The text is split behind the name, because the name may contain any
    // character.
    const [, parent] = readProcFile(entry, 'stat').split(') ').at(-1)?.split(' ') ?? [];
    if (Number(parent) !== postmaster || IRREGULAR_PROCESSES.test(readProcFile(entry, 'cmdline'))) continue;
    cpuMs.set(Number(entry), readProcessCpuMs(Number(entry)));
  }
  return cpuMs;
}

/**
 * Returns the CPU time of a process with one thread, in milliseconds. The first field of the file is the time for which the thread has run.
 */
function readProcessCpuMs(pid: number): number {
  const nanoseconds = Number(readProcFile(pid, 'schedstat').split(' ')[0]);
  return nanoseconds / NANOSECONDS_PER_MS;
}

function readProcFile(pid: number | string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // The file does not exist, because the process has ended.
    return '';
  }
}
