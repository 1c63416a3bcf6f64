/**
 * The lease of one feed. A lease gives one process the right to append to the feed for a limited time. Each lease has a fencing token (a
 * number that increases with each lease), which every append checks in its own transaction.
 */
import type { Cursor } from '@tributary/connector-api';
import { sql, type CompiledQuery, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import {
  appendRecords,
  readStoredRecords,
  serveOverdueRows,
  type FeedHead,
} from '../feeds/append-records.js';
import { selectHeldRows } from '../feeds/held-rows.js';
import type { StoredSums } from '../completeness/stored-sums.js';
import { parseRecentSums } from '../completeness/recent-sums.js';
import { AccountSumCache } from '../completeness/account-sum-cache.js';
import { applyObservation } from '../balances/balance-repository.js';
import type { DatabaseAdapter, CurrentTimeExpression, WriteAtCommit } from '../database/database-adapter.js';
import { buildSqlTimeFromNow } from '../database/build-sql-time.js';
import { LeaseLostError } from '../database/store-errors.js';
import type {
  AppendResult,
  FeedPage,
  Lease,
  LeaseHolder,
  NextPullSchedule,
  PullNotDue,
} from '../types/store.types.js';
import type { CompletenessState } from '../types/completeness.types.js';
import type { OpenedFeed } from '../identity/opened-feed.js';
import { isHolderDead, createLeaseToken } from './lease-holder.js';
import { recordCursor } from '../feeds/cursor-history.js';
import { selectResolvableRejectedRecords, updateQuarantine } from '../feeds/quarantine.js';
import type { Schema } from '../database/schema.js';

/**
 * The maximum plausible duration of a lease in ms. Leases last about a minute, and the clocks of healthy machines differ by less than an
 * hour. So a longer lease was stored with a wrong clock, and is ignored.
 */
const MAX_LEASE_MS = 3_600_000;
/**
 * The maximum plausible time in ms until a stream is due. The longest pull interval is about a day, so a longer time was stored with a
 * wrong clock, and is ignored.
 */
const MAX_PULL_DELAY_MS = 2 * 24 * 3_600_000;
/** The maximum number of overdue rows that one transaction serves. Further rows are served by later transactions. */
const MAX_OVERDUE_ROWS = 500;

/**
 * The maximum number of accounts whose sums an append reads in advance. The append has locked the feed, so the read must take little time.
 */
const MAX_PRELOADED_ACCOUNTS = 500;

/**
 * Acquires the lease of a feed.
 * @returns `undefined` while another holder has the lease and may be alive
 */
export async function acquireLease(
  adapter: DatabaseAdapter,
  feed: OpenedFeed,
  holder: LeaseHolder,
  ttlMs: number,
  clock: CurrentTimeExpression,
): Promise<Lease | undefined> {
  const state = await readLeaseState(adapter, feed, clock);
  return isLeaseFree(state, holder) ? claimLease(adapter, feed, state, holder, ttlMs, clock) : undefined;
}

/**
 * Acquires the lease of a feed if the stream is due.
 * @returns a `NotDue` when the stream is not due yet and no process is pulling it; `undefined` while another holder has the lease
 */
export async function acquireLeaseWhenDue(
  adapter: DatabaseAdapter,
  feed: OpenedFeed,
  holder: LeaseHolder,
  ttlMs: number,
  clock: CurrentTimeExpression,
): Promise<Lease | PullNotDue | undefined> {
  const state = await readLeaseState(adapter, feed, clock);
  if (!isLeaseFree(state, holder)) return undefined;
  const dueInMs = state.due_at - state.now;
  // A delay that is longer than the maximum was stored by a process with a wrong clock.
  if (dueInMs <= 0 || dueInMs > MAX_PULL_DELAY_MS || wasClockSetBack(state))
    return claimLease(adapter, feed, state, holder, ttlMs, clock);
  return {
    dueInMs,
    sinceCaughtUpMs: state.caught_up_at === null ? undefined : Math.max(0, state.now - state.caught_up_at),
  };
}

type LeaseState = Awaited<ReturnType<typeof readLeaseState>>;

async function readLeaseState(adapter: DatabaseAdapter, feed: OpenedFeed, clock: CurrentTimeExpression) {
  feed.assertUnchanged();
  const { committedSeq } = feed;
  const read = () =>
    adapter.reader
      .selectFrom('feeds')
      .select([
        'holder',
        'leased_until',
        'fencing_token',
        'due_at',
        'caught_up_at',
        'head_seq',
        'paused_at',
        clock().as('now'),
      ])
      .select((eb) => eb.exists(selectHeldRows(eb, feed.id)).as('has_held_rows'))
      .where(feed.isSameFeed);
  const state = await read().executeTakeFirst();
  if (!state) {
    await feed.assertExists();
    return read().executeTakeFirstOrThrow();
  }
  await feed.checkHead(state.head_seq, committedSeq);
  return state;
}

/** Returns true if the lease can be acquired. The lease of a paused stream is never free. */
function isLeaseFree(state: LeaseState, holder: LeaseHolder): boolean {
  if (state.paused_at !== null) return false;
  return (
    state.holder === null ||
    state.leased_until <= state.now ||
    isExpiryImplausible(state.leased_until, state.now) ||
    isHolderDead(state.holder, holder)
  );
}

/**
 * Returns true if the last lease was released at a time in the future. The clock was then set back after the release, so the stored
 * schedule would make the stream due too late.
 */
function wasClockSetBack({ holder, leased_until, now }: LeaseState): boolean {
  return holder === null && leased_until > now;
}

async function claimLease(
  adapter: DatabaseAdapter,
  feed: OpenedFeed,
  state: LeaseState,
  holder: LeaseHolder,
  ttlMs: number,
  clock: CurrentTimeExpression,
): Promise<Lease | undefined> {
  const token = { fencing_token: state.fencing_token + 1, holder: createLeaseToken(holder) };
  const claimed = await adapter.transaction((db) =>
    db
      .updateTable('feeds')
      .set({ ...token, leased_until: buildSqlTimeFromNow(clock, ttlMs) })
      .where(feed.isSameFeed)
      // If two processes find the lease free, only one of them updates the row. Pausing a stream also increases the token.
      .where('fencing_token', '=', state.fencing_token)
      .returning('cursor')
      .executeTakeFirst(),
  );
  return (
    claimed &&
    new FeedLease(
      adapter,
      feed,
      token,
      ttlMs,
      clock,
      claimed.cursor ?? undefined,
      state.head_seq,
      state.due_at,
      Boolean(state.has_held_rows),
    )
  );
}

/**
 * Identifies one lease. The number alone is not unique: leases are not written durably, so after a crash of the database's machine the same
 * number can be assigned twice while the first holder is still alive.
 */
interface FencingToken {
  fencing_token: number;
  holder: string;
}

interface LockedHead extends FeedHead {
  now: number;
  /** The sequence number after which the sums of the accounts begin; 0 if they contain all rows. */
  summedAfter: number;
  /** True if the feed has rejected records that are not resolved. */
  hasRejectedRecords: boolean;
}

/** The result of the statement that locks a feed. */
interface LockedRow {
  head_seq: number;
  summed_after: number;
  recent_sums: string | null;
  head_time: number | null;
  now: number;
  has_refusals: SqlBool;
  has_held_rows: SqlBool;
}

class FeedLease implements Lease {
  /** The compiled statement that locks the feed, and the values for which it was compiled. */
  private lock: { clock: RawBuilder<number>; knownBeat: number; query: CompiledQuery<LockedRow> } | undefined;
  private readonly knownSums: AccountSumCache;
  private preloadedIds: ReadonlySet<string> = new Set();
  private summedAfter = 0;

  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly feed: OpenedFeed,
    private readonly token: FencingToken,
    private readonly ttlMs: number,
    private readonly clock: CurrentTimeExpression,
    public cursor: Cursor | undefined,
    public headSeq: number,
    private readonly dueAtStart: number,
    private hasHeldRows: boolean,
  ) {
    this.knownSums = new AccountSumCache(feed);
  }

  /**
   * The SQL condition that this lease is still the lease of the feed. The comment on `isSameFeed` in `opened-feed.ts` explains the casts.
   */
  private get isHeld(): RawBuilder<SqlBool> {
    const { fencing_token, holder } = this.token;
    return sql<SqlBool>`fencing_token = cast(${fencing_token} as bigint) and holder = cast(${holder} as text)`;
  }

  async renew(): Promise<boolean> {
    this.feed.assertUnchanged();
    const { numUpdatedRows } = await this.adapter.transaction((db) =>
      db
        .updateTable('feeds')
        .set({ leased_until: buildSqlTimeFromNow(this.clock, this.ttlMs) })
        .where(this.feed.isSameFeed)
        .where(this.isHeld)
        .executeTakeFirst(),
    );
    return numUpdatedRows > 0n;
  }

  async append(page: FeedPage): Promise<AppendResult> {
    this.feed.assertUnchanged();
    const { checksVersion } = this.feed;
    try {
      const { result, headSeq, hasHeldRows, sums, summedAfter } = await this.adapter.durableTransaction(
        (db, writeAtCommit) => this.appendInTransaction(db, writeAtCommit, page),
      );
      this.feed.recordCommitted(headSeq);
      this.cursor = page.cursor;
      this.headSeq = headSeq;
      this.hasHeldRows = hasHeldRows;
      this.summedAfter = summedAfter;
      this.knownSums.remember(sums, headSeq, checksVersion);
      return result;
    } catch (error) {
      if (error instanceof LeaseLostError) await this.feed.assertExists();
      throw error;
    }
  }

  preloadSums(accountIds: readonly string[]): void {
    if (accountIds.length <= MAX_PRELOADED_ACCOUNTS) this.preloadedIds = new Set(accountIds);
  }

  findSums(accountIds: readonly string[]): CompletenessState | undefined {
    const sums = this.knownSums.findAfterAppend(accountIds);
    return sums && { sums, headSeq: this.headSeq, startsAtFirstRow: this.summedAfter === 0 };
  }

  async serveOverdueRows(maxHoldMs: number): Promise<void> {
    for (let isDone = !this.hasHeldRows; !isDone;) {
      this.feed.assertUnchanged();
      const { headSeq, overdue } = await this.adapter.durableTransaction(async (db, writeAtCommit) => {
        const head = this.assertHeld(await this.lockFeed(db));
        const feed = { id: this.feed.id, stream: this.feed.stream, head };
        const limits = { heldBefore: head.now - maxHoldMs, limit: MAX_OVERDUE_ROWS, now: head.now };
        const served = await serveOverdueRows(db, this.adapter, writeAtCommit, feed, limits);
        return { headSeq: served.rows.at(-1)?.seq ?? head.seq, overdue: served.overdue };
      });
      this.feed.recordCommitted(headSeq);
      this.headSeq = headSeq;
      isDone = overdue < MAX_OVERDUE_ROWS;
    }
  }

  async release(next?: NextPullSchedule): Promise<void> {
    const schedule = next && {
      due_at: this.keepNewRequest(buildSqlTimeFromNow(this.clock, Math.round(next.dueInMs))),
      ...(next.hasCaughtUp ? { caught_up_at: this.clock() } : {}),
    };
    await this.adapter.transaction((db) =>
      db
        .updateTable('feeds')
        .set({ holder: null, leased_until: this.clock(), ...schedule })
        .where(this.feed.isSameFeed)
        .where(this.isHeld)
        .execute(),
    );
    if (next?.hasCaughtUp) await recordCursor(this.adapter, this.feed, this.clock);
  }

  /**
   * Returns the new due time of the stream. If an operator requested a pull during this pull, the request stays instead, because this pull
   * may have failed before the request.
   */
  private keepNewRequest(dueAt: RawBuilder<number>): RawBuilder<number> {
    const isNewRequest = sql`due_at < 0 and due_at <> cast(${this.dueAtStart} as bigint)`;
    return sql<number>`case when ${isNewRequest} then due_at else ${dueAt} end`;
  }

  private async appendInTransaction(
    db: Kysely<Schema>,
    writeAtCommit: WriteAtCommit,
    page: FeedPage,
  ): Promise<{
    result: AppendResult;
    headSeq: number;
    hasHeldRows: boolean;
    sums: readonly StoredSums[];
    summedAfter: number;
  }> {
    const { knownSums } = this;
    const selection = { knownIds: knownSums.accountIds, furtherIds: this.preloadedIds };
    // The first statement locks the feed row. So the results of all statements stay valid until the commit.
    const [locked, stored] = await Promise.all([
      this.lockFeed(db),
      readStoredRecords(db, this.adapter, this.feed.id, page.records, selection),
    ]);
    const head = this.assertHeld(locked);
    assertCursorStorable(page.cursor);
    const { now } = head;
    const feed = { id: this.feed.id, stream: this.feed.stream, head };
    const changes = { cursor: page.cursor, leased_until: now + this.ttlMs };
    const known = { ...stored, knownSums: knownSums.find(head) };
    const newRows = await appendRecords(
      ...([db, this.adapter, writeAtCommit, feed, page.records, known, now, changes] as const),
    );
    await updateQuarantine(
      db,
      this.adapter,
      { id: this.feed.id, hasRejectedRecords: head.hasRejectedRecords },
      page,
      now,
    );
    for (const balances of page.balances) {
      // The time is limited to now, because an observation with a time in the future would make later observations look outdated.
      const at = Math.min(balances.at, now);
      await applyObservation(db, this.adapter, this.feed.connector, { ...balances, at });
    }
    const { added, changed, unchanged, effects, hasHeldRows, sums } = newRows;
    return {
      result: { added, changed, unchanged, rejected: page.rejected.length, effects },
      headSeq: newRows.rows.at(-1)?.seq ?? head.seq,
      hasHeldRows,
      sums,
      summedAfter: head.summedAfter,
    };
  }

  /**
   * Checks that this lease is still valid.
   * @throws LeaseLostError when the lease was lost, or the store was restored
   */
  private assertHeld(head: LockedHead | undefined): LockedHead {
    // If the last row has a lower number than a row that this process has seen as committed, the store was restored to an older state.
    if (!head || head.seq < this.feed.committedSeq)
      throw new LeaseLostError(this.feed.connector, this.feed.stream);
    return head;
  }

  /**
   * Locks the feed row until the commit.
   * @returns `undefined` when the lease was lost
   */
  private async lockFeed(db: Kysely<Schema>): Promise<LockedHead | undefined> {
    const [row] = (await db.executeQuery(this.compileLock(db))).rows;
    return (
      row && {
        seq: row.head_seq,
        summedAfter: row.summed_after,
        time: row.head_time ?? undefined,
        now: row.now,
        hasRejectedRecords: Boolean(row.has_refusals),
        hasHeldRows: Boolean(row.has_held_rows),
        recentSums: parseRecentSums(row.recent_sums),
      }
    );
  }

  /**
   * Compiles the statement that locks the feed. The compiled statement is kept, because its values do not change between two heartbeats,
   * and compiling takes longer than running.
   */
  private compileLock(db: Kysely<Schema>): CompiledQuery<LockedRow> {
    const clock = this.clock();
    const { knownBeat } = this.feed;
    if (this.lock?.clock !== clock || this.lock.knownBeat !== knownBeat)
      this.lock = { clock, knownBeat, query: this.buildLock(db, clock) };
    return this.lock.query;
  }

  private buildLock(db: Kysely<Schema>, clock: RawBuilder<number>): CompiledQuery<LockedRow> {
    return db
      .selectFrom('feeds')
      .select((eb) => [
        'head_seq',
        'head_time',
        'summed_after',
        'recent_sums',
        clock.as('now'),
        // Only the holder of the lease adds rejected records, so this query sees the records of all earlier holders.
        eb.exists(selectResolvableRejectedRecords(eb, this.feed.id)).as('has_refusals'),
        eb.exists(selectHeldRows(eb, this.feed.id)).as('has_held_rows'),
      ])
      .where(this.feed.isSameFeed)
      .where(this.isHeld)
      .modifyEnd(this.adapter.forUpdate)
      .compile();
  }
}

/**
 * Checks that the database can store the cursor unchanged. No database can store an unpaired surrogate, and PostgreSQL cannot store U+0000.
 * @throws TypeError when the database cannot store the cursor unchanged
 */
function assertCursorStorable(cursor: Cursor): void {
  if (cursor.isWellFormed() && !cursor.includes('\0')) return;
  throw new TypeError(
    `the cursor ${JSON.stringify(cursor)} holds U+0000 or half a surrogate pair; expected plain text`,
  );
}

/**
 * Returns true if the lease ends later than any valid lease. Then either the clock at the acquisition or the present clock is wrong, and
 * waiting for the end could take years. If the holder is alive, the fencing token prevents its writes.
 */
function isExpiryImplausible(until: number, now: number): boolean {
  return until > now + MAX_LEASE_MS;
}
