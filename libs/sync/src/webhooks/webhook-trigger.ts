/**
 * Handles the webhooks of one connector. The plugin verifies a webhook and returns the affected streams. Then a pull of these streams is
 * requested. The response to a webhook does not wait for the pull, and webhooks are not queued. So even a flood of valid or forged webhooks
 * causes no more work than their verification and one pull at a time.
 */
import { PspError, STREAMS } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { getSyncContext } from '../sync-context.js';
import type { SyncContext, SyncOptions } from '../sync-context.js';
import { PluginCaller } from '../pulling/plugin-caller.js';
import type { SyncConnector } from '../sync.types.js';

/** Timeout in ms of the verification. PSPs wait 5 s to 30 s for a response, and then send the webhook again. */
const WEBHOOK_TIMEOUT_MS = 4_000;
/**
 * The maximum number of concurrent verifications. Further webhooks are rejected. Some plugins call the PSP to verify a webhook, so this
 * limit protects the PSP from a flood.
 */
const MAX_CONCURRENT_WEBHOOKS = 16;
/**
 * The minimum time in ms between two pulls that webhooks request. Without it, a client that repeats a webhook could cause constant polling.
 */
const MIN_PULL_INTERVAL_MS = 1_000;

/** Verifies webhooks, and requests pulls of the affected streams. Several webhooks in a short time cause one pull. */
export class WebhookTrigger {
  private readonly context: SyncContext;
  private readonly pluginCaller: PluginCaller;
  private readonly pendingStreams = new Set<Stream>();
  private runningVerifications = 0;
  /** Cancels the scheduled pull. The property is `undefined` when no pull is scheduled. */
  private cancelScheduledPull: (() => void) | undefined;
  private nextPullAllowedAt = 0;

  /** @param requestPull requests a pull of these streams and returns at once */
  constructor(
    private readonly connector: SyncConnector,
    options: SyncOptions,
    private readonly requestPull: (streams: readonly Stream[]) => void,
  ) {
    this.context = getSyncContext(options);
    this.pluginCaller = new PluginCaller(connector.path, this.context);
  }

  /** True if the plugin supports webhooks. */
  get isSupported(): boolean {
    return this.connector.client.webhook !== undefined;
  }

  /**
   * Verifies a webhook, and schedules a pull of the streams that it affects.
   * @throws PspError `rejected` when the webhook is not from the PSP, `rate-limited` when too many webhooks arrive at once, or the error of
   * the plugin
   */
  async receive(request: WebhookRequest): Promise<void> {
    if (this.runningVerifications >= MAX_CONCURRENT_WEBHOOKS) {
      throw new PspError('rate-limited', `${this.connector.path} webhook: too many come at once`, {
        retryAfterMs: MIN_PULL_INTERVAL_MS,
      });
    }
    this.runningVerifications++;
    try {
      const affectedStreams = await this.pluginCaller.call(
        'webhook',
        { timeoutMs: WEBHOOK_TIMEOUT_MS },
        async () => this.connector.client.webhook?.(request),
      );
      this.schedulePull(STREAMS.filter((stream) => affectedStreams?.includes(stream)));
    } finally {
      this.runningVerifications--;
    }
  }

  /** Cancels the scheduled pull. No data is lost, because every stream is pulled at the next start. */
  stop(): void {
    this.cancelScheduledPull?.();
  }

  /**
   * Requests a pull at once, or, if the last pull was a moment ago, at the end of the minimum interval. The delayed pull includes all
   * streams that are added until then.
   */
  private schedulePull(streams: readonly Stream[]): void {
    for (const stream of streams) this.pendingStreams.add(stream);
    if (this.cancelScheduledPull || this.pendingStreams.size === 0) return;
    const { clock } = this.context;
    const delayMs = this.nextPullAllowedAt - clock.now();
    if (delayMs <= 0) return this.pullPendingStreams();
    this.cancelScheduledPull = clock.after(delayMs, () => this.pullPendingStreams());
  }

  private pullPendingStreams(): void {
    this.cancelScheduledPull = undefined;
    this.nextPullAllowedAt = this.context.clock.now() + MIN_PULL_INTERVAL_MS;
    const streams = [...this.pendingStreams];
    this.pendingStreams.clear();
    this.requestPull(streams);
  }
}
