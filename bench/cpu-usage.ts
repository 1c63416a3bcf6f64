/** Measures the wall-clock time and the CPU time of this process and of the database. */
import { readdirSync, readFileSync } from 'node:fs';

const NANOSECONDS_PER_MS = 1_000_000;

export interface Usage {
  /** All values are in milliseconds. */
  wallMs: number;
  ownCpuMs: number;
  databaseCpuMs: number;
}

export const NO_USAGE: Usage = { wallMs: 0, ownCpuMs: 0, databaseCpuMs: 0 };

/** @param postmaster process id of PostgreSQL; `undefined` for a database inside this process */
export async function measureUsage(
  postmaster: number | undefined,
  work: () => Promise<unknown>,
): Promise<Usage> {
  const before = { own: process.cpuUsage(), database: readDatabaseCpuMs(postmaster), at: performance.now() };
  await work();
  const { user, system } = process.cpuUsage(before.own);
  return {
    wallMs: performance.now() - before.at,
    ownCpuMs: (user + system) / 1000,
    databaseCpuMs: readDatabaseCpuMs(postmaster) - before.database,
  };
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

/** Returns the CPU time of PostgreSQL's live processes, or 0 for a database inside this process. */
function readDatabaseCpuMs(postmaster: number | undefined): number {
  if (postmaster === undefined) return 0;
  let nanoseconds = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // The fields after the name, which may contain any character: state, parent, …
    const [, parent] = readProcFile(entry, 'stat').split(') ').at(-1)?.split(' ') ?? [];
    // Each server process has one thread. The first field is the time in which it ran.
    if (Number(parent) === postmaster) nanoseconds += Number(readProcFile(entry, 'schedstat').split(' ')[0]);
  }
  return nanoseconds / NANOSECONDS_PER_MS;
}

function readProcFile(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
}
