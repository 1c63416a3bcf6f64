/** Opens the store of a deployment for one command. */
import { openStore, type Store } from '@tributary/feed';
import type { Deployment } from '../../config/index.js';

/**
 * Calls `work` with the open store, and closes the store afterwards.
 * @throws Error if the store cannot be opened
 * @throws any error of `work`
 */
export async function withStore<T>(
  { store: location }: Deployment,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(location);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
