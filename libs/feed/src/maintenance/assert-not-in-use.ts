/** Checks that no gateway uses a store, e.g. before a copy. */
import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { APPLICATION_NAME } from '../database/postgres/postgres-pool.js';
import { isLockedByOtherProcess } from '../database/sqlite/sqlite-errors.js';
import { isHolderDead, getCurrentProcess } from '../leases/lease-holder.js';
import { redactLocation, parseSqlitePath, type StoreLocation } from '../store/open-store.js';

const MAX_SESSION_CHECKS = 10;
const SESSION_CHECK_INTERVAL_MS = 100;

/**
 * Checks that no other program has the store open. The function must be called before this process opens the store. If the database cannot
 * be reached, the check passes, because opening the store then reports the error.
 * @throws Error when another program has the store open
 */
export async function assertNotOpenElsewhere(location: string | StoreLocation): Promise<void> {
  const url = typeof location === 'string' ? location : location.primary;
  const file = parseSqlitePath(url);
  const isOpen =
    file === undefined ? await hasLastingSessions(url) : existsSync(file) && isFileOpenElsewhere(file);
  if (isOpen)
    throw createInUseError(redactLocation(location), 'a gateway, or another tributary, has it open');
}

/**
 * Checks that no gateway has a lease. Leases are checked because the database sessions of a gateway may not be visible, e.g. behind a
 * connection pooler.
 * @throws Error when a holder that may be alive has a lease
 */
export async function assertNotLeased(
  location: string | StoreLocation,
  { reader, currentTime }: DatabaseAdapter,
): Promise<void> {
  const self = getCurrentProcess();
  const leasedFeeds = await reader
    .selectFrom('feeds')
    .select(['connector', 'stream', 'holder'])
    .where('leased_until', '>', currentTime)
    .execute();
  const [first] = leasedFeeds.filter(({ holder }) => holder !== null && !isHolderDead(holder, self));
  if (first)
    throw createInUseError(redactLocation(location), `a gateway pulls ${first.connector}/${first.stream}`);
}

function createInUseError(store: string, how: string): Error {
  return new Error(
    `the store ${JSON.stringify(store)} is in use: ${how}. Stop every gateway first: a copy that is made meanwhile lacks what they write`,
  );
}

/**
 * Returns true if another connection has the file open. The function tries to leave WAL mode, which SQLite allows only if no other
 * connection exists. The next opening of the store enables WAL mode again.
 */
function isFileOpenElsewhere(file: string): boolean {
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('journal_mode = delete');
    return false;
  } catch (error) {
    return isLockedByOtherProcess(error);
  } finally {
    db.close();
  }
}

/**
 * Returns true if the database still has other sessions after a short wait. The wait is needed because the sessions of a gateway that has
 * just ended disappear a little later.
 */
async function hasLastingSessions(url: string): Promise<boolean> {
  for (let check = 1; await hasSessions(url); check++) {
    if (check === MAX_SESSION_CHECKS) return true;
    await sleep(SESSION_CHECK_INTERVAL_MS);
  }
  return false;
}

/** Returns true if another session of this library exists. A role sees the sessions of other roles only if it may read all statistics. */
async function hasSessions(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    const { rowCount } = await client.query(
      'select 1 from pg_stat_activity where datname = current_database() and application_name = $1 and pid <> pg_backend_pid() limit 1',
      [APPLICATION_NAME],
    );
    return rowCount !== 0;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
