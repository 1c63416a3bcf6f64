import type { Lease } from '@tributary/feed';
import type { Clock } from './clock.js';

/** Keeps a lease alive while a plugin takes its time over a page. @returns what ends it. */
export function keepAlive(lease: Lease, every: number, clock: Clock, onLost: () => void): () => void {
  let ended = false;
  let cancel = clock.after(every, () => void beat());
  async function beat(): Promise<void> {
    // A store that cannot be reached now may be reached in time: the append checks the lease itself.
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
