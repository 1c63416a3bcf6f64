/**
 * Calls the methods of a plugin, with a timeout, the removal of secrets from errors, and metrics. The caller always gets
 * the plugin's result or a `PspError` within the timeout, even if the plugin hangs or throws another error.
 */
import { PspError } from '@tributary/connector-api';
import type { DataWarning, ListOptions, Page, PspClient } from '@tributary/connector-api';
import type { SyncContext } from '../sync-context.js';
import { withTimeout } from './with-timeout.js';
import type { PluginCallName } from '../sync-metrics.js';
import { toPspError } from './to-psp-error.js';

interface CallOptions {
  /** Timeout in milliseconds for the call, or for each value of an iteration. With `undefined` there is no timeout. */
  timeoutMs: number | undefined;
  /** Aborts the call. The reason of the signal is thrown unchanged. */
  signal?: AbortSignal;
}

/** Calls the methods of the plugin of one connector. */
export class PluginCaller {
  constructor(
    private readonly connector: string,
    private readonly context: SyncContext,
  ) {}

  /**
   * Calls a method of the plugin.
   * @throws PspError when the call fails or times out
   * @throws the reason of the signal when it is aborted
   */
  async call<T>(
    callName: PluginCallName,
    { timeoutMs, signal }: CallOptions,
    invoke: () => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const { clock, metrics, redact } = this.context;
    const callLabel = `${this.connector} ${callName}`;
    const startedAt = clock.now();
    const createTimeoutError = () =>
      new PspError(
        'unavailable',
        `no answer within ${(timeoutMs ?? 0) / 1000} s; is the PSP slow or down, or does its list not end?`,
      );
    try {
      const work = (async () => invoke())();
      const result = await withTimeout(work, {
        clock,
        timeoutMs,
        createTimeoutError,
        ...(signal ? { signal } : {}),
      });
      metrics.recordCall(this.connector, callName, clock.now() - startedAt);
      return result;
    } catch (thrown) {
      if (signal?.aborted && thrown === signal.reason) throw thrown;
      const error = toPspError(thrown, callLabel, redact);
      metrics.recordCall(this.connector, callName, clock.now() - startedAt, error.kind);
      throw error;
    }
  }

  /**
   * Yields the pages of a listing. The plugin's iterator is always closed at the end.
   * @throws PspError when the listing fails or times out
   * @throws the reason of the signal when it is aborted
   */
  async *listPages(
    callName: PluginCallName,
    options: CallOptions,
    openListing: (signal: AbortSignal) => AsyncIterable<Page<unknown>>,
  ): AsyncGenerator<Page<unknown>> {
    for await (const page of this.iterate(callName, options, openListing)) {
      yield validatePage(page, `${this.connector} ${callName}`);
    }
  }

  /**
   * Yields the values of the plugin's iterator. The values are not validated.
   * @throws PspError when the iteration fails or times out
   * @throws the reason of the signal when it is aborted
   */
  async *iterate<T>(
    callName: PluginCallName,
    options: CallOptions,
    open: (signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const closing = new AbortController();
    let iterator: AsyncIterator<T> | undefined;
    let isDone = false;
    try {
      for (;;) {
        const result = await this.call(callName, options, () =>
          (iterator ??= open(closing.signal)[Symbol.asyncIterator]()).next(),
        );
        if (result.done) {
          isDone = true;
          return;
        }
        yield result.value;
      }
    } finally {
      // The abort ends the HTTP requests of a listing that hangs. Otherwise these requests would continue during the next listing.
      closing.abort(new PspError('unavailable', `${this.connector} ${callName}: the listing was abandoned`));
      if (iterator && !isDone) await this.closeIterator(iterator);
    }
  }

  /** Closes an iterator, but waits only until a timeout, because an iterator that hangs in `next()` also hangs in `return()`. */
  private async closeIterator(iterator: AsyncIterator<unknown>): Promise<void> {
    const { clock, limits } = this.context;
    const createTimeoutError = () => new Error('the iterator does not close');
    const closing = (async () => iterator.return?.())();
    await withTimeout(closing, { clock, timeoutMs: limits.closeTimeoutMs, createTimeoutError }).catch(
      () => undefined,
    );
  }
}

/**
 * Returns the plugin's method that lists a stream from a cursor.
 * @returns `undefined` when the plugin does not support the stream
 */
export function getListMethod(
  client: PspClient,
  stream: 'accounts' | 'beneficiaries' | 'transactions',
): ((since?: string, options?: ListOptions) => AsyncIterable<Page<unknown>>) | undefined {
  switch (stream) {
    case 'accounts':
      return client.accounts.bind(client);
    case 'beneficiaries':
      return client.beneficiaries?.bind(client);
    case 'transactions':
      return client.transactions.bind(client);
  }
}

/**
 * Checks a page at run time. A page without items or without a cursor is an error, because it cannot be committed. Invalid optional
 * properties are ignored.
 */
function validatePage(page: unknown, callLabel: string): Page<unknown> {
  const { items, cursor, balances, warnings, resolvedIds, progress } = (page ?? {}) as Partial<Page<unknown>>;
  if (!Array.isArray(items) || typeof cursor !== 'string') {
    throw new PspError(
      'unavailable',
      `${callLabel}: the plugin gave a page without a list of items and a cursor`,
    );
  }
  return {
    items,
    cursor,
    balances: Array.isArray(balances) ? balances : [],
    warnings: filterObjects(warnings) as DataWarning[],
    resolvedIds: Array.isArray(resolvedIds) ? resolvedIds.filter((id) => typeof id === 'string') : [],
    ...(progress ? { progress } : {}),
  };
}

function filterObjects(list: unknown): object[] {
  return Array.isArray(list) ? list.filter((item: unknown) => typeof item === 'object' && item !== null) : [];
}
