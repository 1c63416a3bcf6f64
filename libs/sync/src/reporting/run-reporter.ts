/** Reports the result of each pull with a log line, a row in the store, and the metrics. */
import { PspError } from '@tributary/connector-api';
import type { QuarantineEntry, Store, SyncRun } from '@tributary/feed';
import type { Level } from 'pino';
import type { SyncContext } from '../sync-context.js';
import type { PullResult, PullOutcome } from '../sync.types.js';
import { MAX_QUARANTINE_ENTRIES_READ } from './new-issue-logger.js';

const QUARANTINE_KINDS = ['refusal', 'finding'] as const satisfies QuarantineEntry['kind'][];

/** Writes the results of pulls to log, store and metrics. */
export class RunReporter {
  /** For each connector and stream: the time at which a pull without new data was last stored as a row. */
  private readonly lastQuietRecordAt = new Map<string, number>();
  /** The number of unresolved quarantine entries of each connector. */
  private readonly unresolvedCounts = new Map<string, number>();

  constructor(
    private readonly store: Store,
    private readonly context: SyncContext,
  ) {}

  /**
   * Reports a result. It never throws, because a failed report must not end the schedule.
   * @param nextDelayMs milliseconds until the next pull; `undefined` when none is scheduled
   */
  async report(result: PullResult, nextDelayMs: number | undefined): Promise<void> {
    this.logResult(result, nextDelayMs);
    this.recordMetrics(result);
    try {
      if (this.shouldRecordRun(result)) await this.store.recordSyncRun(result.run);
      await this.updateQuarantineGauge(result);
    } catch (error) {
      const { connector, stream } = result.run;
      this.context.logger.warn({ connector, stream, err: error }, 'what the sync did could not be recorded');
    }
  }

  private logResult({ run, outcome, newIssueCount }: PullResult, nextDelayMs: number | undefined): void {
    const level = getLogLevel(outcome, run.added + run.changed + newIssueCount > 0);
    const { error, ...counts } = run;
    const failure =
      outcome.kind === 'failed'
        ? {
            error,
            kind: classifyError(outcome.error),
            retryIn: roundMs(nextDelayMs),
            defect: getDefectStack(outcome.error),
          }
        : {};
    this.context.logger[level](
      { ...counts, outcome: outcome.kind, ...failure },
      formatLogMessage(run, outcome, nextDelayMs),
    );
  }

  private recordMetrics({ run, outcome }: PullResult): void {
    const { connector, stream, duration } = run;
    this.context.metrics.runs.inc({ connector, stream, result: outcome.kind });
    if (hasPulled(outcome)) this.context.metrics.runSeconds.observe({ stream }, duration / 1000);
  }

  /**
   * Returns true if the pull must be stored as a row. A pull without new data is stored only from time to time, because a thousand idle
   * connectors would write millions of rows. A pull that lost its lease is not stored: it did not fail, because another process continues
   * with the stream, or an operator paused it. With a row, the store would show a failure of the stream.
   */
  private shouldRecordRun({ run, outcome }: PullResult): boolean {
    if (!hasPulled(outcome) || outcome.kind === 'lost') return false;
    const key = `${run.connector} ${run.stream}`;
    const isQuiet = outcome.kind === 'caught-up' && run.added + run.changed + run.refused === 0;
    if (!isQuiet) {
      this.lastQuietRecordAt.delete(key);
      return true;
    }
    const lastRecordAt = this.lastQuietRecordAt.get(key);
    if (
      lastRecordAt !== undefined &&
      run.startedAt - lastRecordAt < this.context.limits.quietRecordIntervalMs
    )
      return false;
    this.lastQuietRecordAt.set(key, run.startedAt);
    return true;
  }

  /**
   * Updates the gauge of quarantine entries if the entries may have changed. The quarantine is not read at every scrape or pull, because
   * that would take longer than the pull itself.
   */
  private async updateQuarantineGauge({ run, mayHaveChangedQuarantine }: PullResult): Promise<void> {
    const before = this.unresolvedCounts.get(run.connector);
    const cleared = before !== 0 && run.records > 0;
    if (before !== undefined && !mayHaveChangedQuarantine && !cleared) return;
    const entries = await this.store.listQuarantine(run.connector, MAX_QUARANTINE_ENTRIES_READ);
    this.unresolvedCounts.set(run.connector, entries.length);
    for (const kind of QUARANTINE_KINDS) {
      const count = entries.filter((entry) => entry.kind === kind).length;
      this.context.metrics.quarantineEntries.set({ connector: run.connector, kind }, count);
    }
  }
}

function hasPulled({ kind }: PullOutcome): boolean {
  return kind !== 'busy' && kind !== 'rested';
}

function getLogLevel(outcome: PullOutcome, hasNews: boolean): Level {
  switch (outcome.kind) {
    case 'caught-up':
      return hasNews ? 'info' : 'debug';
    case 'failed':
      return classifyError(outcome.error) === 'unauthorized' ? 'error' : 'warn';
    case 'stopped':
    case 'lost':
    case 'held':
      return hasNews ? 'info' : 'debug';
    case 'busy':
    case 'rested':
      return 'debug';
  }
}

function formatLogMessage(run: SyncRun, outcome: PullOutcome, nextDelayMs: number | undefined): string {
  const streamLabel = `${run.connector} ${run.stream}`;
  switch (outcome.kind) {
    case 'caught-up':
      return `${streamLabel}: ${formatCounts(run)}`;
    case 'rested':
      return `${streamLabel}: another process has pulled it; due in ${Math.ceil(outcome.dueInMs / 1000)} s`;
    case 'failed':
      return `${run.error}${formatAdvice(outcome.error, run.connector)}; until then ${formatCounts(run)}${formatRetryDelay(nextDelayMs)}`;
    case 'stopped':
    case 'lost':
    case 'held':
    case 'busy':
      return `${streamLabel}: ${run.error}; until then ${formatCounts(run)}`;
  }
}

/** Formats the counts of a pull, e.g. `1 record in 1 page, 1 new`. Counts of 0 are omitted. */
function formatCounts({ records, pages, added, changed, refused }: SyncRun): string {
  const changes = Object.entries({ new: added, changed, rejected: refused })
    .filter(([, count]) => count > 0)
    .map(([label, count]) => `${count} ${label}`);
  return [
    `${pluralize(records, 'record')} in ${pluralize(pages, 'page')}`,
    ...(changes.length > 0 ? changes : ['nothing new']),
  ].join(', ');
}

function pluralize(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function formatAdvice(error: Error, connector: string): string {
  if (classifyError(error) !== 'unauthorized') return '';
  return `; the PSP does not accept the credentials: check those under "settings" of connector ${connector}, and restart`;
}

function formatRetryDelay(nextDelayMs: number | undefined): string {
  return nextDelayMs === undefined ? '' : `; next try in ${Math.ceil(nextDelayMs / 1000)} s`;
}

/** Returns the kind of the error for the metrics. An error that is not a `PspError` comes from the store. */
function classifyError(error: Error): string {
  return error instanceof PspError ? error.kind : 'store';
}

/** Returns the stack of an unexpected error in the plugin. The plugin's author needs the stack to correct the plugin. */
function getDefectStack(error: Error): string | undefined {
  return error instanceof PspError && typeof error.details.cause === 'string'
    ? error.details.cause
    : undefined;
}

/** Rounds a duration for the log. Jitter makes durations fractional. */
function roundMs(durationMs: number | undefined): number | undefined {
  return durationMs === undefined ? undefined : Math.round(durationMs);
}
