/** Decides, when a process starts, whether the process may use the store that it found. */
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { describeServerChange, type DatabaseServerIdentity } from './database-server-identity.js';
import { DEFAULT_READER_LEAD_MS, startNewEpoch } from './start-new-epoch.js';
import { readStoreIdentity, recordDatabaseServer } from './store-identity.js';
import { OpenedStoreIdentity } from './opened-store-identity.js';

const RESTORE_ADVICE =
  'if this is the store to go on with, stop every gateway and run "tributary store restore --config FILE"';

/**
 * Checks the store, and returns its identity for this process.
 * @throws Error when the store has lost data or is on another server than before, and no person has confirmed this change
 */
export async function openStoreIdentity(adapter: DatabaseAdapter): Promise<OpenedStoreIdentity> {
  const identity = await readStoreIdentity(adapter.reader);
  if (!identity) throw new Error('the table store_identity is empty; put back a backup that is whole');
  if (identity.lossFound !== undefined)
    throw new Error(`a gateway found that it lost data (${identity.lossFound}); ${RESTORE_ADVICE}`);
  const server = await adapter.findServerIdentity();
  if (server && !identity.server) await adapter.durableTransaction((db) => recordDatabaseServer(db, server));
  const change = server && identity.server && describeServerChange(identity.server, server);
  if (change === undefined) return new OpenedStoreIdentity(adapter, { ...identity, server });
  // After the promotion of a replica, the gateways must continue without a person. The store gets a new epoch, which makes all other
  // processes stop, because the replica may lack the newest commits.
  if (!isPromotion(identity.server, server)) throw new Error(`${change}; ${RESTORE_ADVICE}`);
  const { epoch: fromEpoch } = identity;
  await startNewEpoch(adapter, { fromEpoch, server, readerLeadMs: DEFAULT_READER_LEAD_MS });
  return openStoreIdentity(adapter);
}

function isPromotion(
  before: DatabaseServerIdentity | undefined,
  after: DatabaseServerIdentity | undefined,
): boolean {
  return before !== undefined && before.database === after?.database && before.timeline < after.timeline;
}
