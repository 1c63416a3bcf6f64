/**
 * The dependencies that all classes of this library share: logger, metrics, redactor, clock and limits. They are created once for each
 * options object.
 */
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { DEFAULT_SYNC_LIMITS } from './sync-limits.js';
import type { SyncLimits } from './sync-limits.js';
import { SyncMetrics } from './sync-metrics.js';
import { createCredentialRedactor } from './secret-redactor.js';
import type { Redactor } from './secret-redactor.js';

/** Options that the application passes to this library. */
export interface SyncOptions {
  logger: Logger;
  /** The Prometheus registry for the metrics. If it is absent, the metrics are in a private registry, which no endpoint serves. */
  registry?: Registry;
  /** Removes the secrets of the deployment from a string. Common forms of credentials are removed even if this function is absent. */
  redact?: Redactor;
  /** Called when a pull failed because the PSP rejected the credentials of the connector. The function must not throw. */
  onUnauthorized?: (connector: string) => void;
  clock?: Clock;
  /** Returns a number from 0 to 1. It is used for jitter. The default is `Math.random`. */
  random?: () => number;
  limits?: Partial<SyncLimits>;
}

/** The options of `SyncOptions` with all default values applied. */
export interface SyncContext {
  logger: Logger;
  metrics: SyncMetrics;
  redact: Redactor;
  onUnauthorized: (connector: string) => void;
  clock: Clock;
  random: () => number;
  limits: SyncLimits;
}

/** The contexts by their options object, so that a thousand connectors with the same options object share one context. */
const contextsByOptions = new WeakMap<SyncOptions, SyncContext>();

/** Returns the context of an options object. The context is created at the first call. */
export function getSyncContext(options: SyncOptions): SyncContext {
  const context = contextsByOptions.get(options) ?? createSyncContext(options);
  contextsByOptions.set(options, context);
  return context;
}

function createSyncContext(options: SyncOptions): SyncContext {
  return {
    logger: options.logger,
    metrics: SyncMetrics.forRegistry(options.registry ?? new Registry()),
    redact: createCredentialRedactor(options.redact),
    onUnauthorized: options.onUnauthorized ?? (() => undefined),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    limits: { ...DEFAULT_SYNC_LIMITS, ...options.limits },
  };
}
