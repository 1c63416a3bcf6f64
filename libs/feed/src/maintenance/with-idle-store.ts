/** Opens a store that no gateway uses. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { assertStoreExists, withDatabase, type StoreLocation } from '../store/open-store.js';
import { assertNotLeased, assertNotOpenElsewhere } from './assert-not-in-use.js';

/**
 * Calls `work` with the database of a store, and closes it afterwards.
 * @throws Error when the store does not exist or cannot be opened, or when a gateway uses it
 */
export async function withIdleStore<T>(
  location: string | StoreLocation,
  work: (adapter: DatabaseAdapter) => Promise<T>,
): Promise<T> {
  assertStoreExists(location);
  await assertNotOpenElsewhere(location);
  return withDatabase(location, async (adapter) => {
    await assertNotLeased(location, adapter);
    return work(adapter);
  });
}
