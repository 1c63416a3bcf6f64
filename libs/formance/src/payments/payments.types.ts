/** The objects of Formance Payments v3 that this library reads. Source: Formance's OpenAPI document of Payments v3.4.0. */
import type { JsonBody } from '@tributary/connector-api/http';

/** An installed connector of any provider. */
export interface InstalledConnector {
  id: string;
  name: string;
  /** The provider in lower case: `generic`. */
  provider: string;
  /** The time in RFC 3339. */
  createdAt: string;
  /** Whether the connector was uninstalled, but its deletion has not ended yet. */
  isScheduledForDeletion: boolean;
  /** The URL of the service that the connector reads. Absent for providers without an endpoint. */
  endpoint?: string;
}

/** The complete configuration of a connector of the provider `generic`. */
export interface GenericConfig {
  name: string;
  endpoint: string;
  apiKey: string;
  /** The polling period as a Go duration: `30m`, `20m0s`. */
  pollingPeriod: string;
  /** The properties that this library does not use. An update must contain them, because Formance rejects an incomplete configuration. */
  others: Readonly<Record<string, JsonBody>>;
}

/** A job that Formance repeats for a connector, e.g. FETCH_PAYMENTS. */
export interface Schedule {
  id: string;
  createdAt: string;
  /**
   * The time at which Formance paused the schedule. Absent while the schedule runs. Payments v3.4.0 pauses a schedule after 10 errors in a
   * row.
   */
  pausedAt?: string;
  pausedReason?: string;
}

/** One run of a schedule. */
export interface ScheduleRun {
  id: string;
  createdAt: string;
  isTerminated: boolean;
  error?: string;
}

/** An account in Formance Payments. */
export interface StoredAccount {
  id: string;
  /** The id of the account or beneficiary, as served by the gateway. */
  reference: string;
  /** `INTERNAL` for an own account, `EXTERNAL` for a counterparty. */
  type: string;
}

/** The query of a dynamic pool, in Formance's query language. */
export type PoolQuery = Readonly<Record<string, JsonBody>>;

/** A pool of accounts. Formance adds up the balances of its accounts. */
export interface Pool {
  id: string;
  name: string;
  /** The query that finds the accounts. Absent for a static pool, which contains a list of accounts instead. */
  query?: PoolQuery;
}
