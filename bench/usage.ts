/** What work costs: wall clock, and the processors of this process and of the database's. */
import { readdirSync, readFileSync } from 'node:fs';

/** Of `/proc`: 100 a second on every Linux. */
const TICK = 10;

export interface Usage {
  /** All in milliseconds. */
  wall: number;
  own: number;
  database: number;
}

export const NO_USAGE: Usage = { wall: 0, own: 0, database: 0 };

/** @param postmaster of PostgreSQL; `undefined` for a database inside of this process */
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

/** Of PostgreSQL's processes that are alive; 0 where the system does not tell. */
function databaseTime(postmaster: number | undefined): number {
  if (postmaster === undefined) return 0;
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // After the name, which may hold anything: state, parent, … user and system time are the 12th and 13th.
    const fields = statOf(entry).split(') ').at(-1)?.split(' ') ?? [];
    if (Number(fields[1]) === postmaster) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK;
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}
