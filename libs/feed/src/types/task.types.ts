/** The interfaces for tasks that only one gateway of a store runs at a time. Times are milliseconds since 1970. */

/** A task on which this process has the lease, i.e. the right to run it. */
export interface ClaimedTask {
  /**
   * Extends the lease.
   * @returns false when another process has the lease
   */
  renew(leaseMs: number): Promise<boolean>;
  /** Ends the lease, and makes the task due again after this time in ms. If another process has the lease, nothing happens. */
  finish(nextInMs: number): Promise<void>;
}

export interface TaskSchedule {
  /**
   * Acquires the lease on a task that is due. A new task is due at once.
   * @param name unique within the store: `reconciliation:acme/house-bank`
   * @returns `undefined` when the task is not due, or another process has the lease
   */
  claim(name: string, leaseMs: number): Promise<ClaimedTask | undefined>;
}

/** The last message about an alert that was sent to a channel. */
export interface SentAlert {
  /** The id of the alert: `order-unknown house-bank`. */
  alert: string;
  /** A text that stays the same while the alert does not change. */
  fingerprint: string;
  /** JSON. */
  body: string;
}

export interface SentAlertRepository {
  /** Returns the alerts that were sent to a channel and are not resolved, sorted by id. */
  list(channel: string): Promise<SentAlert[]>;
  /** Stores which alerts were sent to the channel. Alerts whose resolution was sent to the channel are removed. */
  record(channel: string, told: readonly SentAlert[], resolved: readonly string[]): Promise<void>;
}
