/** Prepares a restored backup, or a copy of a store, for use by the gateways. The command `tributary store restore` uses it. */
import { DEFAULT_READER_LEAD_MS, startNewEpoch } from '../identity/start-new-epoch.js';
import { readStoreIdentity } from '../identity/store-identity.js';
import { assertStoreExists, withDatabase, type StoreLocation } from '../store/open-store.js';
import type { StoreRestore } from '../types/store.types.js';
import { assertNotOpenElsewhere } from './assert-not-in-use.js';

export interface RestoreOptions {
  /** The maximum time in milliseconds by which the feed time of a lost row can be ahead of the clock. */
  readerLeadMs?: number;
}

/**
 * Starts a new epoch, which makes all processes stop that used the earlier state. The function must be called after a backup was put back
 * and before a gateway is started.
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
    // Only database sessions are checked, not leases, because the leases in a backup belong to gateways that no longer run.
    const restore = await startNewEpoch(adapter, { fromEpoch: identity.epoch, server, readerLeadMs });
    if (!restore) throw new Error('another process restored the store at the same time; nothing was done');
    return restore;
  });
}
