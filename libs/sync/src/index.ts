export { BalanceService } from './balances/balance-service.js';
export { systemClock } from './clock.js';
export type { Clock } from './clock.js';
export { acceptGap, type GapAcceptance } from './completeness/accept-gap.js';
export { computeSuspectDifference } from './completeness/judge-observation.js';
export { getSyncContext } from './sync-context.js';
export type { SyncContext, SyncOptions } from './sync-context.js';
export { SyncEngine } from './scheduling/sync-engine.js';
export { DEFAULT_SYNC_LIMITS } from './sync-limits.js';
export type { SyncLimits } from './sync-limits.js';
export { PluginCaller } from './pulling/plugin-caller.js';
export { Semaphore } from './pulling/semaphore.js';
export { WebhookTrigger } from './webhooks/webhook-trigger.js';
export type {
  MatchedPage,
  DeferredPage,
  SyncConnector,
  SyncProgress,
  TransactionMatcher,
} from './sync.types.js';
