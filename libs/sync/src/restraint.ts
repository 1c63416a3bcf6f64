/**
 * Circuit breaker for balance calls. It is open for a short time after a failure, for one account or for the whole PSP, so that
 * polling clients do not overload a failing PSP.
 */
import { PspError } from '@tributary/connector-api';
import type { SyncContext } from './context.js';

/** Time in milliseconds for which the circuit breaker is open after a failure. */
const PAUSE = 1_000;
/** The same after the PSP rejected the credentials. */
const UNAUTHORIZED_PAUSE = 30_000;
/** Upper limit of the PSP's `Retry-After`. */
const LONGEST_RATE_PAUSE = 5 * 60_000;
/** Number of consecutive failures after which the PSP counts as failing. Fewer failures may concern single accounts. */
const FAILURES_OF_PSP = 3;
const MOST_ACCOUNTS = 1_000;

/** Stops balance calls after failures, per PSP and per account. */
export class Restraint {
  private failures = 0;
  private pausedUntil = 0;
  private warned = false;
  private readonly accounts = new Map<string, number>();

  constructor(
    private readonly connector: string,
    private readonly context: SyncContext,
  ) {}

  /**
   * Checks that a call is allowed.
   * @throws PspError `unavailable` while the circuit breaker is open for the PSP or this account
   */
  check(accountId: string): void {
    const now = this.context.clock.now();
    if (now >= Math.max(this.pausedUntil, this.accounts.get(accountId) ?? 0)) return;
    throw new PspError(
      'unavailable',
      `${this.connector} balances: the PSP has just failed, and is given a pause`,
    );
  }

  succeeded(): void {
    this.failures = 0;
    if (!this.warned) return;
    this.warned = false;
    this.context.logger.info(
      { connector: this.connector },
      `${this.connector} balances: the PSP answers again`,
    );
  }

  failed(accountId: string, error: unknown): void {
    const now = this.context.clock.now();
    this.failures++;
    this.pauseAccount(accountId, now);
    this.pausedUntil = Math.max(this.pausedUntil, now + this.pauseOf(error));
    if (this.warned) return;
    this.warned = true;
    const message = error instanceof Error ? error.message : `${this.connector} balances: failed`;
    this.context.logger.warn(
      { connector: this.connector, accountId, kind: error instanceof PspError ? error.kind : undefined },
      `${message}; the balances last observed are served meanwhile`,
    );
  }

  private pauseAccount(accountId: string, now: number): void {
    if (this.accounts.size >= MOST_ACCOUNTS) {
      for (const [account, until] of this.accounts) if (until <= now) this.accounts.delete(account);
    }
    if (this.accounts.size < MOST_ACCOUNTS) this.accounts.set(accountId, now + PAUSE);
  }

  private pauseOf(error: unknown): number {
    const kind = error instanceof PspError ? error.kind : 'unavailable';
    switch (kind) {
      case 'unauthorized':
        return UNAUTHORIZED_PAUSE;
      case 'rate-limited': {
        const asked = error instanceof PspError ? (error.details.retryAfter ?? 0) : 0;
        return Math.max(PAUSE, Math.min(asked, LONGEST_RATE_PAUSE));
      }
      case 'rejected':
      case 'unavailable':
      case 'unknown-outcome':
        return this.failures >= FAILURES_OF_PSP ? PAUSE : 0;
    }
  }
}
