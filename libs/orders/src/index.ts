/** Public API of the library: executes payouts and transfers, each exactly once. */
export { LONG_AGO } from './clock-steps.js';
export { OrderEngine } from './engine.js';
export type { OrderDesk } from './desk.js';
export * from './limits.js';
export * from './limits.types.js';
export { UNSETTLED } from './notice.js';
export type { OrdersOptions } from './orders-context.js';
export type { OrderConnector } from './orders.types.js';
export { DEFAULT_PACE } from './pace.js';
export type { OrderPace } from './pace.js';
export * from './resolve.js';
export { StoreTime } from './store-time.js';
