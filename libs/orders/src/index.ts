/** The public API of the library `orders`, which executes each payout and each transfer exactly once. */
export { UNKNOWN_TIME } from './state-machine/clock-rollback.js';
export { OrderEngine, type ConnectorOrders } from './order-engine.js';
export type { OrderService } from './intake/order-service.js';
export * from './intake/check-order-limits.js';
export * from './model/order-limits.types.js';
export { UNCONFIRMED_STATES } from './state-machine/overdue-alert.js';
export type { OrdersOptions } from './runtime/orders-context.js';
export type { OrderConnector } from './state-machine/state-machine.types.js';
export { DEFAULT_ORDER_TIMINGS } from './state-machine/order-timings.js';
export type { OrderTimings } from './state-machine/order-timings.js';
export * from './operations/manual-resolution.js';
export { StoreClock } from './runtime/store-clock.js';
