/** Shared dependencies of this library (logger, clock, metrics, timings), created once from the options of the gateway. */
import { contextOf, type SyncContext, type SyncOptions } from '@tributary/sync';
import { thisProcess, type LeaseHolder } from '@tributary/feed';
import { Registry } from 'prom-client';
import { OrderMetrics } from './metrics.js';
import { DEFAULT_PACE, type OrderPace } from './pace.js';

export interface OrdersOptions extends SyncOptions {
  pace?: Partial<OrderPace>;
}

export interface OrdersContext extends Omit<SyncContext, 'metrics'> {
  metrics: OrderMetrics;
  pace: OrderPace;
  /** Identifies this process in leases. */
  holder: LeaseHolder;
  /** Context for the plugin calls of `@tributary/sync`. */
  sync: SyncContext;
}

export function ordersContextOf(options: OrdersOptions): OrdersContext {
  const registry = options.registry ?? new Registry();
  const sync = contextOf({ ...options, registry });
  return {
    ...sync,
    metrics: OrderMetrics.of(registry),
    pace: { ...DEFAULT_PACE, ...options.pace },
    holder: thisProcess(),
    sync,
  };
}
