/** Identifies the process that holds a lease, and detects whether this process has died. */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { kill } from 'node:process';
import type { LeaseHolder } from '../types/store.types.js';

/** Returns an identity of this process that is unique among all processes that ever use the store. */
export function getCurrentProcess(): LeaseHolder {
  return { host: readPidNamespace(), pid: process.pid, id: randomUUID() };
}

/** Serializes a holder with a random part, so that each lease has a unique string. */
export function createLeaseToken({ host, pid, id }: LeaseHolder): string {
  return JSON.stringify([host, pid, id, randomUUID()]);
}

/**
 * Returns true if the process of the holder has certainly ended. The result is always false for a process in another PID namespace, because
 * its state cannot be observed.
 */
export function isHolderDead(serialized: string, observer: LeaseHolder): boolean {
  const [host, pid] = JSON.parse(serialized) as [string, number];
  if (host !== observer.host) return false;
  try {
    kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Returns an identifier of the PID namespace. A host name and a PID are not enough, because two containers can have the same values: one of
 * the two processes may be dead while the other appends. On systems without `/proc` the function returns the host name. Source: Linux,
 * `pid_namespaces(7)` and `random(4)`.
 */
function readPidNamespace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
