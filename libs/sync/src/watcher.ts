/** Listens to a plugin that reports changes by itself, and listens again with a back-off after a failure. */
import { STREAMS } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';
import { backOff } from './back-off.js';
import type { SyncContext } from './context.js';
import { PluginCalls } from './plugin-call.js';
import type { SyncConnector } from './sync.types.js';

/** Requests pulls for the changes that one connector's plugin reports. */
export class Watcher {
  private readonly abort = new AbortController();
  private readonly calls: PluginCalls;
  private failures = 0;

  constructor(
    private readonly connector: SyncConnector,
    private readonly context: SyncContext,
    private readonly pull: (streams: readonly Stream[]) => void,
  ) {
    this.calls = new PluginCalls(connector.path, context);
  }

  /** Listens until `stop()` is called. */
  async run(): Promise<void> {
    while (!this.abort.signal.aborted) {
      const error = await this.listen();
      if (this.abort.signal.aborted) return;
      const delay = backOff(error, ++this.failures, this.context);
      const reason = error instanceof Error ? error.message : `${this.connector.path} watch: it ended`;
      this.context.logger.warn(
        { connector: this.connector.path, retryIn: Math.round(delay) },
        `${reason}; changes are noticed by the schedule only; listening again in ${Math.ceil(delay / 1000)} s`,
      );
      await this.pause(delay);
    }
  }

  stop(): void {
    this.abort.abort(new Error('the watcher stops'));
  }

  /** Listens until the plugin's iterator ends. @returns the error that ended it; `undefined` when it ended normally */
  private async listen(): Promise<unknown> {
    const { psp } = this.connector;
    const { signal } = this.abort;
    try {
      const bounds = { deadline: undefined, signal };
      for await (const streams of this.calls.iterate(
        'watch',
        bounds,
        () => psp.watch?.(signal) ?? nothing(),
      )) {
        this.failures = 0;
        this.pull(STREAMS.filter((stream) => streams.includes(stream)));
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.abort.signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.context.clock.after(milliseconds, end);
      this.abort.signal.addEventListener('abort', end, { once: true });
    });
  }
}

async function* nothing(): AsyncGenerator<Stream[]> {}
