/** Pulls one stream once: it holds the feed's lease and commits each page together with its cursor. */
import type { Page, Stream, WireRecord } from '@tributary/connector-api';
import { LeaseLostError } from '@tributary/feed';
import type { Appended, FeedPage, Lease, LeaseHolder, Store, SyncRun } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';
import type { SyncContext } from './context.js';
import { keepAlive } from './heartbeat.js';
import { normalise } from './normalise.js';
import { listing, PluginCalls } from './plugin-call.js';
import { RepetitionGuard } from './repetition.js';
import type { Slots } from './slots.js';
import type { FinishedRun, Outcome, Plan, SyncConnector, SyncProgress } from './sync.types.js';
import { Troubles } from './troubles.js';

/** Ends a pull early with an outcome. */
class Interruption extends Error {
  constructor(readonly outcome: Outcome) {
    super(`the pull ended: ${outcome.kind}`);
  }
}

/** Dependencies of a pull. */
export interface RunSetting {
  store: Store;
  connector: SyncConnector;
  stream: Stream;
  holder: LeaseHolder;
  slots: Slots;
  context: SyncContext;
}

/** Options that the scheduler sets for one pull. */
export interface RunOrder {
  /** Whether the pull runs only if the stream is due. All processes that share the store share the due time. */
  whenDue: boolean;
  /** Returns the schedule after the pull. It is called once, with the pull's outcome. */
  plan: (outcome: Outcome) => Plan;
  onProgress?: ((progress: SyncProgress) => void) | undefined;
}

const NOTHING: Appended = { added: 0, changed: 0, known: 0, refused: 0 };

/** Executes one pull of one stream. */
export class StreamRun {
  private readonly abort = new AbortController();
  private readonly startedAt: number;
  private readonly totals = { pages: 0, records: 0, added: 0, changed: 0, refused: 0 };
  private readonly troubles: Troubles;
  private readonly repetition: RepetitionGuard;
  private freshTroubles = 0;
  private touchedQuarantine = false;
  private stopping = false;
  private hasSlot = false;
  private turnStartedAt = 0;
  private cancelGrace: (() => void) | undefined;
  private plan: Plan | undefined;

  constructor(
    private readonly setting: RunSetting,
    private readonly order: RunOrder,
  ) {
    const { store, connector, stream, context } = setting;
    this.startedAt = context.clock.now();
    this.troubles = new Troubles(store, { connector: connector.path, stream }, context);
    this.repetition = new RepetitionGuard(`${connector.path} ${stream}`, context.limits.repeatedPages);
  }

  /** Executes the pull. It never throws: an error becomes the outcome `failed`. */
  async execute(): Promise<FinishedRun> {
    const outcome = await this.outcomeOf(async () => {
      await this.takeTurn();
      return this.underLease();
    });
    const { next } = (this.plan ??= this.order.plan(outcome));
    this.cancelGrace?.();
    if (this.hasSlot) this.setting.slots.release();
    const run = this.asRun(outcome);
    this.tell(undefined, run);
    const { freshTroubles, touchedQuarantine } = this;
    return { run, outcome, next, freshTroubles, touchedQuarantine };
  }

