/**
 * Reads the balances of an account for a client. A client requests the balances of all accounts at once, and waits at most ten seconds. So
 * the response contains the stored balances, and the gateway requests new balances from the PSP afterwards. There are two exceptions. If a
 * call to the PSP can start at once, the response waits a short time for its result. If no balances are stored, the response must wait.
 */
import { validateBalances, decodeId, formatTime, PspError } from '@tributary/connector-api';
import type { Balances, ServedBalances, ValidatedBalances } from '@tributary/connector-api';
import type { BalanceRepository, Store } from '@tributary/feed';
import { getSyncContext } from '../sync-context.js';
import type { SyncContext, SyncOptions } from '../sync-context.js';
import { withTimeout } from '../pulling/with-timeout.js';
import type { BalanceOutcome } from '../sync-metrics.js';
import { PluginCaller } from '../pulling/plugin-caller.js';
import { BalanceLookup } from './balance-lookup.js';
import { CircuitBreaker } from './circuit-breaker.js';
import { BalanceResponseBatcher } from './balance-response-batcher.js';
import { RefreshQueue } from './refresh-queue.js';
import type { SyncConnector } from '../sync.types.js';

interface BalanceResult {
  source: BalanceOutcome;
  balances: ServedBalances;
}

/** Timeout in ms of a response when no balances are stored. */
const RESPONSE_TIMEOUT_MS = 4_000;
/** The maximum time in ms that a response waits for a call to the PSP although balances are stored. */
const MAX_REFRESH_WAIT_MS = 1_000;
/**
 * Timeout in ms of the call to the PSP. A result that comes too late for its own response still updates the stored balances, so the next
 * response contains it.
 */
const CALL_TIMEOUT_MS = 5_000;
/** Reads balances of one connector's accounts, with a concurrency limit and a circuit breaker. */
export class BalanceService {
  private readonly balanceRepository: BalanceRepository;
  private readonly context: SyncContext;
  private readonly pluginCaller: PluginCaller;
  private readonly circuitBreaker: CircuitBreaker;
  private readonly lookup: BalanceLookup;
  private readonly readerTimes: BalanceResponseBatcher;
  private readonly refreshes = new RefreshQueue((accountId) => this.refresh(accountId));

  constructor(
    store: Store,
    private readonly connector: SyncConnector,
    options: SyncOptions,
  ) {
    this.context = getSyncContext(options);
    this.balanceRepository = store.balances(connector.path);
    this.lookup = new BalanceLookup(store, connector.path, this.balanceRepository);
    const { balanceValidity } = connector;
    const validForMs = balanceValidity === 'off' ? undefined : balanceValidity;
    this.readerTimes = new BalanceResponseBatcher(this.balanceRepository, this.context.clock, validForMs);
    this.pluginCaller = new PluginCaller(connector.path, this.context);
    this.circuitBreaker = new CircuitBreaker(connector.path, this.context);
  }

  /**
   * Returns the balances of an account. Their time `at` depends on the previous responses to this reader (the client of one API key).
   * @param accountId the id as served to clients, i.e. encoded
   * @param reader id of the API key of the request
   * @returns `undefined` for an account that was never served
   * @throws PspError `unavailable` when the PSP does not respond and no balances are stored
   */
  async read(accountId: string, reader: string): Promise<ServedBalances | undefined> {
    if (decodeId(accountId) === undefined) return undefined;
    const { isServed, stored } = await this.lookup.find(accountId);
    if (!isServed) return undefined;
    const result = await this.readServed(accountId, stored);
    this.context.metrics.balanceReads.inc({ connector: this.connector.path, source: result.source });
    return this.chooseTime(accountId, reader, result);
  }

  /**
   * Reads the balances of new accounts with low priority, so that they are stored before a client requests all balances at once. The method
   * never throws. A balance that it cannot store is read at the first request for it.
   */
  async storeFirstBalances(accountIds: readonly string[]): Promise<void> {
    if (!this.connector.client.balances) return;
    try {
      const stored = await this.balanceRepository.findLatestOfAccounts(accountIds);
      for (const accountId of accountIds)
        if (!stored.has(accountId)) this.refreshes.add(accountId, false).catch(() => undefined);
    } catch (error) {
      const { path } = this.connector;
      this.context.logger.debug({ connector: path, err: error }, 'first balances were not read in advance');
    }
  }

