/**
 * The dependencies that all parts of this library share: logger, clock, metrics and timings. They are created once from the options of the
 * gateway.
 */
import { getSyncContext, type SyncContext, type SyncOptions } from '@tributary/sync';
import { getCurrentProcess, type LeaseHolder } from '@tributary/feed';
import { Registry } from 'prom-client';
import { OrderMetrics } from './order-metrics.js';
import { DEFAULT_ORDER_TIMINGS, type OrderTimings } from '../state-machine/order-timings.js';

export interface OrdersOptions extends SyncOptions {
  timings?: Partial<OrderTimings>;
  /** Time in ms for which the requests to PSPs about orders are kept. If it is absent, they are not recorded. */
  exchangeRetentionMs?: number;
}

export interface OrdersContext extends Omit<SyncContext, 'metrics'> {
  metrics: OrderMetrics;
  timings: OrderTimings;
  /** See `OrdersOptions`. */
  exchangeRetentionMs: number | undefined;
  /** Identifies this process as the holder of leases. */
  holder: LeaseHolder;
  /** The context that `@tributary/sync` needs for calls of plugins. */
  syncContext: SyncContext;
}

export function createOrdersContext(options: OrdersOptions): OrdersContext {
  const registry = options.registry ?? new Registry();
  const syncContext = getSyncContext({ ...options, registry });
  return {
    ...syncContext,
    metrics: OrderMetrics.forRegistry(registry),
    timings: { ...DEFAULT_ORDER_TIMINGS, ...options.timings },
    exchangeRetentionMs: options.exchangeRetentionMs,
    holder: getCurrentProcess(),
    syncContext,
  };
}
