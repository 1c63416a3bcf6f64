/** The objects of Formance Payments v3 that this library reads. Source: Formance's OpenAPI document of Payments v3.4.0. */
import type { JsonBody } from '@tributary/connector-api/http';

/** An installed connector of any provider. */
export interface InstalledConnector {
  id: string;
  name: string;
  /** The provider in lower case, e.g. `generic`. */
  provider: string;
  /** RFC 3339. */
  createdAt: string;
  /** Whether the connector was uninstalled and its deletion has not ended yet. */
  isScheduledForDeletion: boolean;
  /** URL of the service that the connector reads; absent for providers without an endpoint. */
  endpoint?: string;
}

/** The complete configuration of a connector of the provider `generic`. */
export interface GenericConfig {
  name: string;
  endpoint: string;
  apiKey: string;
  /** A Go duration: `30m`, `20m0s`. */
  pollingPeriod: string;
  /** Properties that this library does not use. An update must send them back, because Formance rejects a partial configuration. */
  others: Readonly<Record<string, JsonBody>>;
}

/** A job that a connector repeats, e.g. FETCH_PAYMENTS. */
export interface Schedule {
  id: string;
  createdAt: string;
  /** Time at which Formance paused the schedule; absent while it runs. Payments v3.4.0 pauses a schedule after 10 errors in a row. */
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
  /** Id of the account or beneficiary, as served by the gateway. */
  reference: string;
  /** `INTERNAL` for an own account, `EXTERNAL` for a counterparty. */
  type: string;
}

/** The query of a dynamic pool, in Formance's query language. */
export type PoolQuery = Readonly<Record<string, JsonBody>>;

/** A pool of accounts, whose balances Formance adds up. */
export interface Pool {
  id: string;
  name: string;
  /** The query that finds the accounts; absent for a static pool, which contains a list of accounts. */
  query?: PoolQuery;
}
