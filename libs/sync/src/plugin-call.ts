/**
 * Wraps every call of a plugin with a timeout, error conversion, redaction and metrics. The result is the plugin's result or a
 * `PspError`, in bounded time, for any behaviour of the plugin.
 */
import { PspError } from '@tributary/connector-api';
import type { Finding, Page, Psp } from '@tributary/connector-api';
import type { SyncContext } from './context.js';
import { withDeadline } from './deadline.js';
import type { PluginCallName } from './metrics.js';
import { toPspError } from './psp-errors.js';

interface CallBounds {
  /** Timeout in milliseconds for the call, or for each result of an iteration. `undefined` means no timeout. */
  deadline: number | undefined;
  /** Aborts the call. The signal's reason is thrown unchanged. */
  signal?: AbortSignal;
}

/** Calls the plugin of one connector. */
export class PluginCalls {
  constructor(
    private readonly connector: string,
    private readonly context: SyncContext,
  ) {}

  /** Calls a method of the plugin. @throws PspError when the call fails or times out; the signal's reason when it is aborted */
  async once<T>(name: PluginCallName, { deadline, signal }: CallBounds, call: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const { clock, metrics, redact } = this.context;
    const where = `${this.connector} ${name}`;
    const startedAt = clock.now();
    const late = () =>
      new PspError('unavailable', `no answer within ${(deadline ?? 0) / 1000} s; is the PSP slow or down?`);
    try {
      const work = (async () => call())();
      const result = await withDeadline(work, { clock, deadline, late, ...(signal ? { signal } : {}) });
      metrics.called(this.connector, name, clock.now() - startedAt);
      return result;
    } catch (thrown) {
      if (signal?.aborted && thrown === signal.reason) throw thrown;
      const error = toPspError(thrown, where, redact);
      metrics.called(this.connector, name, clock.now() - startedAt, error.kind);
      throw error;
    }
  }

  /** Yields the pages of a listing, and always closes the plugin's iterator. @throws PspError, or the signal's reason */
  async *pages(
    name: PluginCallName,
    bounds: CallBounds,
    list: () => AsyncIterable<Page<unknown>>,
  ): AsyncGenerator<Page<unknown>> {
    for await (const page of this.iterate(name, bounds, list)) {
      yield checkedPage(page, `${this.connector} ${name}`);
    }
  }

  /** Yields the values of the plugin's iterator without validation. @throws PspError, or the signal's reason */
  async *iterate<T>(
    name: PluginCallName,
    bounds: CallBounds,
    open: () => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    let iterator: AsyncIterator<T> | undefined;
    let done = false;
    try {
      for (;;) {
        const result = await this.once(name, bounds, () =>
          (iterator ??= open()[Symbol.asyncIterator]()).next(),
        );
        if (result.done) {
          done = true;
          return;
        }
        yield result.value;
      }
    } finally {
      if (iterator && !done) await this.close(iterator);
    }
  }

  /** Closes an iterator, and gives up after a timeout: an iterator that hangs in `next()` also hangs in `return()`. */
  private async close(iterator: AsyncIterator<unknown>): Promise<void> {
    const { clock, limits } = this.context;
    const late = () => new Error('the iterator does not close');
    const closing = (async () => iterator.return?.())();
    await withDeadline(closing, { clock, deadline: limits.closeDeadline, late }).catch(() => undefined);
  }
}

/**
 * Returns the plugin's method that lists a stream from a cursor.
 * @returns `undefined` when the plugin does not support the stream
 */
export function listing(
  psp: Psp,
  stream: 'accounts' | 'beneficiaries' | 'transactions',
): ((since?: string) => AsyncIterable<Page<unknown>>) | undefined {
  switch (stream) {
    case 'accounts':
      return psp.accounts.bind(psp);
    case 'beneficiaries':
      return psp.beneficiaries?.bind(psp);
    case 'transactions':
      return psp.transactions.bind(psp);
  }
}

/** Checks a page at run time. A page without items or cursor cannot be committed. Malformed optional properties are ignored. */
function checkedPage(page: unknown, where: string): Page<unknown> {
  const { items, cursor, balances, findings, cleared, progress } = (page ?? {}) as Partial<Page<unknown>>;
  if (!Array.isArray(items) || typeof cursor !== 'string') {
    throw new PspError(
      'unavailable',
      `${where}: the plugin gave a page without a list of items and a cursor`,
    );
  }
  return {
    items,
    cursor,
    balances: Array.isArray(balances) ? balances : [],
    findings: objectsOf(findings) as Finding[],
    cleared: Array.isArray(cleared) ? cleared.filter((id) => typeof id === 'string') : [],
    ...(progress ? { progress } : {}),
  };
}

function objectsOf(list: unknown): object[] {
  return Array.isArray(list) ? list.filter((item: unknown) => typeof item === 'object' && item !== null) : [];
}
