/**
 * Reads the balances of an account from the PSP while the client waits. The client polls every account and gives up after ten
 * seconds. So a response comes within a few seconds: live balances, or the last stored balances with the time of their observation.
 */
import { validateBalances, decodeId, formatTime, PspError } from '@tributary/connector-api';
import type { Balances, ServedBalances, ValidatedBalances } from '@tributary/connector-api';
import type { BalanceRepository, Store } from '@tributary/feed';
import { getSyncContext } from '../sync-context.js';
import type { SyncContext, SyncOptions } from '../sync-context.js';
import { withTimeout } from '../pulling/with-timeout.js';
import type { BalanceSource } from '../sync-metrics.js';
import { PluginCaller } from '../pulling/plugin-caller.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { Semaphore } from '../pulling/semaphore.js';
import type { SyncConnector } from '../sync.types.js';

/** Options of `BalanceReader`. */
export interface BalanceReaderOptions extends SyncOptions {
  /** Timeout in milliseconds. After it the last stored balances are returned. The default is 4 s. */
  responseTimeoutMs?: number;
}

interface BalanceResult {
  source: BalanceSource;
  balances: ServedBalances;
}

const RESPONSE_TIMEOUT_MS = 4_000;
/**
 * Timeout of the call to the PSP. A call that is too late for its own response still updates the stored balances for the next.
 */
const CALL_TIMEOUT_MS = 5_000;
/** Maximum number of concurrent calls to the PSP per connector. */
const MAX_CONCURRENT_CALLS = 10;
/** Maximum number of waiting accounts. Further accounts would not get a response in time. */
const MAX_QUEUE_LENGTH = 200;

/** Reads balances of one connector's accounts, with a concurrency limit and a circuit breaker. */
export class BalanceReader {
  private readonly balanceRepository: BalanceRepository;
  private readonly context: SyncContext;
  private readonly pluginCaller: PluginCaller;
  private readonly responseTimeoutMs: number;
  private readonly semaphore = new Semaphore(MAX_CONCURRENT_CALLS);
  private readonly circuitBreaker: CircuitBreaker;
  /** Running calls by account. Concurrent reads of one account share one call. */
  private readonly runningCalls = new Map<string, Promise<BalanceResult>>();

  constructor(
    private readonly store: Store,
    private readonly connector: SyncConnector,
    options: BalanceReaderOptions,
  ) {
    this.context = getSyncContext(options);
    this.balanceRepository = store.balances(connector.path);
    this.pluginCaller = new PluginCaller(connector.path, this.context);
    this.responseTimeoutMs = options.responseTimeoutMs ?? RESPONSE_TIMEOUT_MS;
    this.circuitBreaker = new CircuitBreaker(connector.path, this.context);
  }

  /**
   * Returns the balances of an account.
   * @param accountId the id as it is served, i.e. encoded
   * @returns `undefined` for an account that was never served
   * @throws PspError `unavailable` when the PSP does not respond and no balances are stored
   */
  async read(accountId: string): Promise<ServedBalances | undefined> {
    const pspId = decodeId(accountId);
    if (pspId === undefined || !(await this.isServedAccount(accountId))) return undefined;
    const { source, balances } = this.connector.client.balances
      ? await this.fetchOrReadStored(accountId, pspId)
      : ((await this.readStored(accountId)) ?? this.emptyBalances(accountId));
    this.context.metrics.balanceReads.inc({ connector: this.connector.path, source });
    return balances;
  }

  private async fetchOrReadStored(accountId: string, pspId: string): Promise<BalanceResult> {
    try {
      return await this.limitResponseTime(
        this.runningCalls.get(accountId) ?? this.startFetch(accountId, pspId),
      );
    } catch (error) {
      const stored = await this.readStored(accountId);
      if (stored) return stored;
      const reason = error instanceof Error ? error.message : 'unknown';
      throw new PspError(
        'unavailable',
        `no balance of account ${accountId} was ever observed, and now: ${reason}`,
      );
    }
  }

  private async isServedAccount(accountId: string): Promise<boolean> {
    const feed = await this.store.feed(this.connector.path, 'accounts');
    return (await feed.latestBodies([accountId])).has(accountId);
  }

