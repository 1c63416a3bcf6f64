/** The time that a strategy may use for one step, so that a listing progresses although its PSP is slow. */
import type { ListingContext } from './listing.types.js';

const DEFAULT_PAGE_TIMEOUT_MS = 60_000;
/** The budget is a third of the timeout, so that a request that is running when the budget ends has time to finish. */
const BUDGET_RATIO = 1 / 3;

/**
 * Measures the time since the last step. A strategy calls `restart` after each `yield`, so that the time in which the gateway commits a
 * page is not counted. It checks `isUsedUp` after each request, and then yields a cursor, with or without rows.
 */
export class TimeBudget {
  /** Aborted when the gateway no longer waits. It is passed to each request of the listing. */
  readonly signal: AbortSignal;
  private readonly budgetMs: number;
  private startedAt: number;

  constructor(private readonly context: ListingContext) {
    this.signal = context.signal ?? new AbortController().signal;
    this.budgetMs = (context.pageTimeoutMs ?? DEFAULT_PAGE_TIMEOUT_MS) * BUDGET_RATIO;
    this.startedAt = this.now();
  }

  restart(): void {
    this.startedAt = this.now();
  }

  isUsedUp(): boolean {
    return this.getUsedRatio() >= 1;
  }

  /** Returns the used share of the budget: 0 directly after `restart`, 1 when it is used up. */
  getUsedRatio(): number {
    return (this.now() - this.startedAt) / this.budgetMs;
  }

  private now(): number {
    const { clock } = this.context;
    return clock.monotonicNow?.() ?? clock.now();
  }
}
