/** Who holds a lease, and whether it can still be alive. */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { kill } from 'node:process';
import type { LeaseHolder } from './feed.types.js';

/** This process, told from all others that ever share its store. */
export function thisProcess(): LeaseHolder {
  return { host: processSpace(), pid: process.pid, id: randomUUID() };
}

/** Unique per lease. */
export function holderText({ host, pid, id }: LeaseHolder): string {
  return JSON.stringify([host, pid, id, randomUUID()]);
}

/** A process of our own space that no longer exists cannot come back; of any other we know nothing until its time is over. */
export function hasDied(text: string, by: LeaseHolder): boolean {
  const [host, pid] = JSON.parse(text) as [string, number];
  if (host !== by.host) return false;
  try {
    kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * In which a process id means one process. Containers have spaces of their own: under one host name, process 7 of one may be
 * dead while process 7 of another appends. Where the system does not tell, there are no containers.
 * Source: Linux, `pid_namespaces(7)` and `random(4)`.
 */
function processSpace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
