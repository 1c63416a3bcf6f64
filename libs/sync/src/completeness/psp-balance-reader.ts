/**
 * Reads the balances of a connector's accounts from the PSP immediately before a pull of its transactions. After the pull, the feed must
 * contain every movement that the PSP had booked when the balances were read.
 */
import { decodeId, isRejectedRecord, tryEncodeId, validateBalances } from '@tributary/connector-api';
import type { Balances, PspClient, ValidatedBalances } from '@tributary/connector-api';
import type { PluginCaller } from '../pulling/plugin-caller.js';
import type { SyncContext } from '../sync-context.js';

const CALL_TIMEOUT_MS = 5_000;
/**
 * The maximum number of pages that are read from the list of accounts. If the list is longer, only the accounts of these pages are checked.
 */
const MAX_LIST_PAGES = 20;
/** The maximum number of balances that one pull reads with single requests. The next pull continues with the next accounts. */
const MAX_SINGLE_READS = 20;
/** Time in ms for which the list of accounts is reused. It applies to a PSP that needs one request for the balance of each account. */
const ACCOUNT_LIST_TTL_MS = 10 * 60_000;
/**
 * The maximum time in ms by which a balance may be older than the pull. An older balance, e.g. from yesterday's statement, is not compared,
 * because it does not contain the newest movements.
 */
const MAX_BALANCE_AGE_MS = 60_000;

/** The accounts and balances that the PSP returned at one moment. */
export interface ObservedBalances {
  balances: ValidatedBalances[];
  /** The ids of all accounts that the PSP listed at this moment, as served to clients; `undefined` if the list may be incomplete. */
  listedIds: ReadonlySet<string> | undefined;
  /** Milliseconds since 1970. */
  at: number;
}

/** The balances that a request returned, before they are validated. */
type ReadBalances = Pick<ObservedBalances, 'listedIds'> & { balances: Balances[] };

export class PspBalanceReader {
  /** The ids of the accounts, as served to clients. The list is used for a PSP that needs one request for the balance of each account. */
  private accountIds: string[] = [];
  private listedAt = -Infinity;
  private nextAccount = 0;

  constructor(
    private readonly client: PspClient,
    private readonly caller: PluginCaller,
    private readonly context: SyncContext,
  ) {}

  /**
   * Returns the current balances at the PSP.
   * @param urgent ids (as served to clients) of the accounts that are read before all others
   * @throws PspError when the PSP does not return the balances
   * @throws the reason of the signal when it is aborted
   */
  async observe(urgent: readonly string[], signal: AbortSignal): Promise<ObservedBalances> {
    const at = this.context.clock.now();
    const read = await this.readBalances(urgent, signal, at);
    const balances = read.balances.flatMap((each) => {
      const observed = validateOrDrop(each);
      return observed && observed.at >= at - MAX_BALANCE_AGE_MS ? [observed] : [];
    });
    return { balances, listedIds: balances.length > 0 ? read.listedIds : undefined, at };
  }

  private async readBalances(
    urgent: readonly string[],
    signal: AbortSignal,
    now: number,
  ): Promise<ReadBalances> {
    let listedIds: ReadonlySet<string> | undefined;
    // If the PSP lists balances with the accounts, one request returns all balances.
    if (!this.client.balances || now - this.listedAt >= ACCOUNT_LIST_TTL_MS) {
      const listed = await this.listAccounts(signal);
      if (listed.balances.length > 0 || !this.client.balances) return listed;
      this.listedAt = now;
      listedIds = listed.listedIds;
    }
    const turn = this.takeTurn(urgent);
    const read = await Promise.all(turn.map((id) => this.readSingle(id, signal)));
    return { balances: read.filter((one) => one !== undefined), listedIds };
  }

  private async listAccounts(signal: AbortSignal): Promise<ReadBalances> {
    const { pageTimeoutMs } = this.context.limits;
    const options = { timeoutMs: pageTimeoutMs, signal };
    const open = (closing: AbortSignal) =>
      this.client.accounts(undefined, { signal: closing, pageTimeoutMs });
    const balances: Balances[] = [];
    const ids: string[] = [];
    let [pages, items] = [0, 0];
    for await (const page of this.caller.listPages('accounts', options, open)) {
      balances.push(...(page.balances ?? []));
      ids.push(...page.items.flatMap(readId));
      items += page.items.length;
      if (++pages === MAX_LIST_PAGES) break;
    }
    this.accountIds = ids;
    const isComplete = ids.length === items && pages < MAX_LIST_PAGES;
    return { balances, listedIds: isComplete ? new Set(ids) : undefined };
  }

  /** Returns the ids of the accounts whose balances this pull reads: first the urgent accounts, then the next accounts in turn. */
  private takeTurn(urgent: readonly string[]): string[] {
    const turn = new Set(urgent.slice(0, MAX_SINGLE_READS));
    const { accountIds } = this;
    for (let count = 0; count < accountIds.length && turn.size < MAX_SINGLE_READS; count++) {
      this.nextAccount = (this.nextAccount + 1) % accountIds.length;
      turn.add(accountIds[this.nextAccount]!);
    }
    return [...turn];
  }

  /**
   * Reads the balance of one account.
   * @returns `undefined` if the PSP does not return this balance now. The other accounts are not affected
   */
  private async readSingle(accountId: string, signal: AbortSignal): Promise<Balances | undefined> {
    const pspId = decodeId(accountId);
    if (pspId === undefined) return undefined;
    try {
      const read = () => this.client.balances?.(pspId) ?? Promise.reject(new Error('no balances'));
      const balances = await this.caller.call('balances', { timeoutMs: CALL_TIMEOUT_MS, signal }, read);
      return balances?.accountId === pspId ? balances : undefined;
    } catch (error) {
      signal.throwIfAborted();
      this.context.logger.debug({ accountId, err: error }, 'no balance for the completeness check');
      return undefined;
    }
  }
}

/**
 * Returns the id of an account as served to clients, in a list. The list is empty for a rejected record, and for an id that cannot be
 * served.
 */
function readId(item: unknown): string[] {
  if (typeof item !== 'object' || item === null || isRejectedRecord(item)) return [];
  const { id } = item as { id?: unknown };
  const served = typeof id === 'string' ? tryEncodeId(id) : undefined;
  return served === undefined ? [] : [served];
}

/**
 * Validates balances.
 * @returns `undefined` for balances that cannot be served. The quarantine of the accounts contains the reason
 */
function validateOrDrop(balances: Balances): ValidatedBalances | undefined {
  try {
    return validateBalances(balances);
  } catch {
    return undefined;
  }
}
