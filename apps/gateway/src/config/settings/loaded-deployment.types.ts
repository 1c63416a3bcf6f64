/** Types of a loaded deployment: validated, with default values, and with every reference resolved. */
import type { ApiKey, OperatorKey } from '@tributary/auth';
import type { Plugin } from '@tributary/connector-api';
import type { StoreLocation } from '@tributary/feed';
import type { OrderLimits } from '@tributary/orders';
import type { FormanceConfig } from './formance-settings.js';
import type { ConfigPath } from '../file/value-path.js';
import type { AlertConfig } from './alert-parser.js';
import type { PolicyConfig } from './reconciliation-parser.js';
import type { LineColumn } from '../file/config-problems.js';

export interface Deployment {
  /** Path of the deployment file, as the caller gave it. */
  file: string;
  /** Name of the deployment; absent if the file has none. */
  name?: string;
  /** Port 0 means any free port. If `trustProxy` is true, the client's address is read from `X-Forwarded-For`. */
  listen: { host: string; port: number; trustProxy: boolean };
  /** `sqlite:PATH`, a PostgreSQL URL, or a PostgreSQL location with replicas and limits. `secrets` contains the passwords of the URLs. */
  store: string | StoreLocation;
  /** The connectors of the deployment; at least one. */
  connectors: ConnectorConfig[];
  /** Keys for the operator API; those without a tenant also for `/metrics`. */
  operatorKeys: OperatorKey[];
  /** Policies of all owners. */
  policies: PolicyConfig[];
  /** The channels that get alerts; absent if the file contains no channel. */
  alerts?: AlertConfig;
  /** Whether the gateway serves `<path>/docs` for each connector. */
  docs: boolean;
  /** Whether the gateway serves the console at `/console`. */
  console: boolean;
  /** Values that must be redacted: values from the environment or a file, plain API keys, and properties with a secret name. */
  secrets: string[];
}

/** Location of a value in the deployment file, for errors that are found after the file has been read. */
export interface ValueLocation {
  path: ConfigPath;
  position?: LineColumn;
}

/** A setting that is the path of a directory. */
export interface DirectorySetting {
  directory: string;
  /** `found "./statements"`, for error messages. It never shows a secret. */
  found: string;
  location: ValueLocation;
}

export interface ConnectorConfig {
  /** Absent for a connector of the default tenant. */
  tenant?: string;
  name: string;
  /** URL path of the connector, and its name in the store: `house-bank` or `acme/house-bank`. */
  path: string;
  plugin: Plugin;
  /** An instance of `plugin.settings`. */
  settings: object;
  /** Settings whose value is the path of a directory that must exist; absent if the plugin has none. */
  directories?: DirectorySetting[];
  /** Keys that authorize requests to this connector; at least one. */
  apiKeys: ApiKey[];
  /** How long a balance is valid, in ms, or `off`. If absent, the validity follows the polling interval of each reader. */
  balanceValidity?: number | 'off';
  /** Limits of the connector's payouts and transfers. */
  orders: OrderLimits;
  /** The Formance that reads this connector; absent if neither the tenant nor the deployment has one. */
  formance?: FormanceConfig;
  /** Name of the connector in Formance. If absent, it is the path. */
  formanceName?: string;
  /** Location of `orders:` in the deployment file; absent if the entry has no `orders:`. */
  ordersLocation?: ValueLocation;
  /** Time from the end of one sync of a stream to the start of the next, in milliseconds. */
  syncIntervalMs: number;
}
