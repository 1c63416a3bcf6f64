/** Measures the wall-clock time and the CPU time of this process and of the database. */
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds per clock tick in `/proc`: 100 ticks per second on every Linux. */
const TICK_MS = 10;

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

/** Returns the CPU time of PostgreSQL's live processes, or 0 for a database inside this process. */
function readDatabaseCpuMs(postmaster: number | undefined): number {
  if (postmaster === undefined) return 0;
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // The fields after the name, which may contain any character: state, parent, …; user and system time are
    // the 12th and 13th.
    const fields = readProcStat(entry).split(') ').at(-1)?.split(' ') ?? [];
    if (Number(fields[1]) === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_MS;
}

function readProcStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
}
