/**
 * The completeness check of one connector. Between two balances of an account, opening balance + rows = closing balance, for each asset.
 * Each pull of the transactions makes one check: balances are read before the pull and are compared with the rows after the pull. The
 * monitor exists as long as the connector.
 */
import type { ValidatedBalances } from '@tributary/connector-api';
import type { CompletenessRepository, Lease, Store } from '@tributary/feed';
import { PluginCaller } from '../pulling/plugin-caller.js';
import type { SyncContext } from '../sync-context.js';
import type { SyncConnector } from '../sync.types.js';
import { PspBalanceReader } from './psp-balance-reader.js';
import { CompletenessReporter } from './completeness-reporter.js';
import { LastAgreedBalance } from './last-agreed-balance.js';
import {
  PullCompletenessCheck,
  type ComparableDeclaration,
  type PullCompletenessCheckContext,
} from './pull-completeness-check.js';

const DEFAULT_MAX_LATENESS_MS = 15 * 60_000;

export class CompletenessMonitor implements PullCompletenessCheckContext {
  readonly repository: CompletenessRepository;
  readonly reporter: CompletenessReporter;
  readonly lastAgreement = new LastAgreedBalance();
  private lastObservedAt = -Infinity;
  /** The ids of the accounts that were compared before, also by earlier processes; `undefined` before the first check of this process. */
  private comparedIds: Set<string> | undefined;
  private readonly observer: PspBalanceReader;

  private constructor(
    readonly path: string,
    readonly declaration: ComparableDeclaration,
    connector: SyncConnector,
    store: Store,
    readonly context: SyncContext,
  ) {
    this.repository = store.completeness(path);
    this.reporter = new CompletenessReporter(path, store, this.repository, context);
    this.observer = new PspBalanceReader(connector.client, new PluginCaller(path, context), context);
  }

  /**
   * Creates the monitor of a connector.
   * @returns `undefined` for a connector whose balances cannot be compared with its rows
   */
  static create(
    connector: SyncConnector,
    store: Store,
    context: SyncContext,
  ): CompletenessMonitor | undefined {
    const { completeness, path } = connector;
    if (!completeness?.isComparable) return undefined;
    const { maxLatenessMs = DEFAULT_MAX_LATENESS_MS, opening = 'unknown' } = completeness;
    const declaration: ComparableDeclaration = { isComparable: true, maxLatenessMs, opening };
    return new CompletenessMonitor(path, declaration, connector, store, context);
  }

  /**
   * Reads the balances before a pull. If this fails, the pull continues without a check.
   * @returns `undefined` when no balances were read
   */
  async begin(lease: Lease, signal: AbortSignal): Promise<PullCompletenessCheck | undefined> {
    const { clock, limits, logger } = this.context;
    const now = clock.now();
    if (now - this.lastObservedAt < limits.completenessIntervalMs) return undefined;
    this.lastObservedAt = now;
    try {
      const observed = await this.observeAccounts(signal);
      if (observed.length > 0) return new PullCompletenessCheck(this, lease, observed);
      this.reporter.countUnmade();
    } catch (error) {
      signal.throwIfAborted();
      this.reporter.countUnmade();
      logger.debug(
        { connector: this.path, err: error },
        'the balances for the completeness check were not read',
      );
    }
    return undefined;
  }

  /**
   * Returns the present balances at the PSP. If the PSP no longer lists an account that it listed earlier, the balance of this account is
   * treated as zero. So an account that was closed correctly agrees with its rows, and an account that disappeared with its money does not.
   */
  private async observeAccounts(signal: AbortSignal): Promise<ValidatedBalances[]> {
    const { balances, listedIds, at } = await this.observer.observe(
      this.reporter.disagreeingAccounts,
      signal,
    );
    this.comparedIds ??= await this.readComparedIds();
    for (const { accountId } of balances) this.comparedIds.add(accountId);
    if (!listedIds) return balances;
    const missingIds = [...this.comparedIds].filter((accountId) => !listedIds.has(accountId));
    return [
      ...balances,
      ...missingIds.map((accountId) => ({ accountId, at, amounts: new Map<string, bigint>() })),
    ];
  }

  private async readComparedIds(): Promise<Set<string>> {
    const compared = (await this.repository.list()).filter(({ check }) => check.opening !== undefined);
    return new Set(compared.map(({ accountId }) => accountId));
  }
}
