/** Renews the lease of a feed while a pull is running. */
import type { Lease } from '@tributary/feed';
import type { Clock } from '../clock.js';

/**
 * Renews a lease periodically, because a plugin can need more time for a page than the duration of the lease.
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
    // A failed renewal is ignored: the store may be reachable again before the lease expires. The append checks the lease itself.
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
