/**
 * The sums that a lease keeps in memory after its appends, so that the next append need not read them. Only a row, a held row or the
 * completeness check changes a sum. So the sums are valid until the feed has another last row or a held row, or until a check was written.
 */
import type { OpenedFeed } from '../identity/opened-feed.js';
import type { FeedHead } from '../feeds/append-records.js';
import type { StoredSums, Sum } from './account-sums.js';

/** If an append changes the sums of more accounts than this number, the sums are not kept in memory. */
const MAX_ACCOUNTS = 10_000;

export class KnownSums {
  private readonly knownIds = new Set<string>();
  private readonly sums = new Map<string, Sum>();
  private headSeq = 0;
  private checksVersion = 0;

  constructor(private readonly feed: Pick<OpenedFeed, 'checksVersion'>) {}

  /** Accounts whose sums are known, unless another writer has appended rows. */
  get accountIds(): ReadonlySet<string> {
    if (this.checksVersion !== this.feed.checksVersion) this.clear();
    return this.knownIds;
  }

  /** Returns the known sums, or none if another writer may have changed them. @param head the head of the locked feed */
  find({ seq, hasHeldRows }: FeedHead): StoredSums[] {
    // A held row counts in the sums but has no sequence number in the feed. So while held rows exist, an unchanged last row does not prove
    // that the sums are unchanged.
    if (this.headSeq !== seq || hasHeldRows) this.clear();
    // Reading `accountIds` also clears the sums if a check was written while the append waited for the lock.
    const { accountIds, sums } = this;
    return accountIds.size > 0 ? [{ accountIds, sums }] : [];
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
