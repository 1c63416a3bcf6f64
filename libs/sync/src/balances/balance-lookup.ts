/**
 * Looks up accounts and their stored balances for many requests with few queries. Clients request the balances of all accounts at once. If
 * each account needed its own query, the queries would take more time than all other work, and would delay the responses to health checks.
 */
import type { ServedBalances } from '@tributary/connector-api';
import type { BalanceRepository, Store } from '@tributary/feed';

/** The data that the store contains about an account. */
export interface KnownAccount {
  /** True if the account is in the feed of accounts. */
  isServed: boolean;
  /** The balances that were observed last; `undefined` if none were observed. */
  stored: ServedBalances | undefined;
}

interface PendingLookup {
  accountId: string;
  resolve: (known: KnownAccount) => void;
  reject: (error: unknown) => void;
}

/**
 * The maximum number of lookups in one turn of the event loop. Between two turns, the process answers other requests, e.g. health checks.
 */
const MAX_LOOKUPS_PER_TURN = 100;
/**
 * The maximum number of accounts that are remembered as served. At the maximum, the memory is cleared, and the accounts are looked up
 * again.
 */
const MAX_REMEMBERED_ACCOUNTS = 100_000;

export class BalanceLookup {
  private pending: PendingLookup[] = [];
  private readonly servedAccounts = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly connector: string,
    private readonly repository: BalanceRepository,
  ) {}

  /**
   * Looks up an account together with the accounts of other requests.
   * @param accountId the id as served to clients
   */
  find(accountId: string): Promise<KnownAccount> {
    return new Promise((resolve, reject) => {
      if (this.pending.length === 0) this.scheduleTurn();
      this.pending.push({ accountId, resolve, reject });
    });
  }

  private scheduleTurn(): void {
    setImmediate(() => void this.runTurn());
  }

  private async runTurn(): Promise<void> {
    const lookups = this.pending.slice(0, MAX_LOOKUPS_PER_TURN);
    this.pending = this.pending.slice(MAX_LOOKUPS_PER_TURN);
    if (this.pending.length > 0) this.scheduleTurn();
    try {
      const ids = [...new Set(lookups.map(({ accountId }) => accountId))];
      const served = await this.findServed(ids);
      const stored = await this.repository.findLatestOfAccounts([...served]);
      for (const { accountId, resolve } of lookups) {
        resolve({ isServed: served.has(accountId), stored: stored.get(accountId) });
      }
    } catch (error) {
      for (const { reject } of lookups) reject(error);
    }
  }

  private async findServed(ids: readonly string[]): Promise<Set<string>> {
    this.store.assertUnchanged();
    const unknown = ids.filter((id) => !this.servedAccounts.has(id));
    if (unknown.length > 0) {
      const feed = await this.store.feed(this.connector, 'accounts');
      if (this.servedAccounts.size >= MAX_REMEMBERED_ACCOUNTS) this.servedAccounts.clear();
      for (const id of await feed.findExistingIds(unknown)) this.servedAccounts.add(id);
    }
    return new Set(ids.filter((id) => this.servedAccounts.has(id)));
  }
}
