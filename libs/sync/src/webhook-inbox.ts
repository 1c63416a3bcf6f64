/**
 * The webhooks of one connector: its plugin verifies them, and what they are about is pulled soon. A flood, of true ones or false
 * ones, costs their verification and one pull at a time: nothing waits for a pull, and nothing is queued.
 */
import { PspError, STREAMS } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { contextOf } from './context.js';
import type { SyncContext, SyncOptions } from './context.js';
import { PluginCalls } from './plugin-call.js';
import type { SyncConnector } from './sync.types.js';

/** PSPs give up after 5 s to 30 s, and send again. */
const DEADLINE = 4_000;
/** Some plugins ask the PSP whether a webhook is true: more of them at once would be a flood that we pass on. */
const MOST_AT_ONCE = 16;
/** Between two pulls that webhooks asked for: whoever repeats one all the time must not make us poll all the time. */
const CALM = 1_000;

export class WebhookInbox {
  private readonly context: SyncContext;
  private readonly calls: PluginCalls;
  private readonly waiting = new Set<Stream>();
  private verifying = 0;
  /** Cancels the pull at the end of a calm. */
  private cancel: (() => void) | undefined;
  private calmUntil = 0;

  /** @param pull pulls these streams soon, without waiting for it */
  constructor(
    private readonly connector: SyncConnector,
    options: SyncOptions,
    private readonly pull: (streams: readonly Stream[]) => void,
  ) {
    this.context = contextOf(options);
    this.calls = new PluginCalls(connector.path, this.context);
  }

  /** Whether the plugin takes webhooks. */
  get isOpen(): boolean {
    return this.connector.psp.webhook !== undefined;
  }

  /**
   * @throws PspError `rejected` when it is not the PSP's; `rate-limited` when too many come at once; as the plugin failed otherwise
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

  /** What was asked for last is not pulled any more: the next start pulls everything. */
  stop(): void {
    this.cancel?.();
  }

  /** At once after a calm; otherwise at its end, together with whatever else is asked for until then. */
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
