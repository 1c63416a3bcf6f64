/** What every part of this room needs, made once from what the composition hands in. */
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
  /** This process, as leases name it. */
  holder: LeaseHolder;
  /** For the calls of plugins. */
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
