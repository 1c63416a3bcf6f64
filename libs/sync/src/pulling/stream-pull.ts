/**
 * Pulls one stream once. During the pull, this process holds the lease of the feed (the right to write it). Each page is committed together
 * with its cursor.
 */
import type { Cursor, Page, Stream, SerializedRecord } from '@tributary/connector-api';
import { LeaseLostError } from '@tributary/feed';
import type { AppendResult, FeedPage, Lease, LeaseHolder, Store, SyncRun } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';
import type { CompletenessMonitor } from '../completeness/completeness-monitor.js';
import type { PullCompletenessCheck } from '../completeness/pull-completeness-check.js';
import type { SyncContext } from '../sync-context.js';
import { startLeaseRenewal } from './lease-renewal.js';
import { normalizePage } from './normalize-page.js';
import { getListMethod, PluginCaller } from './plugin-caller.js';
import { PaginationLoopGuard } from './pagination-loop-guard.js';
import type { Semaphore } from './semaphore.js';
import type { PullResult, PullOutcome, NextPullPlan, SyncConnector, SyncProgress } from '../sync.types.js';
import { NewIssueLogger } from '../reporting/new-issue-logger.js';

/** Thrown to end a pull early with the given outcome. */
class PullInterruption extends Error {
  constructor(readonly outcome: PullOutcome) {
    super(`the pull ended: ${outcome.kind}`);
  }
}

/** The objects that a pull needs. */
export interface PullDependencies {
  store: Store;
  connector: SyncConnector;
  stream: Stream;
  holder: LeaseHolder;
  semaphore: Semaphore;
  context: SyncContext;
  /** The completeness check of the connector. Only the stream `transactions` can have a check. */
  completeness?: CompletenessMonitor | undefined;
}

type ListMethod = NonNullable<ReturnType<typeof getListMethod>>;

/** Options that the scheduler sets for one pull. */
export interface PullOptions {
  /** True if the pull runs only if the stream is due. The due time is stored, so it applies to all processes that share the store. */
  onlyWhenDue: boolean;
  /** Returns the schedule after the pull. The function is called once, with the outcome of the pull. */
  planNextPull: (outcome: PullOutcome) => NextPullPlan;
  onProgress?: ((progress: SyncProgress) => void) | undefined;
}

const EMPTY_APPEND_RESULT: AppendResult = { added: 0, changed: 0, unchanged: 0, rejected: 0, effects: [] };

/** Executes one pull of one stream. */
export class StreamPull {
  private readonly abortController = new AbortController();
  private readonly startedAt: number;
  private readonly totals = { pages: 0, records: 0, added: 0, changed: 0, refused: 0 };
  private readonly issueLogger: NewIssueLogger;
  private readonly loopGuard: PaginationLoopGuard;
  private newIssueCount = 0;
  private mayHaveChangedQuarantine = false;
  private stopRequested = false;
  private hasPermit = false;
  private turnStartedAt = 0;
  private cancelGraceTimer: (() => void) | undefined;
  private nextPullPlan: NextPullPlan | undefined;

  constructor(
    private readonly dependencies: PullDependencies,
    private readonly options: PullOptions,
  ) {
    const { store, connector, stream, context } = dependencies;
    this.startedAt = context.clock.now();
    this.issueLogger = new NewIssueLogger(store, { connector: connector.path, stream }, context);
    this.loopGuard = new PaginationLoopGuard(`${connector.path} ${stream}`, context.limits.maxRepeatedPages);
  }

  /** Executes the pull. The method never throws: after an error, the outcome of the pull is `failed`. */
  async execute(): Promise<PullResult> {
    const outcome = await this.catchOutcome(async () => {
      await this.acquirePermit();
      return this.pullUnderLease();
    });
    const { delayMs } = (this.nextPullPlan ??= this.options.planNextPull(outcome));
    this.cancelGraceTimer?.();
    if (this.hasPermit) this.dependencies.semaphore.release();
    const run = this.toSyncRun(outcome);
    this.reportProgress(undefined, run);
    const { newIssueCount, mayHaveChangedQuarantine } = this;
    return { run, outcome, nextDelayMs: delayMs, newIssueCount, mayHaveChangedQuarantine };
  }

