/**
 * Reads the balances of an account from the PSP while the client waits. The client polls every account and gives up after ten
 * seconds. So a response comes within a few seconds: live balances, or the last stored balances with the time of their observation.
 */
import { balancesToWire, decodeId, formatTime, PspError } from '@tributary/connector-api';
import type { Balances, ServedBalances, WireBalances } from '@tributary/connector-api';
import type { BalanceBook, Store } from '@tributary/feed';
import { contextOf } from './context.js';
import type { SyncContext, SyncOptions } from './context.js';
import { withDeadline } from './deadline.js';
import type { BalanceSource } from './metrics.js';
import { PluginCalls } from './plugin-call.js';
import { Restraint } from './restraint.js';
import { Slots } from './slots.js';
import type { SyncConnector } from './sync.types.js';

/** Options of `BalanceReader`. */
export interface BalanceOptions extends SyncOptions {
  /** Timeout in milliseconds. After it the last stored balances are returned. The default is 4 s. */
  deadline?: number;
}

interface Answer {
  source: BalanceSource;
  balances: ServedBalances;
}

const DEADLINE = 4_000;
/**
 * Timeout of the call to the PSP. A call that is too late for its own response still updates the stored balances for the next.
 */
const CALL_DEADLINE = 5_000;
/** Maximum number of concurrent calls to the PSP per connector. */
const CONCURRENCY = 10;
/** Maximum number of waiting accounts. Further accounts would not get a response in time. */
const LONGEST_LINE = 200;

/** Reads balances of one connector's accounts, with a concurrency limit and a circuit breaker. */
export class BalanceReader {
  private readonly book: BalanceBook;
  private readonly context: SyncContext;
  private readonly calls: PluginCalls;
  private readonly deadline: number;
  private readonly slots = new Slots(CONCURRENCY);
  private readonly restraint: Restraint;
  /** Running calls by account. Concurrent reads of one account share one call. */
  private readonly asking = new Map<string, Promise<Answer>>();

  constructor(
    private readonly store: Store,
    private readonly connector: SyncConnector,
    options: BalanceOptions,
  ) {
    this.context = contextOf(options);
    this.book = store.balances(connector.path);
    this.calls = new PluginCalls(connector.path, this.context);
    this.deadline = options.deadline ?? DEADLINE;
    this.restraint = new Restraint(connector.path, this.context);
  }

  /**
   * Returns the balances of an account.
   * @param accountId the id as it is served, i.e. encoded
   * @returns `undefined` for an account that was never served
   * @throws PspError `unavailable` when the PSP does not respond and no balances are stored
   */
  async read(accountId: string): Promise<ServedBalances | undefined> {
    const pspId = decodeId(accountId);
    if (pspId === undefined || !(await this.isServed(accountId))) return undefined;
    const { source, balances } = this.connector.psp.balances
      ? await this.readThrough(accountId, pspId)
      : ((await this.last(accountId)) ?? this.nothing(accountId));
    this.context.metrics.balanceReads.inc({ connector: this.connector.path, source });
    return balances;
  }

  private async readThrough(accountId: string, pspId: string): Promise<Answer> {
    try {
      return await this.inTime(this.asking.get(accountId) ?? this.ask(accountId, pspId));
    } catch (error) {
      const last = await this.last(accountId);
      if (last) return last;
      const reason = error instanceof Error ? error.message : 'unknown';
      throw new PspError(
        'unavailable',
        `no balance of account ${accountId} was ever observed, and now: ${reason}`,
      );
    }
  }

  private async isServed(accountId: string): Promise<boolean> {
    const feed = await this.store.feed(this.connector.path, 'accounts');
    return (await feed.latest([accountId])).has(accountId);
  }

  private ask(accountId: string, pspId: string): Promise<Answer> {
    const asking = this.askInTurn(accountId, pspId).finally(() => this.asking.delete(accountId));
    this.asking.set(accountId, asking);
    return asking;
  }

  private inTime(asking: Promise<Answer>): Promise<Answer> {
    const { clock } = this.context;
    const late = () => new PspError('unavailable', `no balance within ${this.deadline / 1000} s`);
    return withDeadline(asking, { clock, deadline: this.deadline, late });
  }

  private async askInTurn(accountId: string, pspId: string): Promise<Answer> {
    if (this.slots.waiting >= LONGEST_LINE) {
      throw new PspError(
        'unavailable',
        `${LONGEST_LINE} accounts of ${this.connector.path} are waiting already`,
      );
    }
    this.restraint.check(accountId);
    await this.slots.acquire();
    try {
      this.restraint.check(accountId);
      return await this.askPsp(accountId, pspId);
    } finally {
      this.slots.release();
    }
  }

  private async askPsp(accountId: string, pspId: string): Promise<Answer> {
    const { psp } = this.connector;
    let observed: WireBalances;
    try {
      observed = await this.calls.once('balances', { deadline: CALL_DEADLINE }, async () =>
        this.checked(await psp.balances?.(pspId), accountId, pspId),
      );
    } catch (error) {
      if (error instanceof PspError && saysGone(error)) return this.closed(accountId);
      this.restraint.failed(accountId, error);
      throw error;
    }
    this.restraint.succeeded();
    return { source: 'live', balances: await this.book.observe(observed) };
  }

  /**
   * Validates the plugin's balances.
   * @throws InvalidRecordError when they cannot be served; PspError when they are of another account
   */
  private checked(balances: Balances | undefined, accountId: string, pspId: string): WireBalances {
    if (balances?.accountId !== pspId) {
      const found = JSON.stringify(balances?.accountId);
      throw new PspError(
        'unavailable',
        `asked for account ${JSON.stringify(pspId)}, got the balances of ${found}`,
      );
    }
    const wire = balancesToWire(balances);
    // A time in the future would make all later observations before that time look old.
    return { ...wire, accountId, at: Math.min(wire.at, this.context.clock.now()) };
  }

  /** Stores zero for each asset of a closed account. With an absent asset or a 404, Formance would keep the last balance. */
  private async closed(accountId: string): Promise<Answer> {
    this.restraint.succeeded();
    if (!(await this.book.latest(accountId))) return this.nothing(accountId);
    const zeros = { accountId, at: this.context.clock.now(), amounts: new Map<string, bigint>() };
    return { source: 'closed', balances: await this.book.observe(zeros) };
  }

  /** Returns the last stored balances. They come from an earlier read or from a listing. */
  private async last(accountId: string): Promise<Answer | undefined> {
    const balances = await this.book.latest(accountId);
    return balances && { source: 'last', balances };
  }

  /**
   * Returns an empty list of balances. It is not stored: nothing was observed, and the first observation may have an earlier
   * time.
   */
  private nothing(accountId: string): Answer {
    const at = formatTime(this.context.clock.now());
    return { source: 'none', balances: { id: accountId, accountID: accountId, at, balances: [] } };
  }
}

/** Whether the PSP says that the account does not exist. Any other rejection is about the request, not about the balance. */
function saysGone({ kind, details }: PspError): boolean {
  return (
    kind === 'rejected' && (details.status === undefined || details.status === 404 || details.status === 410)
  );
}
