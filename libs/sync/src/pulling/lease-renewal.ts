/** Renews the lease of a feed while a pull is running. A lease is the right of one process to write the feed, for a limited time. */
import type { Lease } from '@tributary/feed';
import type { Clock } from '../clock.js';

/**
 * Renews a lease periodically, because a plugin can need more time for a page than the lease lasts.
 * @param intervalMs milliseconds between two renewals
 * @param onLost is called once when another process has taken the lease
 * @returns a function that stops the renewal
 */
export function startLeaseRenewal(
  lease: Lease,
  intervalMs: number,
  clock: Clock,
  onLost: () => void,
): () => void {
  let isStopped = false;
  let cancel = clock.after(intervalMs, () => void renew());
  async function renew(): Promise<void> {
    // A failed renewal is ignored, because the store may be reachable again before the lease expires. If the lease expires, the append of
    // the next page fails.
    const isStillHeld = await lease.renew().catch(() => true);
    if (isStopped) return;
    if (isStillHeld) cancel = clock.after(intervalMs, () => void renew());
    else onLost();
  }
  return () => {
    isStopped = true;
    cancel();
  };
}
