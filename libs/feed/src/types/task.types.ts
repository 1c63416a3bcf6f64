/** Interfaces of work that one of all gateways of a store does from time to time. Times are milliseconds since 1970. */

/** A task of which this process has the lease. */
export interface ClaimedTask {
  /** Extends the lease. @returns false when another process has it */
  renew(leaseMs: number): Promise<boolean>;
  /** Ends the lease. The task is due again after this time. Does nothing when another process has the lease. */
  finish(nextInMs: number): Promise<void>;
}

export interface TaskSchedule {
  /**
   * Takes the lease of a task that is due. A new task is due at once.
   * @param name unique within the store: `reconciliation:acme/house-bank`
   * @returns `undefined` when the task is not due, or another process has the lease
   */
  claim(name: string, leaseMs: number): Promise<ClaimedTask | undefined>;
}

/** What a channel was told about an alert. */
export interface SentAlert {
  /** Id of the alert: `order-unknown house-bank`. */
  alert: string;
  /** The same while nothing changes. */
  fingerprint: string;
  /** JSON. */
  body: string;
}

export interface SentAlertRepository {
  /** Returns the alerts that a channel was told and that were not resolved since, sorted by their id. */
  list(channel: string): Promise<SentAlert[]>;
  /** Records what the channel was told, and removes the alerts of which it was told that they are resolved. */
  record(channel: string, told: readonly SentAlert[], resolved: readonly string[]): Promise<void>;
}