  /** Discards the calls to the PSP that have not started. */
  stop(): void {
    this.refreshes.stop();
  }

  /** Replaces the time of the observation by the time that this reader gets. */
  private async chooseTime(
    accountId: string,
    reader: string,
    { source, balances }: BalanceResult,
  ): Promise<ServedBalances> {
    const { balanceValidity, client } = this.connector;
    if (balanceValidity === 'off' || source === 'none') return balances;
    // A plugin without `balances` lists every new balance with its account, so the stored balances are always current.
    const isCurrent = source !== 'last' || client.balances === undefined;
    return (await this.readerTimes.choose({ accountId, reader, isCurrent })) ?? balances;
  }

  private async readServed(accountId: string, stored: ServedBalances | undefined): Promise<BalanceResult> {
    if (!this.connector.client.balances) {
      return stored ? { source: 'last', balances: stored } : this.emptyBalances(accountId);
    }
    return stored ? this.refreshStored(accountId, stored) : this.fetchFirst(accountId);
  }

  /**
   * Returns the stored balances. If a call to the PSP can start at once and ends quickly, the function returns the new balances instead.
   */
  private async refreshStored(accountId: string, stored: ServedBalances): Promise<BalanceResult> {
    const result: BalanceResult = { source: 'last', balances: stored };
    const { isIdle } = this.refreshes;
    try {
      const refresh = this.refreshes.add(accountId, false);
      return isIdle ? await this.limitTime(refresh, MAX_REFRESH_WAIT_MS) : result;
    } catch {
      // The circuit breaker has already logged the failure.
      return result;
    }
  }

  /**
   * Waits for the first balances of an account.
   * @throws PspError `unavailable` when the PSP does not respond in time
   */
  private async fetchFirst(accountId: string): Promise<BalanceResult> {
    try {
      return await this.limitTime(this.refreshes.add(accountId, true), RESPONSE_TIMEOUT_MS);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      throw new PspError(
        'unavailable',
        `no balance of account ${accountId} was ever observed, and now: ${reason}`,
      );
    }
  }

  private limitTime(refresh: Promise<BalanceResult>, timeoutMs: number): Promise<BalanceResult> {
    const { clock } = this.context;
    const createTimeoutError = () => new PspError('unavailable', `no balance within ${timeoutMs / 1000} s`);
    return withTimeout(refresh, { clock, timeoutMs, createTimeoutError });
  }

  private async refresh(accountId: string): Promise<BalanceResult> {
    this.circuitBreaker.assertClosed(accountId);
    return this.fetchFromPsp(accountId, decodeId(accountId) ?? accountId);
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
   * Validates the balances that a plugin returned.
   * @throws InvalidRecordError when the balances cannot be served
   * @throws PspError when the balances belong to another account
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
    // The time is limited to now, because a time in the future would make later observations look outdated.
    return { ...validated, accountId, at: Math.min(validated.at, this.context.clock.now()) };
  }

  /**
   * Stores zero for each asset of a closed account. If the response were a 404, or if the assets were missing in the response, Formance
   * would keep the last balance.
   */
  private async recordClosedAccount(accountId: string): Promise<BalanceResult> {
    this.circuitBreaker.recordSuccess();
    if (!(await this.balanceRepository.findLatest(accountId))) return this.emptyBalances(accountId);
    const zeros = { accountId, at: this.context.clock.now(), amounts: new Map<string, bigint>() };
    return { source: 'closed', balances: await this.balanceRepository.recordObservation(zeros) };
  }

  /**
   * Returns an empty list of balances. The list is not stored, because nothing was observed: its time could be later than the time of the
   * first real observation.
   */
  private emptyBalances(accountId: string): BalanceResult {
    const at = formatTime(this.context.clock.now());
    return { source: 'none', balances: { id: accountId, accountID: accountId, at, balances: [] } };
  }
}

/** Returns true if the PSP reports that the account does not exist. Any other rejection only means that the request was wrong. */
function isAccountGone({ kind, details }: PspError): boolean {
  return (
    kind === 'rejected' && (details.status === undefined || details.status === 404 || details.status === 410)
  );
}
