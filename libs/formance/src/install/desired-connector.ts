/** The configuration that a connector must have in Formance, according to the deployment file. */

/** The API keys of a connector. The deployment file contains them in clear text or as hashes. */
export interface ConnectorKeys {
  /**
   * A key of the file in clear text: the first key with the most scopes; `undefined` if the file has only hashes. It is sent to Formance if
   * Formance has no key of this connector.
   */
  plainKey: string | undefined;
  /** Returns true if the gateway accepts this key for the connector. */
  isAccepted(key: string): boolean;
  /** Returns true if the key has the format of `tributary keys new`. */
  isGenerated(key: string): boolean;
  /** Returns `sha256:<hex>`, the form in which the deployment file accepts a key. */
  formatHash(key: string): string;
}

export interface DesiredConnector {
  /** Path of the connector in the gateway, as people use it: `house-bank` or `acme/house-bank`. */
  path: string;
  /** Name in Formance. */
  name: string;
  /** URL at which Formance reaches the connector, without a slash at the end. */
  endpoint: string;
  /** A duration: `30m`. */
  pollingPeriod: string;
  keys: ConnectorKeys;
}

/** Formance accepts names of 3 to 500 characters. */
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
