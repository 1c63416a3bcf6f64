export { BalanceReader } from './balance-reader.js';
export type { BalanceOptions } from './balance-reader.js';
export type { Clock } from './clock.js';
export type { SyncOptions } from './context.js';
export { SyncEngine } from './engine.js';
export { DEFAULT_LIMITS } from './limits.js';
export type { SyncLimits } from './limits.js';
export { WebhookInbox } from './webhook-inbox.js';
export type { SyncConnector, SyncProgress } from './sync.types.js';
