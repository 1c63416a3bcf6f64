/** A deployment as the rest of the gateway sees it: checked, complete, with every reference resolved. */
import type { ApiKey } from '@tributary/auth';
import type { Plugin } from '@tributary/connector-api';
import type { StoreLocation } from '@tributary/feed';
import type { OrderLimits } from '@tributary/orders';
import type { Path } from './path.js';
import type { Position } from './problems.js';

export interface Deployment {
  /** The deployment file, as it was named. */
  file: string;
  /** `port` 0 takes any free one. `trustProxy`: believe `X-Forwarded-For`. */
  listen: { host: string; port: number; trustProxy: boolean };
  /** `sqlite:PATH`, or a URL of PostgreSQL, whose password is among the secrets, or more about one. */
  store: string | StoreLocation;
  /** At least one. */
  connectors: ConnectorConfig[];
  /** SHA-256 of each key that opens what belongs to the operator, not to a connector. */
  operatorKeys: Buffer[];
  /** Serve `<path>/docs` of each connector. */
  docs: boolean;
  /** Values that must never be shown: what came from the environment or a file, plain API keys, and what is secret by its key. */
  secrets: string[];
}

/** Of something in the deployment file, for errors that are found after it has been read. */
export interface FilePlace {
  path: Path;
  position?: Position;
}

export interface ConnectorConfig {
  /** Absent for a connector of the default tenant. */
  tenant?: string;
  name: string;
  /** Where it is mounted, and its name in the store: `house-bank` or `acme/house-bank`. */
  path: string;
  plugin: Plugin;
  /** An instance of `plugin.settings`. */
  settings: object;
  /** Keys that open it; at least one. */
  apiKeys: ApiKey[];
  /** What may be paid through it. */
  orders: OrderLimits;
  /** Where the file limits them; absent where it says nothing of orders. */
  ordersAt?: FilePlace;
  /** From the end of one sync of a stream to the beginning of the next, in milliseconds. */
  syncEvery: number;
}
