export * from './errors.js';
export type * from './feed.types.js';
export * from './order.types.js';
export { openStore, sqlitePath } from './store.js';
