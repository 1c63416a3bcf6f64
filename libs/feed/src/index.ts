/** Public interface of the library `feed`: the store with feeds, orders, balances and the quarantine. */
export * from './database/store-errors.js';
export { ACCEPTANCE_ID_PREFIX } from './feeds/quarantine.js';
export { toAccountAssetKey } from './completeness/account-sums.js';
export type * from './types/completeness.types.js';
export type * from './types/reconciliation.types.js';
export { hashEvent } from './reconciliation/event-log.js';
export type * from './types/store.types.js';
export * from './types/order.types.js';
export * from './types/reader-position.types.js';
export { copyStore, summarizeStore, type CopyOptions, type TableSummary } from './maintenance/copy-store.js';
export { verifyStoredRows, type RowFinding, type RowVerification } from './maintenance/verify-stored-rows.js';
export { openStore, redactLocation, type StoreLocation } from './store/open-store.js';
export { openStoreWithRetry, type StoreWaitOptions } from './store/wait-for-store.js';
export { adoptConnector } from './maintenance/adopt-connector.js';
export { adoptStore } from './maintenance/adopt-store.js';
export { startEpochAfterRestore, type RestoreOptions } from './maintenance/start-epoch-after-restore.js';
export { startHeartbeat } from './identity/store-heartbeat.js';
export { isHolderDead, createLeaseToken, getCurrentProcess } from './leases/lease-holder.js';
