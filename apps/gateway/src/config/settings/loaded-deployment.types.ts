/** The types of a loaded deployment. Its values are validated, default values are set, and every reference is resolved. */
import type { ApiKey, OperatorKey } from '@tributary/auth';
import type { Plugin } from '@tributary/connector-api';
import type { StoreLocation } from '@tributary/feed';
import type { OrderLimits } from '@tributary/orders';
import type { FormanceConfig } from './formance-settings.js';
import type { ConfigPath } from '../file/value-path.js';
import type { AlertConfig } from './alert-parser.js';
import type { DeploymentOrderConfig } from './deployment-order-settings.js';
import type { ReconciliationPolicyConfig } from './reconciliation-parser.js';
import type { LineColumn } from '../file/config-problems.js';

export interface Deployment {
  /** The path of the deployment file, as the caller wrote it. */
  file: string;
  /** The name of the deployment; absent if the file has none. */
  name?: string;
  /**
   * The address on which the gateway listens. Port 0 means any free port. If `trustProxy` is true, the address of the client is read from
   * `X-Forwarded-For`.
   */
  listen: { host: string; port: number; trustProxy: boolean };
  /**
   * The store: `sqlite:PATH`, a PostgreSQL URL, or a PostgreSQL location with replicas and limits. The passwords of the URLs are also in
   * `secrets`.
   */
  store: string | StoreLocation;
  /** The connectors of the deployment; at least one. */
  connectors: ConnectorConfig[];
  /** The keys for the operator API. Keys without a tenant are also valid for `/metrics`. */
  operatorKeys: OperatorKey[];
  orders: DeploymentOrderConfig;
  /** The reconciliation policies of the deployment and of all tenants. */
  policies: ReconciliationPolicyConfig[];
  /** The channels that get alerts; absent if the file contains no channel. */
  alerts?: AlertConfig;
  /** How often a gateway looks for a change of the file, in milliseconds; absent if it does not look. */
  watchIntervalMs?: number;
  /** True if the gateway serves `<path>/docs` for each connector. */
  docs: boolean;
  /** True if the gateway serves the console at `/console`. */
  console: boolean;
  /**
   * The values that must be removed from messages: values from the environment or a file, API keys in clear text, and properties whose name
   * indicates a secret.
   */
  secrets: string[];
  /**
   * The references whose secrets were not requested, as they are written in the file; absent if there are none. The values of such
   * references are placeholders. Only `tributary check` loads a deployment with placeholders.
   */
  unreadSecrets?: string[];
}

/** The location of a value in the deployment file. It is needed for errors that are found after the file has been read. */
export interface ValueLocation {
  path: ConfigPath;
  position?: LineColumn;
}

/** A setting that is the path of a directory. */
export interface DirectorySetting {
  directory: string;
  /** The value for error messages: `found "./statements"`. It never contains a secret. */
  found: string;
  location: ValueLocation;
}

export interface ConnectorConfig {
  /** The name of the tenant; absent for a connector of the default tenant. */
  tenant?: string;
  name: string;
  /** The URL path of the connector, which is also its name in the store: `house-bank` or `acme/house-bank`. */
  path: string;
  /** The first path of the connector; absent if the connector was not renamed. */
  originalPath?: string;
  plugin: Plugin;
  /** An instance of the class `plugin.settings`. */
  settings: object;
  /** The settings whose value is the path of a directory that must exist; absent if the plugin has none. */
  directories?: DirectorySetting[];
  /** Keys that authorize requests to this connector; at least one. */
  apiKeys: ApiKey[];
  /** How long a balance is valid, in ms, or `off`. If absent, the validity depends on the polling interval of each reader. */
  balanceValidity?: number | 'off';
  /** The limits of the connector's payouts and transfers. */
  orders: OrderLimits;
  /** The Formance that reads this connector; absent if neither the tenant nor the deployment has one. */
  formance?: FormanceConfig;
  /** The name of the connector in Formance. If it is absent, the first path is used as the name. */
  formanceName?: string;
  /** True if a value of `settings` is a secret that was not requested. */
  hasUnreadSettings?: boolean;
  /** The location of `orders:` in the deployment file; absent if the entry has no `orders:`. */
  ordersLocation?: ValueLocation;
  /** The time from the end of one sync of a stream to the start of the next, in milliseconds. */
  syncIntervalMs: number;
  /** A hash of the entry in the deployment file, without its keys. It is secret, because it depends on the credentials of the PSP. */
  fingerprint?: string;
}
