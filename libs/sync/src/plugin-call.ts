/**
 * The one wrapper around every call of a plugin: deadline, translation of errors, redaction, metrics. Whatever a plugin does,
 * nothing but its result or a `PspError` comes out, in bounded time.
 */
import { PspError } from '@tributary/connector-api';
import type { Finding, Page, Psp } from '@tributary/connector-api';
import type { SyncContext } from './context.js';
import { withDeadline } from './deadline.js';
import type { PluginCallName } from './metrics.js';
import { toPspError } from './psp-errors.js';

interface CallBounds {
  /** Milliseconds for the call; for an iteration, for each of its results. None: as long as it takes. */
  deadline: number | undefined;
  /** Its reason is thrown as it is. */
  signal?: AbortSignal;
}

export class PluginCalls {
  constructor(
    private readonly connector: string,
    private readonly context: SyncContext,
  ) {}

  /** @throws PspError, or the signal's reason. */
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

  /** The pages of a listing. @throws PspError, or the signal's reason; the plugin's iterator is closed in any case. */
  async *pages(
    name: PluginCallName,
    bounds: CallBounds,
    list: () => AsyncIterable<Page<unknown>>,
  ): AsyncGenerator<Page<unknown>> {
    for await (const page of this.iterate(name, bounds, list)) {
      yield checkedPage(page, `${this.connector} ${name}`);
    }
  }

  /** What an iteration yields, unchecked. @throws PspError, or the signal's reason. */
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

  /** An iterator that hangs in `next()` also hangs in `return()`: it gets a moment, and is then left to itself. */
  private async close(iterator: AsyncIterator<unknown>): Promise<void> {
    const { clock, limits } = this.context;
    const late = () => new Error('the iterator does not close');
    const closing = (async () => iterator.return?.())();
    await withDeadline(closing, { clock, deadline: limits.closeDeadline, late }).catch(() => undefined);
  }
}

/** The listing of a stream, from a cursor on; `undefined` for a stream that the plugin does not have. */
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

/** Plugins are typed, but without items and a cursor nothing could be committed; of the rest, what is no list says nothing. */
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
