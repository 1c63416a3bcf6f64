/** The right to append to one feed. Each lease has a fencing token, which every append checks in its own transaction. */
import { kill } from 'node:process';
import type { Stream } from '@tributary/connector-api';
import type { Kysely } from 'kysely';
import { placeRows } from './append.js';
import { recordObservation } from './balance-book.js';
import type { Dialect } from './dialect.js';
import { LeaseLostError } from './errors.js';
import type { Appended, FeedPage, Lease, LeaseHolder } from './feed.types.js';
import { updateQuarantine } from './quarantine.js';
import type { Schema } from './schema.js';

export interface FeedIdentity {
  id: number;
  connector: string;
  stream: Stream;
}

/** Leases last a minute or so, and clocks of healthy machines differ by less. Milliseconds. */
const LONGEST = 3_600_000;

/** @returns `undefined` while another writer that may be alive holds it. */
export async function takeLease(
  dialect: Dialect,
  feed: FeedIdentity,
  holder: LeaseHolder,
  ttl: number,
  clock: () => number,
): Promise<Lease | undefined> {
  const now = clock();
  const held = await dialect.reader
    .selectFrom('feeds')
    .select(['holder', 'leased_until', 'fence'])
    .where('id', '=', feed.id)
    .executeTakeFirstOrThrow();
  const free =
    held.holder === null ||
    held.leased_until <= now ||
    isImpossible(held.leased_until, now) ||
    hasDied(held.holder, holder);
  if (!free) return undefined;
  const taken = await dialect.write((db) =>
    db
      .updateTable('feeds')
      .set({ fence: held.fence + 1, holder: holderText(holder), leased_until: now + ttl })
      .where('id', '=', feed.id)
      // Of two that saw it free, one gets it.
      .where('fence', '=', held.fence)
      .returning(['fence', 'cursor'])
      .executeTakeFirst(),
  );
  return taken && new FeedLease(dialect, feed, taken.fence, ttl, clock, taken.cursor ?? undefined);
}

class FeedLease implements Lease {
  constructor(
    private readonly dialect: Dialect,
    private readonly feed: FeedIdentity,
    private readonly fence: number,
    private readonly ttl: number,
    private readonly clock: () => number,
    public cursor: string | undefined,
  ) {}

  async renew(): Promise<boolean> {
    return (await this.dialect.write((db) => this.hold(db))) !== undefined;
  }

  async append(page: FeedPage): Promise<Appended> {
    const appended = await this.dialect.durably((db) => this.appendIn(db, page));
    this.cursor = page.cursor;
    return appended;
  }

  async release(): Promise<void> {
    await this.dialect.write((db) =>
      db
        .updateTable('feeds')
        .set({ holder: null, leased_until: 0 })
        .where('id', '=', this.feed.id)
        .where('fence', '=', this.fence)
        .execute(),
    );
  }

  private async appendIn(db: Kysely<Schema>, page: FeedPage): Promise<Appended> {
    // The first statement is a write: it takes the feed's lock, so that the head it returns stays true until the commit.
    const head = await this.hold(db);
    if (!head) throw new LeaseLostError(this.feed.connector, this.feed.stream);
    const now = this.clock();
    const placed = await placeRows(db, this.dialect, { ...this.feed, head }, page.records, now);
    await this.dialect.insertRows(db, placed.rows);
    const last = placed.rows.at(-1);
    await db
      .updateTable('feeds')
      .set({ cursor: page.cursor, ...(last ? { head_seq: last.seq, head_time: last.feed_time } : {}) })
      .where('id', '=', this.feed.id)
      .execute();
    await updateQuarantine(db, this.dialect, this.feed.id, page, now);
    for (const balances of page.balances) {
      // A time in the future would make every observation until then look old.
      const at = Math.min(balances.at, now);
      await recordObservation(db, this.feed.connector, { ...balances, at });
    }
    return {
      added: placed.added,
      changed: placed.changed,
      known: placed.known,
      refused: page.refused.length,
    };
  }

  /** Prolongs the lease if it is still ours. */
  private async hold(db: Kysely<Schema>): Promise<{ seq: number; time: number | undefined } | undefined> {
    const row = await db
      .updateTable('feeds')
      .set({ leased_until: this.clock() + this.ttl })
      .where('id', '=', this.feed.id)
      .where('fence', '=', this.fence)
      .where('holder', 'is not', null)
      .returning(['head_seq', 'head_time'])
      .executeTakeFirst();
    return row && { seq: row.head_seq, time: row.head_time ?? undefined };
  }
}

function holderText({ host, pid, id }: LeaseHolder): string {
  return JSON.stringify([host, pid, id]);
}

/**
 * It ends later than any lease does: the clock by which it was taken, or ours, was wrong. Waiting for it could take
 * years; a writer that does hold it is kept out by the fence.
 */
function isImpossible(until: number, now: number): boolean {
  return until > now + LONGEST;
}

/** A process of this machine that no longer exists cannot come back; of any other we know nothing until its time is over. */
function hasDied(text: string, by: LeaseHolder): boolean {
  const [host, pid] = JSON.parse(text) as [string, number, string];
  if (host !== by.host) return false;
  try {
    kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
