/**
 * The circuit breaker for balance calls. After a failure, it rejects calls for a short time, for one account or for the whole PSP. So
 * clients that poll do not overload a failing PSP.
 */
import { PspError } from '@tributary/connector-api';
import type { SyncContext } from '../sync-context.js';

/** Time in milliseconds for which calls are rejected after a failure. */
const OPEN_MS = 1_000;
/** Time in milliseconds for which calls are rejected after the PSP rejected the credentials. */
const UNAUTHORIZED_OPEN_MS = 30_000;
/** The maximum time in ms that the PSP's header `Retry-After` can request. A longer time is reduced to this value. */
const MAX_RATE_LIMITED_OPEN_MS = 5 * 60_000;
/** Number of consecutive failures after which calls for all accounts are rejected. Fewer failures may concern single accounts only. */
const PSP_FAILURE_THRESHOLD = 3;
const MAX_TRACKED_ACCOUNTS = 1_000;

/** Rejects balance calls for some time after failures. It counts failures for the whole PSP and for each account. */
export class CircuitBreaker {
  private consecutiveFailures = 0;
  private openUntil = 0;
  private hasWarned = false;
  private readonly accountsOpenUntil = new Map<string, number>();

  constructor(
    private readonly connector: string,
    private readonly context: SyncContext,
  ) {}

  /**
   * Checks that a call is allowed.
   * @throws PspError `unavailable` while the circuit breaker is open for the PSP or this account
   */
  assertClosed(accountId: string): void {
    const now = this.context.clock.now();
    if (now >= Math.max(this.openUntil, this.accountsOpenUntil.get(accountId) ?? 0)) return;
    throw new PspError(
      'unavailable',
      `${this.connector} balances: the PSP has just failed, and is given a pause`,
    );
  }

  recordSuccess(): void {
    this.consecutiveFailures = 0;
    if (!this.hasWarned) return;
    this.hasWarned = false;
    this.context.logger.info(
      { connector: this.connector },
      `${this.connector} balances: the PSP answers again`,
    );
  }

  recordFailure(accountId: string, error: unknown): void {
    const now = this.context.clock.now();
    this.consecutiveFailures++;
    this.openForAccount(accountId, now);
    this.openUntil = Math.max(this.openUntil, now + this.openDurationMs(error));
    if (this.hasWarned) return;
    this.hasWarned = true;
    const message = error instanceof Error ? error.message : `${this.connector} balances: failed`;
    this.context.logger.warn(
      { connector: this.connector, accountId, kind: error instanceof PspError ? error.kind : undefined },
      `${message}; the balances last observed are served meanwhile`,
    );
  }

  private openForAccount(accountId: string, now: number): void {
    if (this.accountsOpenUntil.size >= MAX_TRACKED_ACCOUNTS) {
      for (const [account, until] of this.accountsOpenUntil)
        if (until <= now) this.accountsOpenUntil.delete(account);
    }
    if (this.accountsOpenUntil.size < MAX_TRACKED_ACCOUNTS)
      this.accountsOpenUntil.set(accountId, now + OPEN_MS);
  }

  private openDurationMs(error: unknown): number {
    const kind = error instanceof PspError ? error.kind : 'unavailable';
    switch (kind) {
      case 'unauthorized':
        return UNAUTHORIZED_OPEN_MS;
      case 'rate-limited': {
        const requestedMs = error instanceof PspError ? (error.details.retryAfterMs ?? 0) : 0;
        return Math.max(OPEN_MS, Math.min(requestedMs, MAX_RATE_LIMITED_OPEN_MS));
      }
      case 'rejected':
      case 'unavailable':
      case 'unknown-outcome':
        return this.consecutiveFailures >= PSP_FAILURE_THRESHOLD ? OPEN_MS : 0;
    }
  }
}
