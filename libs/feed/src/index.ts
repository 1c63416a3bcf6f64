/** Public interface of the library `feed`: the store with feeds, orders, balances and the quarantine. */
export * from './errors.js';
export type * from './feed.types.js';
export * from './order.types.js';
export { copyStore, summarise, type CopyOptions, type TableSummary } from './copy.js';
export { openStore, shownLocation, type StoreLocation } from './open.js';
export { openStoreWhenThere, type Patience } from './open-when-there.js';
export { hasDied, holderText, thisProcess } from './holder.js';
