/** Lease for appending to one feed. Each lease has a fencing token, which every append checks in its own transaction. */
import type { Cursor, Stream } from '@tributary/connector-api';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { appendRecords, type FeedHead } from './append.js';
import { recordObservation } from './balance-book.js';
import type { Dialect, StoreClock } from './dialect.js';
import { LeaseLostError } from './errors.js';
import type { Appended, FeedPage, Lease, LeaseHolder, NextPull, Rest } from './feed.types.js';
import { hasDied, holderText } from './holder.js';
import { openRefusals, updateQuarantine } from './quarantine.js';
import type { Schema } from './schema.js';

export interface FeedIdentity {
  id: number;
  connector: string;
  stream: Stream;
}

/** Maximum plausible lease in ms. Leases last about a minute, and the clocks of healthy machines differ by less. */
const LONGEST = 3_600_000;
/** Maximum plausible time in ms until a stream is due. The longest pull interval is about a day. */
const LONGEST_REST = 2 * 24 * 3_600_000;

/** Acquires the lease of a feed. @returns `undefined` while another holder that may be alive has it */
export async function takeLease(
  dialect: Dialect,
  feed: FeedIdentity,
  holder: LeaseHolder,
  ttl: number,
  clock: StoreClock,
): Promise<Lease | undefined> {
  const held = await look(dialect, feed, clock);
  return isFree(held, holder) ? take(dialect, feed, held, holder, ttl, clock) : undefined;
}

/**
 * Acquires the lease when the stream is due.
 * @returns a `NotDue` when no process is pulling the stream and it is not due yet; `undefined` while another holder has the lease
 */
export async function takeLeaseWhenDue(
  dialect: Dialect,
  feed: FeedIdentity,
  holder: LeaseHolder,
  ttl: number,
  clock: StoreClock,
): Promise<Lease | Rest | undefined> {
  const held = await look(dialect, feed, clock);
  if (!isFree(held, holder)) return undefined;
  const dueIn = held.due_at - held.now;
  // A longer delay than the maximum was stored by a process with a wrong clock.
  if (dueIn <= 0 || dueIn > LONGEST_REST) return take(dialect, feed, held, holder, ttl, clock);
  return { dueIn, caughtUpAgo: held.caught_up_at === null ? undefined : held.now - held.caught_up_at };
}

type HeldFeed = Awaited<ReturnType<typeof look>>;

function look(dialect: Dialect, feed: FeedIdentity, clock: StoreClock) {
  return dialect.reader
    .selectFrom('feeds')
    .select(['holder', 'leased_until', 'fence', 'due_at', 'caught_up_at', clock().as('now')])
    .where('id', '=', feed.id)
    .executeTakeFirstOrThrow();
}

function isFree(held: HeldFeed, holder: LeaseHolder): boolean {
  return (
    held.holder === null ||
    held.leased_until <= held.now ||
    isImpossible(held.leased_until, held.now) ||
    hasDied(held.holder, holder)
  );
}

async function take(
  dialect: Dialect,
  feed: FeedIdentity,
  held: HeldFeed,
  holder: LeaseHolder,
  ttl: number,
  clock: StoreClock,
): Promise<Lease | undefined> {
  const token = { fence: held.fence + 1, holder: holderText(holder) };
  const taken = await dialect.write((db) =>
    db
      .updateTable('feeds')
      .set({ ...token, leased_until: after(clock, ttl) })
      .where('id', '=', feed.id)
      // When two processes saw the lease free, only one of them updates the row.
      .where('fence', '=', held.fence)
      .returning('cursor')
      .executeTakeFirst(),
  );
  return taken && new FeedLease(dialect, feed, token, ttl, clock, taken.cursor ?? undefined);
}

/**
 * Identifies one lease. The number alone is not unique: leases may not have reached the disk, so after a failure of the database's
 * machine a new lease can get the number of a lost one whose holder is still alive.
 */
interface FencingToken {
  fence: number;
  holder: string;
}

interface LockedHead extends FeedHead {
  now: number;
  /** True when the feed has unresolved rejected records. */
  hasRefusals: boolean;
}

