/**
 * Keeps the sums of accounts in memory after an append, so that the next append of the same lease need not read them. A sum changes only
 * with a row of the feed, with a row that waits for its original, or with a stored completeness check. So the sums in memory are used until
 * one of these three has changed.
 */
import type { OpenedFeed } from '../identity/opened-feed.js';
import type { FeedHead } from '../feeds/append-records.js';
import type { AccountSum } from '../types/completeness.types.js';
import type { StoredSums } from './stored-sums.js';

/** The maximum number of accounts whose sums are kept in memory. If there are more, no sums are kept. */
const MAX_ACCOUNTS = 10_000;

export class AccountSumCache {
  private readonly knownIds = new Set<string>();
  private readonly sums = new Map<string, AccountSum>();
  private headSeq = 0;
  private checksVersion = 0;

  constructor(private readonly feed: Pick<OpenedFeed, 'checksVersion'>) {}

  /** The ids of the accounts whose sums are known. They are only valid if no other writer has appended rows. */
  get accountIds(): ReadonlySet<string> {
    if (this.checksVersion !== this.feed.checksVersion) this.clear();
    return this.knownIds;
  }

  /**
   * Returns the known sums, or none if another writer may have changed the sums.
   * @param head the head of the locked feed
   */
  find({ seq, hasHeldRows }: Pick<FeedHead, 'seq' | 'hasHeldRows'>): StoredSums[] {
    // A row that waits for its original is included in the sums, but has no sequence number in the feed. So while such rows exist, an
    // unchanged last row does not prove that the sums are unchanged.
    if (this.headSeq !== seq || hasHeldRows) this.clear();
    // The property `accountIds` also clears the sums if a completeness check was stored while the append waited for the lock.
    const { accountIds, sums } = this;
    return accountIds.size > 0 ? [{ accountIds, sums }] : [];
  }

  /**
   * Returns the sums of these accounts after the last remembered append.
   * @returns `undefined` if the sums of an account are not known
   */
  findAfterAppend(accountIds: readonly string[]): AccountSum[] | undefined {
    const known = this.accountIds;
    if (known.size === 0 || !accountIds.every((id) => known.has(id))) return undefined;
    const wanted = new Set(accountIds);
    return [...this.sums.values()].filter(({ accountId }) => wanted.has(accountId));
  }

  /**
   * Remembers the sums of a committed append.
   * @param parts sums by account; if two parts contain the same account, the later one is used
   * @param headSeq sequence number of the feed's last row after the append
   * @param checksVersion `checksVersion` of the feed before the append
   */
  remember(parts: readonly StoredSums[], headSeq: number, checksVersion: number): void {
    this.headSeq = headSeq;
    this.checksVersion = checksVersion;
    for (const { accountIds, sums } of parts) {
      if (sums === this.sums) continue;
      for (const id of accountIds) this.knownIds.add(id);
      for (const [key, sum] of sums) this.sums.set(key, sum);
    }
    if (this.knownIds.size > MAX_ACCOUNTS) this.clear();
  }

  private clear(): void {
    this.knownIds.clear();
    this.sums.clear();
  }
}
