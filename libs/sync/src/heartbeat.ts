/** Renews a feed's lease while a pull runs. */
import type { Lease } from '@tributary/feed';
import type { Clock } from './clock.js';

/**
 * Renews a lease periodically, because a plugin can need longer for a page than the lease lasts.
 * @param every milliseconds between two renewals
 * @param onLost is called once when another process has taken the lease
 * @returns a function that stops the renewal
 */
export function keepAlive(lease: Lease, every: number, clock: Clock, onLost: () => void): () => void {
  let ended = false;
  let cancel = clock.after(every, () => void beat());
  async function beat(): Promise<void> {
    // A failed renewal is ignored: the store may be reachable again before the lease expires. The append checks the lease itself.
    const held = await lease.renew().catch(() => true);
    if (ended) return;
    if (held) cancel = clock.after(every, () => void beat());
    else onLost();
  }
  return () => {
    ended = true;
    cancel();
  };
}
