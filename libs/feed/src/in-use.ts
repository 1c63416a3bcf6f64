/** Checks before a copy that no gateway uses the store. */
import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Dialect } from './dialect.js';
import { APPLICATION } from './dialect/postgres-pool.js';
import { isBusy } from './dialect/sqlite-errors.js';
import { hasDied, thisProcess } from './holder.js';
import { shownLocation, sqlitePath, type StoreLocation } from './open.js';

const MOST_LOOKS = 10;
const PAUSE = 100;

/**
 * Checks that no other program has the store open. Call it before this process opens the store. When the database cannot be reached,
 * the check passes, because opening the store then reports the error.
 * @throws Error when another program has the store open
 */
export async function refuseOpenElsewhere(location: string | StoreLocation): Promise<void> {
  const url = typeof location === 'string' ? location : location.primary;
  const file = sqlitePath(url);
  const isOpen = file === undefined ? await keepsSessions(url) : existsSync(file) && hasConnections(file);
  if (isOpen) throw inUse(shownLocation(location), 'a gateway, or another tributary, has it open');
}

/**
 * Detects gateways whose sessions are not visible, e.g. behind a connection pooler.
 * @throws Error when a holder that may be alive has a lease
 */
export async function refuseLeased(
  location: string | StoreLocation,
  { reader, time }: Dialect,
): Promise<void> {
  const us = thisProcess();
  const held = await reader
    .selectFrom('feeds')
    .select(['connector', 'stream', 'holder'])
    .where('leased_until', '>', time)
    .execute();
  const [first] = held.filter(({ holder }) => holder !== null && !hasDied(holder, us));
  if (first) throw inUse(shownLocation(location), `a gateway pulls ${first.connector}/${first.stream}`);
}

function inUse(store: string, how: string): Error {
  return new Error(
    `the store ${JSON.stringify(store)} is in use: ${how}. Stop every gateway first: a copy that is made meanwhile lacks what they write`,
  );
}

/**
 * Returns true when another connection has the file open. SQLite leaves WAL mode only for a sole connection; opening the store enables it
 * again.
 */
function hasConnections(file: string): boolean {
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('journal_mode = delete');
    return false;
  } catch (error) {
    return isBusy(error);
  } finally {
    db.close();
  }
}

/** Returns true when sessions persist. The sessions of a gateway that has just ended disappear after a moment. */
async function keepsSessions(url: string): Promise<boolean> {
  for (let look = 1; await hasSessions(url); look++) {
    if (look === MOST_LOOKS) return true;
    await sleep(PAUSE);
  }
  return false;
}

/**
 * Returns true when another session of this library exists. The sessions of other roles are visible only with the right to read all
 * statistics.
 */
async function hasSessions(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    const { rowCount } = await client.query(
      'select 1 from pg_stat_activity where datname = current_database() and application_name = $1 and pid <> pg_backend_pid() limit 1',
      [APPLICATION],
    );
    return rowCount !== 0;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