class FeedLease implements Lease {
  constructor(
    private readonly dialect: Dialect,
    private readonly feed: FeedIdentity,
    private readonly token: FencingToken,
    private readonly ttl: number,
    private readonly clock: StoreClock,
    public cursor: Cursor | undefined,
  ) {}

  async renew(): Promise<boolean> {
    const { numUpdatedRows } = await this.dialect.write((db) =>
      db
        .updateTable('feeds')
        .set({ leased_until: after(this.clock, this.ttl) })
        .where('id', '=', this.feed.id)
        .where('fence', '=', this.token.fence)
        .where('holder', '=', this.token.holder)
        .executeTakeFirst(),
    );
    return numUpdatedRows > 0n;
  }

  async append(page: FeedPage): Promise<Appended> {
    const appended = await this.dialect.durably((db) => this.appendIn(db, page));
    this.cursor = page.cursor;
    return appended;
  }

  async release(next?: NextPull): Promise<void> {
    const rest = next && {
      due_at: after(this.clock, Math.round(next.dueIn)),
      ...(next.caughtUp ? { caught_up_at: this.clock() } : {}),
    };
    await this.dialect.write((db) =>
      db
        .updateTable('feeds')
        .set({ holder: null, leased_until: 0, ...rest })
        .where('id', '=', this.feed.id)
        .where('fence', '=', this.token.fence)
        .where('holder', '=', this.token.holder)
        .execute(),
    );
  }

  private async appendIn(db: Kysely<Schema>, page: FeedPage): Promise<Appended> {
    // The first statement locks the feed row, so the head that it returns does not change until the commit.
    const head = await this.lock(db);
    if (!head) throw new LeaseLostError(this.feed.connector, this.feed.stream);
    checkCursor(page.cursor);
    const { now } = head;
    const feed = { ...this.feed, head };
    const changes = { cursor: page.cursor, leased_until: now + this.ttl };
    const placed = await appendRecords(db, this.dialect, feed, page.records, now, changes);
    await updateQuarantine(db, this.dialect, { id: this.feed.id, hasRefusals: head.hasRefusals }, page, now);
    for (const balances of page.balances) {
      // A time in the future would make all observations before that time look outdated.
      const at = Math.min(balances.at, now);
      await recordObservation(db, this.dialect, this.feed.connector, { ...balances, at });
    }
    return {
      added: placed.added,
      changed: placed.changed,
      known: placed.known,
      refused: page.refused.length,
    };
  }

  /** Locks the feed row until the commit. @returns `undefined` when the lease was lost */
  private async lock(db: Kysely<Schema>): Promise<LockedHead | undefined> {
    const row = await db
      .selectFrom('feeds')
      .select((eb) => [
        'head_seq',
        'head_time',
        this.clock().as('now'),
        // Only the lease holder adds rejected records, so those of earlier holders are visible here.
        eb.exists(openRefusals(eb, this.feed.id)).as('has_refusals'),
      ])
      .where('id', '=', this.feed.id)
      .where('fence', '=', this.token.fence)
      .where('holder', '=', this.token.holder)
      .modifyEnd(this.dialect.forUpdate)
      .executeTakeFirst();
    return (
      row && {
        seq: row.head_seq,
        time: row.head_time ?? undefined,
        now: row.now,
        hasRefusals: Boolean(row.has_refusals),
      }
    );
  }
}

/**
 * Checks that the database returns the cursor unchanged. No database stores an unpaired surrogate, and PostgreSQL cannot store U+0000.
 * @throws TypeError
 */
function checkCursor(cursor: Cursor): void {
  if (cursor.isWellFormed() && !cursor.includes('\0')) return;
  throw new TypeError(
    `the cursor ${JSON.stringify(cursor)} holds U+0000 or half a surrogate pair; expected plain text`,
  );
}

/** Returns the SQL expression for the time `delayMs` from now. */
function after(clock: StoreClock, ttl: number): RawBuilder<number> {
  return sql<number>`${clock()} + cast(${ttl} as bigint)`;
}

/**
 * Returns true when the lease ends later than any lease can: the clock at its acquisition, or the current one, is wrong. Waiting for the
 * end could take years. If the holder is alive, the fencing token prevents its writes.
 */
function isImpossible(until: number, now: number): boolean {
  return until > now + LONGEST;
}
