/** The configuration that a connector must have in Formance, according to the deployment file. */

/** The API keys of a connector. The deployment file contains them in clear text or as hashes. */
export interface ConnectorKeys {
  /**
   * A key in clear text from the deployment file: the first key with the most scopes. It is sent to Formance if Formance has no key of this
   * connector. `undefined` if the file contains only hashes.
   */
  plainKey: string | undefined;
  /** Returns true if the gateway accepts this key for the connector. */
  isAccepted(key: string): boolean;
  /** Returns true if the key has the format of keys that `tributary keys new` creates. */
  isGenerated(key: string): boolean;
  /** Returns `sha256:<hex>`, the form in which the deployment file accepts the hash of a key. */
  formatHash(key: string): string;
}

export interface DesiredConnector {
  /** The path of the connector in the gateway, as people write it: `house-bank` or `acme/house-bank`. */
  path: string;
  /** The first path of the connector; absent if the connector was not renamed. The metadata of its accounts contains the first path. */
  originalPath?: string;
  /** The name of the connector in Formance. */
  name: string;
  /** The URL at which Formance reaches the connector, without a slash at the end. */
  endpoint: string;
  /** The polling period, a duration: `30m`. */
  pollingPeriod: string;
  keys: ConnectorKeys;
}

/** The minimum number of characters of a connector's name in Formance. Formance accepts names of 3 to 500 characters. */
export const MIN_NAME_LENGTH = 3;
export const MAX_NAME_LENGTH = 500;

/** Returns the reason why Formance would reject the name; `undefined` for a valid name. */
export function findNameProblem({ name, path }: Pick<DesiredConnector, 'name' | 'path'>): string | undefined {
  if (name.length >= MIN_NAME_LENGTH && name.length <= MAX_NAME_LENGTH) return undefined;
  return (
    `the name ${JSON.stringify(name.slice(0, 80))} has ${name.length} characters; Formance accepts ${MIN_NAME_LENGTH} to ${MAX_NAME_LENGTH}. ` +
    `Set formanceName of the connector ${path} in the deployment file; do not rename the connector, because its name is also the name of its feeds`
  );
}
