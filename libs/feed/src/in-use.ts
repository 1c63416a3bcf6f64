/** Whether a gateway works with a store: to be asked before it is copied. */
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
 * Before we open it ourselves. What cannot be asked is left to whoever opens it next.
 * @throws Error when another program has it open
 */
export async function refuseOpenElsewhere(location: string | StoreLocation): Promise<void> {
  const url = typeof location === 'string' ? location : location.primary;
  const file = sqlitePath(url);
  const isOpen = file === undefined ? await keepsSessions(url) : existsSync(file) && hasConnections(file);
  if (isOpen) throw inUse(shownLocation(location), 'a gateway, or another tributary, has it open');
}

/** Of gateways that cannot be seen otherwise, e.g. behind a pool of connections. @throws Error when one that may be alive holds a lease */
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

/** To leave the write-ahead log behind, a connection must be the only one. Whoever opens the store next turns it on again. */
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

/** Of a gateway that has just ended they are there for a moment. */
async function keepsSessions(url: string): Promise<boolean> {
  for (let look = 1; await hasSessions(url); look++) {
    if (look === MOST_LOOKS) return true;
    await sleep(PAUSE);
  }
  return false;
}

/** Sessions of other roles do not tell what program they belong to, unless we may read all statistics. */
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
