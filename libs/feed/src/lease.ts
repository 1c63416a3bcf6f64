/** The right to append to one feed. Each lease has a fencing token, which every append checks in its own transaction. */
import type { Cursor, Stream } from '@tributary/connector-api';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import { appendRecords, type FeedHead } from './append.js';
import { recordObservation } from './balance-book.js';
import type { Dialect } from './dialect.js';
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

/** Leases last a minute or so, and clocks of healthy machines differ by less. Milliseconds. */
const LONGEST = 3_600_000;
/** Nobody asks for a longer rest than a day, give or take. Milliseconds. */
const LONGEST_REST = 2 * 24 * 3_600_000;

/** What time it is, as SQL: leases of many gateways are measured by one clock. Milliseconds since 1970. */
export type StoreClock = () => RawBuilder<number>;

/** @returns `undefined` while another writer that may be alive holds it. */
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

/** @returns the rest, while the stream need not be pulled yet, and nobody is pulling it. */
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
  // A rest longer than any that is asked for was begun by a clock that was wrong.
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
      // Of two that saw it free, one gets it.
      .where('fence', '=', held.fence)
      .returning('cursor')
      .executeTakeFirst(),
  );
  return taken && new FeedLease(dialect, feed, token, ttl, clock, taken.cursor ?? undefined);
}

/**
 * Which lease it is. The number alone does not tell: leases need not have reached the disk, and after a failure of the
 * database's machine the next one may get the number of one that was lost, and whose holder is alive.
 */
interface FencingToken {
  fence: number;
  holder: string;
}

interface LockedHead extends FeedHead {
  now: number;
  /** Whether any record is in quarantine. */
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
    // The first statement takes the feed's lock: the head that it returns stays true until the commit.
    const head = await this.lock(db);
    if (!head) throw new LeaseLostError(this.feed.connector, this.feed.stream);
    checkCursor(page.cursor);
    const { now } = head;
    const feed = { ...this.feed, head };
    const changes = { cursor: page.cursor, leased_until: now + this.ttl };
    const placed = await appendRecords(db, this.dialect, feed, page.records, now, changes);
    await updateQuarantine(db, this.dialect, { id: this.feed.id, hasRefusals: head.hasRefusals }, page, now);
    for (const balances of page.balances) {
      // A time in the future would make every observation until then look old.
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

  /** Until the commit the lease is ours, if it still was. */
  private async lock(db: Kysely<Schema>): Promise<LockedHead | undefined> {
    const row = await db
      .selectFrom('feeds')
      .select((eb) => [
        'head_seq',
        'head_time',
        this.clock().as('now'),
        // Only who holds the lease adds refusals: what an earlier holder did was there when this one began.
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

/** What a plugin gets back must be what it gave: no database keeps half a surrogate pair, and PostgreSQL no U+0000. */
function checkCursor(cursor: Cursor): void {
  if (cursor.isWellFormed() && !cursor.includes('\0')) return;
  throw new TypeError(
    `the cursor ${JSON.stringify(cursor)} holds U+0000 or half a surrogate pair; expected plain text`,
  );
}

function after(clock: StoreClock, ttl: number): RawBuilder<number> {
  return sql<number>`${clock()} + cast(${ttl} as bigint)`;
}

/**
 * It ends later than any lease does: the clock by which it was taken, or ours, was wrong. Waiting for it could take
 * years; a writer that does hold it is kept out by the fence.
 */
function isImpossible(until: number, now: number): boolean {
  return until > now + LONGEST;
}
