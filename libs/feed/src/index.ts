export * from './errors.js';
export type * from './feed.types.js';
export * from './order.types.js';
export { openStore, checkLocation, type StoreLocation } from './open.js';
export { hasDied, holderText, thisProcess } from './holder.js';
