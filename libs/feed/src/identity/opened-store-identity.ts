/**
 * The identity of the store that this process opened: its id, its epoch (the time between two restores), and its last heartbeat. Statements
 * that write to the store check the id and the epoch themselves. This class provides the condition for them, finds the reason when the
 * condition is false, and writes the heartbeat.
 */
import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { describeServerChange, type DatabaseServerIdentity } from './database-server-identity.js';
import type { StoreRestore } from '../types/store.types.js';
import { SCHEMA_VERSION } from '../migrations/schema-versions.js';
import { readStoreIdentity, type StoreIdentity } from './store-identity.js';

/** The result when the query for the identity of the server failed. */
const UNREADABLE = Symbol('the identity of the server cannot be read');

export class OpenedStoreIdentity {
  readonly storeId: string;
  readonly epoch: number;
  /** The newest restore of the store. */
  readonly restore: StoreRestore | undefined;
  private lastBeat: number;

  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly identity: StoreIdentity,
  ) {
    this.storeId = identity.storeId;
    this.epoch = identity.epoch;
    this.restore = identity.restore;
    this.lastBeat = identity.beat;
    adapter.onNewConnection(async (readState) => {
      // The number of the heartbeat is copied before the query starts. If this process writes a heartbeat while the query is running, the
      // older number in the result is then no sign of lost data.
      const knownBeat = this.lastBeat;
      const { identity: found, server, isInRecovery, markLoss } = await readState();
      this.checkSameServer(server);
      const { beat } = this.checkSameStore(found);
      // The check of a server in recovery must be repeated, because the server may be promoted while the connection is open.
      if (beat >= knownBeat) return { isFinal: !isInRecovery };
      const loss = describeOlderBeat(beat, knownBeat);
      // A server in recovery is not marked. It accepts the mark only after its promotion, and then the next start continues without a person.
      if (!isInRecovery) await markLoss(loss).catch(() => undefined);
      return adapter.changes.report(loss);
    });
  }

  /**
   * The SQL condition, for the primary, that the store still has this id and this epoch, and is not in an older state than the last
   * heartbeat. The comment on `isSameFeed` in `opened-feed.ts` explains the casts.
   */
  get isCurrent(): RawBuilder<SqlBool> {
    const { storeId, epoch, lastBeat } = this;
    return sql<SqlBool>`exists (select 1 from store_identity where store_id = cast(${storeId} as text) and epoch = cast(${epoch} as bigint) and beat >= cast(${lastBeat} as bigint))`;
  }

  /**
   * Writes a heartbeat, and checks that the store is the same and is not in an older state.
   * @throws StoreChangedError when the store was replaced or is in an older state
   */
  async writeHeartbeat(): Promise<void> {
    return this.beat(async () => undefined);
  }

  /**
   * Writes a heartbeat. The same transaction first checks by a write whether an order could be stored.
   * @throws StoreChangedError when the store was replaced or is in an older state
   * @throws StoreUnavailableError when an order could not be stored
   */
  async writeOrderProbe(): Promise<void> {
    return this.beat((db) => this.adapter.probeOrderTables(db));
  }

  private async beat(before: (db: Kysely<Schema>) => Promise<void>): Promise<void> {
    this.adapter.changes.assertUnchanged();
    const knownBeat = this.lastBeat;
    const row = await this.adapter.forPurpose('health').durableTransaction(async (db) => {
      await before(db);
      return db
        .updateTable('store_identity')
        .set((eb) => ({ beat: eb('beat', '+', 1), beat_at: this.adapter.currentTime }))
        .where(this.isCurrent)
        .returning('beat')
        .executeTakeFirst();
    });
    if (!row) return this.explainMismatch();
    if (row.beat <= knownBeat) return this.reportLoss(describeOlderBeat(row.beat, knownBeat));
    this.lastBeat = Math.max(this.lastBeat, row.beat);
  }

  /**
   * Reads the identity again after the condition `isCurrent` was false.
   * @throws StoreChangedError unless the store is unchanged
   */
  async explainMismatch(): Promise<void> {
    this.adapter.changes.assertUnchanged();
    const knownBeat = this.lastBeat;
    await this.checkIdentity(await readStoreIdentity(this.adapter.reader), knownBeat);
  }

  /** The number of the newest heartbeat that this process has written or read. */
  get knownBeat(): number {
    return this.lastBeat;
  }

  /**
   * Checks an identity that was read from the primary.
   * @param knownBeat value of `knownBeat` before the read
   * @throws StoreChangedError unless the store is unchanged
   */
  async checkIdentity(found: StoreIdentity | undefined, knownBeat: number): Promise<void> {
    const { beat } = this.checkSameStore(found);
    if (beat < knownBeat) await this.reportLoss(describeOlderBeat(beat, knownBeat));
  }

  /**
   * Reports that the store has lost data that this process has seen. The store is marked, so that no gateway uses the older state before a
   * person has run `tributary store restore`. The store also gets a new epoch, which stops the other gateways, because they may not have
   * seen the lost data. After the promotion of a replica the store is not marked, because the next start continues without a person.
   * @throws StoreChangedError always
   */
  async reportLoss(reason: string): Promise<never> {
    const server = await this.adapter.findServerIdentity().catch((): typeof UNREADABLE => UNREADABLE);
    // The check of a new connection may already have reported that the server changed. Then this report is not repeated.
    this.adapter.changes.assertUnchanged();
    if (server !== UNREADABLE) this.checkSameServer(server);
    // A server that had an identity and now has none is in recovery. It accepts the mark only after its promotion.
    const isInRecovery = this.identity.server !== undefined && server === undefined;
    if (!isInRecovery) await this.markLoss(reason);
    return this.adapter.changes.report(reason);
  }

  private async markLoss(reason: string): Promise<void> {
    await this.adapter
      .durableTransaction((db) =>
        db
          .updateTable('store_identity')
          .set((eb) => ({ loss_found: reason, epoch: eb('epoch', '+', 1) }))
          .execute(),
      )
      .catch(() => undefined);
  }

  private checkSameServer(found: DatabaseServerIdentity | undefined): void {
    const { server } = this.identity;
    const change = found && server && describeServerChange(server, found);
    if (change !== undefined) this.adapter.changes.report(change);
  }

  private checkSameStore(found: StoreIdentity | undefined): StoreIdentity {
    const { changes } = this.adapter;
    if (!found) return changes.report('the database has no store any more: it was emptied or replaced');
    if (found.storeId !== this.storeId)
      changes.report(`the database holds the store ${found.storeId}, expected ${this.storeId}`);
    if (found.minProgramVersion > SCHEMA_VERSION)
      changes.report(
        `a newer release has upgraded the tables: it needs programs that know version ${found.minProgramVersion}, and this one knows ${SCHEMA_VERSION}; start the newer release`,
      );
    if (found.epoch !== this.epoch)
      changes.report(
        `the store is in epoch ${found.epoch}, expected ${this.epoch}: it was restored, or a replica was promoted`,
      );
    return found;
  }
}

function describeOlderBeat(found: number, known: number): string {
  return `the store is in an older state: heartbeat ${found} was found after heartbeat ${known}. An older backup was put back, or commits were lost`;
}
