/**
 * Handles the webhooks of one connector. The plugin verifies a webhook and returns the affected streams, and a pull of these streams
 * is requested. A flood of valid or forged webhooks costs only their verification and one pull at a time. A webhook does not wait
 * for the pull, and no webhook is queued.
 */
import { PspError, STREAMS } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { contextOf } from './context.js';
import type { SyncContext, SyncOptions } from './context.js';
import { PluginCalls } from './plugin-call.js';
import type { SyncConnector } from './sync.types.js';

/** Timeout for the verification. PSPs give up after 5 s to 30 s and send the webhook again. */
const DEADLINE = 4_000;
/**
 * Maximum number of concurrent verifications. Some plugins call the PSP to verify a webhook, so a limit protects the PSP from a
 * flood.
 */
const MOST_AT_ONCE = 16;
/** Minimum time between two pulls that webhooks request. A client that repeats a webhook must not cause constant polling. */
const CALM = 1_000;

/** Verifies webhooks and requests debounced pulls of the affected streams. */
export class WebhookInbox {
  private readonly context: SyncContext;
  private readonly calls: PluginCalls;
  private readonly waiting = new Set<Stream>();
  private verifying = 0;
  /** Cancels the scheduled pull. It is undefined when no pull is scheduled. */
  private cancel: (() => void) | undefined;
  private calmUntil = 0;

  /** @param pull requests a pull of these streams and returns at once */
  constructor(
    private readonly connector: SyncConnector,
    options: SyncOptions,
    private readonly pull: (streams: readonly Stream[]) => void,
  ) {
    this.context = contextOf(options);
    this.calls = new PluginCalls(connector.path, this.context);
  }

  /** Whether the plugin supports webhooks. */
  get isOpen(): boolean {
    return this.connector.psp.webhook !== undefined;
  }

  /**
   * Verifies a webhook and schedules a pull of the streams that it names.
   * @throws PspError `rejected` when the webhook is not from the PSP; `rate-limited` when too many arrive at once; otherwise the
   * error of the plugin
   */
  async receive(request: WebhookRequest): Promise<void> {
    if (this.verifying >= MOST_AT_ONCE) {
      throw new PspError('rate-limited', `${this.connector.path} webhook: too many come at once`, {
        retryAfter: CALM,
      });
    }
    this.verifying++;
    try {
      const named = await this.calls.once('webhook', { deadline: DEADLINE }, async () =>
        this.connector.psp.webhook?.(request),
      );
      this.ask(STREAMS.filter((stream) => named?.includes(stream)));
    } finally {
      this.verifying--;
    }
  }

  /** Cancels the scheduled pull. Nothing is lost, because the next start pulls every stream. */
  stop(): void {
    this.cancel?.();
  }

  /** Requests a pull at once, or at the end of the minimum interval together with all streams that are added until then. */
  private ask(streams: readonly Stream[]): void {
    for (const stream of streams) this.waiting.add(stream);
    if (this.cancel || this.waiting.size === 0) return;
    const { clock } = this.context;
    const wait = this.calmUntil - clock.now();
    if (wait <= 0) return this.pullWaiting();
    this.cancel = clock.after(wait, () => this.pullWaiting());
  }

  private pullWaiting(): void {
    this.cancel = undefined;
    this.calmUntil = this.context.clock.now() + CALM;
    const streams = [...this.waiting];
    this.waiting.clear();
    this.pull(streams);
  }
}
