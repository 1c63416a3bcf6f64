/** Prometheus metrics of this library. `docs/reference/metrics.md` describes their names and meanings. */
import type { PspErrorKind, Stream } from '@tributary/connector-api';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

export type OrderCallName = 'createPayout' | 'createTransfer' | 'findOrder';
export type PluginCallName = Stream | 'balances' | 'webhook' | 'watch' | OrderCallName;
/**
 * Where the returned balances come from: `live` from the PSP, `last` from the store, `closed` for a closed account, `none` if there are
 * none.
 */
export type BalanceOutcome = 'live' | 'last' | 'closed' | 'none';

const STREAM_LABELS = ['connector', 'stream'] as const;
const DURATION_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

interface TrackedStream {
  connector: string;
  stream: Stream;
  /** Milliseconds since 1970. */
  lastSuccess: () => number;
  now: () => number;
}

/** The metrics of one registry. */
export class SyncMetrics {
  /** The instance of each registry. A registry can contain each metric only once, so all engines and readers share the instance. */
  private static readonly instances = new WeakMap<Registry, SyncMetrics>();

  /** Returns the metrics of a registry, and registers them at the first call. */
  static forRegistry(registry: Registry): SyncMetrics {
    const metrics = this.instances.get(registry) ?? new SyncMetrics(registry);
    this.instances.set(registry, metrics);
    return metrics;
  }

  readonly rows: Counter<'connector' | 'stream' | 'change'>;
  readonly rejectedRecords: Counter<(typeof STREAM_LABELS)[number]>;
  readonly dataWarnings: Counter<(typeof STREAM_LABELS)[number]>;
  readonly runs: Counter<'connector' | 'stream' | 'result'>;
  readonly runSeconds: Histogram<'stream'>;
  readonly quarantineEntries: Gauge<'connector' | 'kind'>;
  readonly completenessGap: Gauge<'connector' | 'state'>;
  readonly completenessChecks: Counter<'connector' | 'result'>;
  readonly completenessRereads: Counter<'connector' | 'result'>;
  readonly rowsVerified: Counter<(typeof STREAM_LABELS)[number]>;
  readonly damagedRows: Gauge<(typeof STREAM_LABELS)[number]>;
  readonly balanceReads: Counter<'connector' | 'source'>;
  private readonly calls: Counter<'connector' | 'call'>;
  private readonly callErrors: Counter<'connector' | 'call' | 'kind'>;
  private readonly callSeconds: Histogram<'call'>;
  private readonly trackedStreams = new Set<TrackedStream>();

  private constructor(registry: Registry) {
    const registers = [registry];
    const createCounter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
      new Counter({ name: `tributary_${name}`, help, labelNames, registers });
    const createHistogram = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
      new Histogram({
        name: `tributary_${name}`,
        help,
        labelNames,
        registers,
        buckets: DURATION_BUCKETS_SECONDS,
      });
    this.rows = createCounter('sync_rows_total', 'Rows appended to feeds', [...STREAM_LABELS, 'change']);
    this.rejectedRecords = createCounter(
      'sync_refused_total',
      'Records refused, each time they were seen',
      STREAM_LABELS,
    );
    this.dataWarnings = createCounter(
      'sync_findings_total',
      'Findings reported, each time they were seen',
      STREAM_LABELS,
    );
    this.runs = createCounter('sync_runs_total', 'Pulls of a stream, by how they ended', [
      ...STREAM_LABELS,
      'result',
    ]);
    this.runSeconds = createHistogram('sync_run_seconds', 'Duration of a pull', ['stream']);
    this.quarantineEntries = new Gauge({
      name: 'tributary_quarantine_open',
      help: 'Open refusals and findings of a connector; 1000 means 1000 or more',
      labelNames: ['connector', 'kind'],
      registers,
    });
    this.completenessGap = new Gauge({
      name: 'tributary_completeness_gap',
      help: 'Balances of a connector, by account and asset, that its rows do not explain',
      labelNames: ['connector', 'state'],
      registers,
    });
    this.completenessChecks = createCounter(
      'completeness_checks_total',
      'Balances that were compared with the rows, or could not be, by result',
      ['connector', 'result'],
    );
    this.completenessRereads = createCounter(
      'completeness_rereads_total',
      'Spans that were read again because of a difference, by result',
      ['connector', 'result'],
    );
    this.rowsVerified = createCounter(
      'verified_rows_total',
      'Stored rows that were compared with their hashes',
      STREAM_LABELS,
    );
    this.damagedRows = new Gauge({
      name: 'tributary_damaged_rows',
      help: 'Stored rows that differ from what was appended, as far as they were compared',
      labelNames: STREAM_LABELS,
      registers,
    });
    this.balanceReads = createCounter(
      'balance_reads_total',
      'Balances asked for, by where the answer came from',
      ['connector', 'source'],
    );
    this.calls = createCounter('plugin_calls_total', 'Calls of a plugin; a page is a call', [
      'connector',
      'call',
    ]);
    this.callErrors = createCounter('plugin_call_errors_total', 'Failed calls of a plugin, by kind', [
      'connector',
      'call',
      'kind',
    ]);
    this.callSeconds = createHistogram('plugin_call_seconds', 'Duration of a call of a plugin', ['call']);
    this.registerLagGauge(registry);
  }

  /**
   * Adds a stream to the metric of the time since the stream's last success.
   * @returns a function that removes the stream
   */
  trackLag(stream: TrackedStream): () => void {
    this.trackedStreams.add(stream);
    return () => this.trackedStreams.delete(stream);
  }

  /**
   * Records the call of a plugin.
   * @param kind kind of the error; absent after a success
   */
  recordCall(connector: string, call: PluginCallName, durationMs: number, kind?: PspErrorKind): void {
    this.calls.inc({ connector, call });
    this.callSeconds.observe({ call }, durationMs / 1000);
    if (kind) this.callErrors.inc({ connector, call, kind });
  }

  private registerLagGauge(registry: Registry): void {
    const { trackedStreams } = this;
    new Gauge({
      name: 'tributary_sync_lag_seconds',
      help: 'Time since a stream had last caught up, or since the start where it never has',
      labelNames: STREAM_LABELS,
      registers: [registry],
      collect() {
        this.reset();
        for (const { connector, stream, lastSuccess, now } of trackedStreams) {
          this.set({ connector, stream }, (now() - lastSuccess()) / 1000);
        }
      },
    });
  }
}