  private startFetch(accountId: string, pspId: string): Promise<BalanceResult> {
    const call = this.fetchWithLimit(accountId, pspId).finally(() => this.runningCalls.delete(accountId));
    this.runningCalls.set(accountId, call);
    return call;
  }

  private limitResponseTime(call: Promise<BalanceResult>): Promise<BalanceResult> {
    const { clock } = this.context;
    const createTimeoutError = () =>
      new PspError('unavailable', `no balance within ${this.responseTimeoutMs / 1000} s`);
    return withTimeout(call, { clock, timeoutMs: this.responseTimeoutMs, createTimeoutError });
  }

  private async fetchWithLimit(accountId: string, pspId: string): Promise<BalanceResult> {
    if (this.semaphore.queueLength >= MAX_QUEUE_LENGTH) {
      throw new PspError(
        'unavailable',
        `${MAX_QUEUE_LENGTH} accounts of ${this.connector.path} are waiting already`,
      );
    }
    this.circuitBreaker.assertClosed(accountId);
    await this.semaphore.acquire();
    try {
      this.circuitBreaker.assertClosed(accountId);
      return await this.fetchFromPsp(accountId, pspId);
    } finally {
      this.semaphore.release();
    }
  }

  private async fetchFromPsp(accountId: string, pspId: string): Promise<BalanceResult> {
    const { client } = this.connector;
    let observed: ValidatedBalances;
    try {
      observed = await this.pluginCaller.call('balances', { timeoutMs: CALL_TIMEOUT_MS }, async () =>
        this.validateBalances(await client.balances?.(pspId), accountId, pspId),
      );
    } catch (error) {
      if (error instanceof PspError && isAccountGone(error)) return this.recordClosedAccount(accountId);
      this.circuitBreaker.recordFailure(accountId, error);
      throw error;
    }
    this.circuitBreaker.recordSuccess();
    return { source: 'live', balances: await this.balanceRepository.recordObservation(observed) };
  }

  /**
   * Validates the plugin's balances.
   * @throws InvalidRecordError when they cannot be served; PspError when they are of another account
   */
  private validateBalances(
    balances: Balances | undefined,
    accountId: string,
    pspId: string,
  ): ValidatedBalances {
    if (balances?.accountId !== pspId) {
      const found = JSON.stringify(balances?.accountId);
      throw new PspError(
        'unavailable',
        `asked for account ${JSON.stringify(pspId)}, got the balances of ${found}`,
      );
    }
    const validated = validateBalances(balances);
    // A time in the future would make all later observations before that time look old.
    return { ...validated, accountId, at: Math.min(validated.at, this.context.clock.now()) };
  }

  /** Stores zero for each asset of a closed account. With an absent asset or a 404, Formance would keep the last balance. */
  private async recordClosedAccount(accountId: string): Promise<BalanceResult> {
    this.circuitBreaker.recordSuccess();
    if (!(await this.balanceRepository.findLatest(accountId))) return this.emptyBalances(accountId);
    const zeros = { accountId, at: this.context.clock.now(), amounts: new Map<string, bigint>() };
    return { source: 'closed', balances: await this.balanceRepository.recordObservation(zeros) };
  }

  /** Returns the last stored balances. They come from an earlier read or from a listing. */
  private async readStored(accountId: string): Promise<BalanceResult | undefined> {
    const balances = await this.balanceRepository.findLatest(accountId);
    return balances && { source: 'last', balances };
  }

  /**
   * Returns an empty list of balances. It is not stored: nothing was observed, and the first observation may have an earlier
   * time.
   */
  private emptyBalances(accountId: string): BalanceResult {
    const at = formatTime(this.context.clock.now());
    return { source: 'none', balances: { id: accountId, accountID: accountId, at, balances: [] } };
  }
}

/** Whether the PSP says that the account does not exist. Any other rejection is about the request, not about the balance. */
function isAccountGone({ kind, details }: PspError): boolean {
  return (
    kind === 'rejected' && (details.status === undefined || details.status === 404 || details.status === 410)
  );
}
