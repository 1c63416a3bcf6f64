/** Reports the result of each pull: one log line, one row in the store, and the metrics. */
import { PspError } from '@tributary/connector-api';
import type { QuarantineEntry, Store, SyncRun } from '@tributary/feed';
import type { Level } from 'pino';
import type { SyncContext } from './context.js';
import type { FinishedRun, Outcome } from './sync.types.js';
import { MOST_ENTRIES } from './troubles.js';

const KINDS = ['refusal', 'finding'] as const satisfies QuarantineEntry['kind'][];

/** Writes the results of pulls to log, store and metrics. */
export class Reporter {
  /** Time of the last stored row about a pull that found nothing new, by connector and stream. */
  private readonly quietSince = new Map<string, number>();
  /** Number of unresolved quarantine entries by connector. */
  private readonly open = new Map<string, number>();

  constructor(
    private readonly store: Store,
    private readonly context: SyncContext,
  ) {}

  /**
   * Reports a result. It never throws, because a failed report must not end the schedule.
   * @param next milliseconds until the next pull; `undefined` when none is scheduled
   */
  async report(finished: FinishedRun, next: number | undefined): Promise<void> {
    this.log(finished, next);
    this.measure(finished);
    try {
      if (this.isWorthARow(finished)) await this.store.recordRun(finished.run);
      await this.countQuarantine(finished);
    } catch (error) {
      const { connector, stream } = finished.run;
      this.context.logger.warn({ connector, stream, err: error }, 'what the sync did could not be recorded');
    }
  }

  private log({ run, outcome, freshTroubles }: FinishedRun, next: number | undefined): void {
    const level = levelOf(outcome, run.added + run.changed + freshTroubles > 0);
    const { error, ...counts } = run;
    const failure =
      outcome.kind === 'failed'
        ? { error, kind: kindOf(outcome.error), retryIn: whole(next), defect: defectOf(outcome.error) }
        : {};
    this.context.logger[level](
      { ...counts, outcome: outcome.kind, ...failure },
      sentence(run, outcome, next),
    );
  }

  private measure({ run, outcome }: FinishedRun): void {
    const { connector, stream, duration } = run;
    this.context.metrics.runs.inc({ connector, stream, result: outcome.kind });
    if (hasPulled(outcome)) this.context.metrics.runSeconds.observe({ stream }, duration / 1000);
  }

  /**
   * Whether the pull gets a row in the store. Pulls without news get one only from time to time: a thousand idle connectors
   * would write millions of rows.
   */
  private isWorthARow({ run, outcome }: FinishedRun): boolean {
    if (!hasPulled(outcome)) return false;
    const key = `${run.connector} ${run.stream}`;
    const quiet = outcome.kind === 'caught-up' && run.added + run.changed + run.refused === 0;
    if (!quiet) {
      this.quietSince.delete(key);
      return true;
    }
    const last = this.quietSince.get(key);
    if (last !== undefined && run.startedAt - last < this.context.limits.quietRecordEvery) return false;
    this.quietSince.set(key, run.startedAt);
    return true;
  }

  /**
   * Updates the gauge of quarantine entries, if they may have changed. To read the quarantine at each scrape or pull would cost
   * more than the pull.
   */
  private async countQuarantine({ run, touchedQuarantine }: FinishedRun): Promise<void> {
    const before = this.open.get(run.connector);
    const cleared = before !== 0 && run.records > 0;
    if (before !== undefined && !touchedQuarantine && !cleared) return;
    const entries = await this.store.quarantine(run.connector, MOST_ENTRIES);
    this.open.set(run.connector, entries.length);
    for (const kind of KINDS) {
      const count = entries.filter((entry) => entry.kind === kind).length;
      this.context.metrics.quarantine.set({ connector: run.connector, kind }, count);
    }
  }
}

function hasPulled({ kind }: Outcome): boolean {
  return kind !== 'busy' && kind !== 'rested';
}

function levelOf(outcome: Outcome, eventful: boolean): Level {
  switch (outcome.kind) {
    case 'caught-up':
      return eventful ? 'info' : 'debug';
    case 'failed':
      return kindOf(outcome.error) === 'unauthorized' ? 'error' : 'warn';
    case 'stopped':
    case 'lost':
    case 'held':
      return eventful ? 'info' : 'debug';
    case 'busy':
    case 'rested':
      return 'debug';
  }
}

function sentence(run: SyncRun, outcome: Outcome, next: number | undefined): string {
  const what = `${run.connector} ${run.stream}`;
  const counts =
    `${run.added} new, ${run.changed} changed, ${run.refused} refused of ${run.records} records ` +
    `in ${run.pages} pages and ${run.duration} ms`;
  switch (outcome.kind) {
    case 'caught-up':
      return `${what}: ${counts}`;
    case 'rested':
      return `${what}: another process has pulled it; due in ${Math.ceil(outcome.dueIn / 1000)} s`;
    case 'failed':
      return `${run.error}${advice(outcome.error, run.connector)}; until then ${counts}${retry(next)}`;
    case 'stopped':
    case 'lost':
    case 'held':
    case 'busy':
      return `${what}: ${run.error}; until then ${counts}`;
  }
}

function advice(error: Error, connector: string): string {
  if (kindOf(error) !== 'unauthorized') return '';
  return `; the PSP does not accept the credentials: check those under "settings" of connector ${connector}, and restart`;
}

function retry(next: number | undefined): string {
  return next === undefined ? '' : `; next try in ${Math.ceil(next / 1000)} s`;
}

/** Returns the error's kind. An error that is not a `PspError` comes from the store. */
function kindOf(error: Error): string {
  return error instanceof PspError ? error.kind : 'store';
}

/** Returns the stack of an unexpected error in the plugin, for the plugin's author. */
function defectOf(error: Error): string | undefined {
  return error instanceof PspError && typeof error.details.cause === 'string'
    ? error.details.cause
    : undefined;
}

/** Rounds a duration for the log. Jitter makes it fractional. */
function whole(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds);
}
