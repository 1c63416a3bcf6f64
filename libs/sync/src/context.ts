/** What every part of this room needs, made once from what the composition hands in. */
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { systemClock } from './clock.js';
import type { Clock } from './clock.js';
import { DEFAULT_LIMITS } from './limits.js';
import type { SyncLimits } from './limits.js';
import { SyncMetrics } from './metrics.js';
import { redaction } from './redaction.js';
import type { Redact } from './redaction.js';

export interface SyncOptions {
  logger: Logger;
  /** Where the metrics are kept; without it nobody sees them. */
  registry?: Registry;
  /** Replaces the deployment's secrets in a text; common forms of credentials are replaced besides. */
  redact?: Redact;
  clock?: Clock;
  /** 0 … 1, for jitter. */
  random?: () => number;
  limits?: Partial<SyncLimits>;
}

export interface SyncContext {
  logger: Logger;
  metrics: SyncMetrics;
  redact: Redact;
  clock: Clock;
  random: () => number;
  limits: SyncLimits;
}

/** By the options they were made from: a thousand connectors with the same options share one. */
const known = new WeakMap<SyncOptions, SyncContext>();

export function contextOf(options: SyncOptions): SyncContext {
  const context = known.get(options) ?? newContext(options);
  known.set(options, context);
  return context;
}

function newContext(options: SyncOptions): SyncContext {
  return {
    logger: options.logger,
    metrics: SyncMetrics.of(options.registry ?? new Registry()),
    redact: redaction(options.redact),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  };
}
