/** Measures the wall-clock time and the CPU time of this process and of the database. */
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds per clock tick in `/proc`: 100 ticks per second on every Linux. */
const TICK = 10;

export interface Usage {
  /** All values are in milliseconds. */
  wall: number;
  own: number;
  database: number;
}

export const NO_USAGE: Usage = { wall: 0, own: 0, database: 0 };

/** @param postmaster process id of PostgreSQL; `undefined` for a database inside this process */
export async function usageOf(postmaster: number | undefined, work: () => Promise<unknown>): Promise<Usage> {
  const before = { own: process.cpuUsage(), database: databaseTime(postmaster), at: performance.now() };
  await work();
  const { user, system } = process.cpuUsage(before.own);
  return {
    wall: performance.now() - before.at,
    own: (user + system) / 1000,
    database: databaseTime(postmaster) - before.database,
  };
}

export function sum(a: Usage, b: Usage): Usage {
  return { wall: a.wall + b.wall, own: a.own + b.own, database: a.database + b.database };
}

/** Returns the CPU time of PostgreSQL's live processes, or 0 for a database inside this process. */
function databaseTime(postmaster: number | undefined): number {
  if (postmaster === undefined) return 0;
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // The fields after the name, which may contain any character: state, parent, …; user and system time are
    // the 12th and 13th.
    const fields = statOf(entry).split(') ').at(-1)?.split(' ') ?? [];
    if (Number(fields[1]) === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK;
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
}
