/** Waits for changes that a plugin reports between two pulls. After a failure it waits for some time and then begins again. */
import { STREAMS } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';
import { calculateBackOffMs } from './back-off.js';
import type { SyncContext } from '../sync-context.js';
import { PluginCaller } from '../pulling/plugin-caller.js';
import type { SyncConnector } from '../sync.types.js';

/** Requests a pull for each change that the plugin of one connector reports. */
export class ReportedChangeWatcher {
  private readonly abortController = new AbortController();
  private readonly pluginCaller: PluginCaller;
  private consecutiveFailures = 0;

  constructor(
    private readonly connector: SyncConnector,
    private readonly context: SyncContext,
    private readonly requestPull: (streams: readonly Stream[]) => void,
  ) {
    this.pluginCaller = new PluginCaller(connector.path, context);
  }

  /** Waits for reported changes until `stop()` is called. */
  async run(): Promise<void> {
    while (!this.abortController.signal.aborted) {
      const error = await this.listen();
      if (this.abortController.signal.aborted) return;
      const delayMs = calculateBackOffMs(error, ++this.consecutiveFailures, this.context);
      const reason = error instanceof Error ? error.message : `${this.connector.path} watch: it ended`;
      this.context.logger.warn(
        { connector: this.connector.path, retryIn: Math.round(delayMs) },
        `${reason}; changes are noticed by the schedule only; listening again in ${Math.ceil(delayMs / 1000)} s`,
      );
      await this.wait(delayMs);
    }
  }

  stop(): void {
    this.abortController.abort(new Error('the watcher stops'));
  }

  /**
   * Waits for reported changes until the plugin's iterator ends.
   * @returns the error that ended the iterator; `undefined` when it ended normally
   */
  private async listen(): Promise<unknown> {
    const { client } = this.connector;
    const { signal } = this.abortController;
    try {
      const options = { timeoutMs: undefined, signal };
      for await (const streams of this.pluginCaller.iterate(
        'watch',
        options,
        () => client.watch?.(signal) ?? emptyIterator(),
      )) {
        this.consecutiveFailures = 0;
        this.requestPull(STREAMS.filter((stream) => streams.includes(stream)));
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.abortController.signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.context.clock.after(delayMs, end);
      this.abortController.signal.addEventListener('abort', end, { once: true });
    });
  }
}

async function* emptyIterator(): AsyncGenerator<Stream[]> {}
