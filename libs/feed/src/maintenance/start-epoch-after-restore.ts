/** Makes a restored backup, or a copy, the store that the gateways use: `tributary store restore`. */
import { DEFAULT_READER_LEAD_MS, startNewEpoch } from '../identity/start-new-epoch.js';
import { readStoreIdentity } from '../identity/store-identity.js';
import { assertStoreExists, withDatabase, type StoreLocation } from '../store/open-store.js';
import type { StoreRestore } from '../types/store.types.js';
import { assertNotOpenElsewhere } from './assert-not-in-use.js';

export interface RestoreOptions {
  /** Maximum time in milliseconds by which the feed time of a lost row can be ahead of the clock. */
  readerLeadMs?: number;
}

/**
 * Starts a new epoch. Call it after a backup was put back, before a gateway is started.
 * @returns the time of the restore, and the time up to which the store is complete
 * @throws Error when a gateway uses the store, or when the store cannot be opened
 */
export async function startEpochAfterRestore(
  location: string | StoreLocation,
  { readerLeadMs = DEFAULT_READER_LEAD_MS }: RestoreOptions = {},
): Promise<StoreRestore> {
  assertStoreExists(location);
  await assertNotOpenElsewhere(location);
  return withDatabase(location, async (adapter) => {
    const identity = await readStoreIdentity(adapter.reader);
    if (!identity) throw new Error('the table store_identity is empty; put back a backup that is whole');
    const server = await adapter.findServerIdentity();
    // Leases are not checked, because the leases in a backup belong to gateways that no longer run. Only live sessions are checked.
    const restore = await startNewEpoch(adapter, { fromEpoch: identity.epoch, server, readerLeadMs });
    if (!restore) throw new Error('another process restored the store at the same time; nothing was done');
    return restore;
  });
}
