/** Limits the time that a strategy may use for one step. A listing thus makes progress even if its PSP is slow. */
import type { ListingContext } from './listing.types.js';

/** The time limit of one page in milliseconds if the caller sets none. */
export const DEFAULT_PAGE_TIMEOUT_MS = 60_000;
/** The budget as a share of the timeout. It is only a third, so that a request that is running when the budget ends has time to finish. */
const BUDGET_RATIO = 1 / 3;

/**
 * Measures the time since the last step. A strategy calls `restart` after each `yield`, because the time in which the gateway commits a
 * page does not count. After each request, the strategy checks `isUsedUp`. If it returns true, the strategy yields a cursor, with or
 * without rows.
 */
export class TimeBudget {
  /** The signal is aborted when the gateway no longer waits for the listing. It is passed to each request of the listing. */
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

  /** Returns the used share of the budget: 0 directly after `restart`, 1 when the budget is used up. */
  getUsedRatio(): number {
    return (this.now() - this.startedAt) / this.budgetMs;
  }

  private now(): number {
    const { clock } = this.context;
    return clock.monotonicNow?.() ?? clock.now();
  }
}