  /** Stops the pull after the current page. After the grace period, the pull no longer waits for the plugin. */
  stop(): void {
    if (this.stopRequested) return;
    this.stopRequested = true;
    const { clock, limits } = this.dependencies.context;
    const interrupt = () => this.abortController.abort(new PullInterruption({ kind: 'stopped' }));
    if (this.hasPermit) this.cancelGraceTimer = clock.after(limits.stopGraceMs, interrupt);
    else interrupt();
  }

  private async catchOutcome(work: () => Promise<PullOutcome>): Promise<PullOutcome> {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof PullInterruption) return thrown.outcome;
      if (thrown instanceof LeaseLostError) return { kind: 'lost' };
      return { kind: 'failed', error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
    }
  }

  private async pullUnderLease(): Promise<PullOutcome> {
    const { store, connector, stream, holder, context } = this.dependencies;
    const { leaseTtlMs } = context.limits;
    const feed = await store.feed(connector.path, stream);
    const lease = await (this.options.onlyWhenDue
      ? feed.acquireLeaseWhenDue(holder, leaseTtlMs)
      : feed.acquireLease(holder, leaseTtlMs));
    if (!lease) return { kind: 'busy' };
    if ('dueInMs' in lease) return { kind: 'rested', ...lease };
    const onLeaseLost = () => this.abortController.abort(new PullInterruption({ kind: 'lost' }));
    const stopRenewal = startLeaseRenewal(lease, leaseTtlMs / 3, context.clock, onLeaseLost);
    const outcome = await this.catchOutcome(async () => {
      const pulled = await this.pullPages(lease);
      if (pulled.kind === 'caught-up') await lease.serveOverdueRows(context.limits.maxHoldMs);
      return pulled;
    });
    stopRenewal();
    this.nextPullPlan = this.options.planNextPull(outcome);
    // A failed release is ignored, because the lease expires after some time.
    await lease.release(this.nextPullPlan.sharedSchedule).catch((error: unknown) => {
      context.logger.debug({ connector: connector.path, stream, err: error }, 'the lease was not released');
    });
    return outcome;
  }

  private async pullPages(lease: Lease): Promise<PullOutcome> {
    const { connector, stream } = this.dependencies;
    const listMethod = getListMethod(connector.client, stream);
    if (!listMethod || this.stopRequested) return { kind: listMethod ? 'stopped' : 'caught-up' };
    const check = await this.dependencies.completeness?.begin(lease, this.abortController.signal);
    const outcome = await this.pullPagesSince(lease, listMethod, lease.cursor, check);
    if (!check || outcome.kind !== 'caught-up') return outcome;
    const reread = await check.conclude();
    if (!reread) return outcome;
    // The pages that are read again store earlier cursors. If this reading is interrupted, the next pull therefore continues it.
    const rereadOutcome = await this.pullPagesSince(lease, listMethod, reread.since, check);
    if (rereadOutcome.kind === 'caught-up') await check.conclude();
    return rereadOutcome;
  }

  /** Pulls all pages after a cursor. */
  private async pullPagesSince(
    lease: Lease,
    listMethod: ListMethod,
    since: Cursor | undefined,
    check: PullCompletenessCheck | undefined,
  ): Promise<PullOutcome> {
    const { connector, stream, context } = this.dependencies;
    const callOptions = { timeoutMs: context.limits.pageTimeoutMs, signal: this.abortController.signal };
    const pluginCaller = new PluginCaller(connector.path, context);
    const { pageTimeoutMs } = context.limits;
    const openListing = (signal: AbortSignal) => listMethod(since, { signal, pageTimeoutMs });
    for await (const page of pluginCaller.listPages(stream, callOptions, openListing)) {
      await this.commitPage(lease, page, check);
      // `stop()` may have been called while the page was committed, so the flag is read again.
      if (this.isStopRequested()) return { kind: 'stopped' };
      await this.yieldPermit();
    }
    return { kind: 'caught-up' };
  }

  private async commitPage(
    lease: Lease,
    page: Page<unknown>,
    check: PullCompletenessCheck | undefined,
  ): Promise<void> {
    const { stream, connector, context } = this.dependencies;
    const { unmatchedPage, records } = await this.matchTransactions(page);
    const feedPage = await normalizePage(
      stream,
      unmatchedPage,
      context.redact,
      records,
      connector.accountMetadata,
    );
    const newIssues = await this.issueLogger.findNewIssues(feedPage);
    const appended = isEmptyPage(feedPage, lease) ? EMPTY_APPEND_RESULT : await lease.append(feedPage);
    check?.addEffects(appended.effects);
    if (stream === 'accounts' && appended.added > 0)
      connector.onAccountsAdded?.(feedPage.records.map(({ id }) => id));
    this.issueLogger.logIssues(newIssues);
    this.countPage(feedPage, appended, newIssues.length);
    this.reportProgress(page.progress);
    this.loopGuard.checkPage(feedPage, appended);
  }

  /**
   * Matches the transactions of a page with payment orders.
   * @throws PullInterruption when the page must be deferred, i.e. read again later
   */
  private async matchTransactions(
    page: Page<unknown>,
  ): Promise<{ unmatchedPage: Page<unknown>; records: SerializedRecord[] }> {
    const { connector, stream } = this.dependencies;
    if (stream !== 'transactions' || !connector.transactionMatcher)
      return { unmatchedPage: page, records: [] };
    const result = await connector.transactionMatcher.match(page.items);
    if ('deferredReason' in result)
      throw new PullInterruption({ kind: 'held', reason: result.deferredReason });
    return { unmatchedPage: { ...page, items: result.unmatchedItems }, records: result.records };
  }

  private countPage(
    { records, rejected, warnings, resolvedIds }: FeedPage,
    { added, changed }: AppendResult,
    newIssueCount: number,
  ) {
    const { connector, stream, context } = this.dependencies;
    const labels = { connector: connector.path, stream };
    const { totals } = this;
    totals.pages++;
    totals.records += records.length + rejected.length;
    totals.added += added;
    totals.changed += changed;
    totals.refused += rejected.length;
    this.newIssueCount += newIssueCount;
    this.mayHaveChangedQuarantine ||= rejected.length + warnings.length + resolvedIds.length > 0;
    const { metrics } = context;
    if (added > 0) metrics.rows.inc({ ...labels, change: 'added' }, added);
    if (changed > 0) metrics.rows.inc({ ...labels, change: 'changed' }, changed);
    if (rejected.length > 0) metrics.rejectedRecords.inc(labels, rejected.length);
    if (warnings.length > 0) metrics.dataWarnings.inc(labels, warnings.length);
  }

  private reportProgress(listing: SyncProgress['listing'], finished?: SyncRun): void {
    const { connector, stream } = this.dependencies;
    this.options.onProgress?.({
      connector: connector.path,
      stream,
      ...this.totals,
      ...(listing ? { listing } : {}),
      finished: finished !== undefined,
      ...(finished?.error === undefined ? {} : { error: finished.error }),
    });
  }

  private async acquirePermit(): Promise<void> {
    await this.dependencies.semaphore.acquire(this.abortController.signal);
    this.hasPermit = true;
    this.turnStartedAt = this.dependencies.context.clock.now();
  }

  /**
   * Lets the event loop run other work. If other streams wait and the maximum turn time has passed, the pull also gives its permit to
   * another stream.
   */
  private async yieldPermit(): Promise<void> {
    await setImmediate();
    const { semaphore, context } = this.dependencies;
    if (semaphore.queueLength === 0 || context.clock.now() - this.turnStartedAt < context.limits.maxTurnMs)
      return;
    semaphore.release();
    this.hasPermit = false;
    await this.acquirePermit();
  }

  private isStopRequested(): boolean {
    return this.stopRequested;
  }

  private toSyncRun(outcome: PullOutcome): SyncRun {
    const { connector, stream, context } = this.dependencies;
    const error = formatOutcomeError(outcome, context.redact);
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

/** Returns true if a page contains no data and does not change the cursor. Such a page is not written. */
function isEmptyPage(
  { records, rejected, warnings, resolvedIds, balances, cursor }: FeedPage,
  lease: Lease,
): boolean {
  const length = records.length + rejected.length + warnings.length + resolvedIds.length + balances.length;
  return length === 0 && cursor === lease.cursor;
}

function formatOutcomeError(outcome: PullOutcome, redact: (text: string) => string): string | undefined {
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