  /** Stops the pull after the current page. After the grace period it no longer waits for the plugin. */
  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    const { clock, limits } = this.setting.context;
    const interrupt = () => this.abort.abort(new Interruption({ kind: 'stopped' }));
    if (this.hasSlot) this.cancelGrace = clock.after(limits.stopGrace, interrupt);
    else interrupt();
  }

  private async outcomeOf(work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof Interruption) return thrown.outcome;
      if (thrown instanceof LeaseLostError) return { kind: 'lost' };
      return { kind: 'failed', error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
    }
  }

  private async underLease(): Promise<Outcome> {
    const { store, connector, stream, holder, context } = this.setting;
    const { leaseTtl } = context.limits;
    const feed = await store.feed(connector.path, stream);
    const lease = await (this.order.whenDue
      ? feed.leaseWhenDue(holder, leaseTtl)
      : feed.lease(holder, leaseTtl));
    if (!lease) return { kind: 'busy' };
    if ('dueIn' in lease) return { kind: 'rested', ...lease };
    const lost = () => this.abort.abort(new Interruption({ kind: 'lost' }));
    const end = keepAlive(lease, leaseTtl / 3, context.clock, lost);
    const outcome = await this.outcomeOf(() => this.pull(lease));
    end();
    this.plan = this.order.plan(outcome);
    // A lease that could not be released expires by itself.
    await lease.release(this.plan.shared).catch((error: unknown) => {
      context.logger.debug({ connector: connector.path, stream, err: error }, 'the lease was not released');
    });
    return outcome;
  }

  private async pull(lease: Lease): Promise<Outcome> {
    const { connector, stream, context } = this.setting;
    const list = listing(connector.psp, stream);
    if (!list || this.stopping) return { kind: list ? 'stopped' : 'caught-up' };
    const bounds = { deadline: context.limits.pageDeadline, signal: this.abort.signal };
    const calls = new PluginCalls(connector.path, context);
    for await (const page of calls.pages(stream, bounds, () => list(lease.cursor))) {
      await this.commit(lease, page);
      // The flag is read again, because `stop()` may have been called during the commit.
      if (this.isStopping()) return { kind: 'stopped' };
      await this.giveWay();
    }
    return { kind: 'caught-up' };
  }

  private async commit(lease: Lease, page: Page<unknown>): Promise<void> {
    const { stream, context } = this.setting;
    const { claimed, records } = await this.claim(page);
    const normal = await normalise(stream, claimed, context.redact, records);
    const fresh = await this.troubles.fresh(normal);
    const appended = saysNothing(normal, lease) ? NOTHING : await lease.append(normal);
    this.troubles.report(fresh);
    this.count(normal, appended, fresh.length);
    this.tell(page.progress);
    this.repetition.check(normal, appended);
  }

  /** Matches the transactions of a page with payment orders. @throws PullInterruption when the page must be deferred */
  private async claim(page: Page<unknown>): Promise<{ claimed: Page<unknown>; records: WireRecord[] }> {
    const { connector, stream } = this.setting;
    if (stream !== 'transactions' || !connector.claims) return { claimed: page, records: [] };
    const answer = await connector.claims.claim(page.items);
    if ('held' in answer) throw new Interruption({ kind: 'held', reason: answer.held });
    return { claimed: { ...page, items: answer.items }, records: answer.records };
  }

  private count(
    { records, refused, findings, cleared }: FeedPage,
    { added, changed }: Appended,
    fresh: number,
  ) {
    const { connector, stream, context } = this.setting;
    const labels = { connector: connector.path, stream };
    const { totals } = this;
    totals.pages++;
    totals.records += records.length + refused.length;
    totals.added += added;
    totals.changed += changed;
    totals.refused += refused.length;
    this.freshTroubles += fresh;
    this.touchedQuarantine ||= refused.length + findings.length + cleared.length > 0;
    const { metrics } = context;
    if (added > 0) metrics.rows.inc({ ...labels, change: 'added' }, added);
    if (changed > 0) metrics.rows.inc({ ...labels, change: 'changed' }, changed);
    if (refused.length > 0) metrics.refused.inc(labels, refused.length);
    if (findings.length > 0) metrics.findings.inc(labels, findings.length);
  }

  private tell(listing: SyncProgress['listing'], finished?: SyncRun): void {
    const { connector, stream } = this.setting;
    this.order.onProgress?.({
      connector: connector.path,
      stream,
      ...this.totals,
      ...(listing ? { listing } : {}),
      finished: finished !== undefined,
      ...(finished?.error === undefined ? {} : { error: finished.error }),
    });
  }

  private async takeTurn(): Promise<void> {
    await this.setting.slots.acquire(this.abort.signal);
    this.hasSlot = true;
    this.turnStartedAt = this.setting.context.clock.now();
  }

  /** Gives the event loop a turn. After the maximum turn time it gives the semaphore permit to a waiting stream. */
  private async giveWay(): Promise<void> {
    await setImmediate();
    const { slots, context } = this.setting;
    if (slots.waiting === 0 || context.clock.now() - this.turnStartedAt < context.limits.turn) return;
    slots.release();
    this.hasSlot = false;
    await this.takeTurn();
  }

  private isStopping(): boolean {
    return this.stopping;
  }

  private asRun(outcome: Outcome): SyncRun {
    const { connector, stream, context } = this.setting;
    const error = sentence(outcome, context.redact);
    return {
      connector: connector.path,
      stream,
      startedAt: this.startedAt,
      duration: Math.round(context.clock.now() - this.startedAt),
      ...this.totals,
      ...(error === undefined ? {} : { error }),
    };
  }
}

/** Whether a page contains nothing and does not move the cursor. Such a page needs no write. */
function saysNothing(
  { records, refused, findings, cleared, balances, cursor }: FeedPage,
  lease: Lease,
): boolean {
  const length = records.length + refused.length + findings.length + cleared.length + balances.length;
  return length === 0 && cursor === lease.cursor;
}

function sentence(outcome: Outcome, redact: (text: string) => string): string | undefined {
  switch (outcome.kind) {
    case 'caught-up':
    case 'rested':
      return undefined;
    case 'stopped':
      return 'stopped before it had caught up';
    case 'busy':
      return 'another process is pulling this stream';
    case 'lost':
      return 'another process has taken over';
    case 'held':
      return redact(outcome.reason);
    case 'failed':
      return redact(outcome.error.message);
  }
}
