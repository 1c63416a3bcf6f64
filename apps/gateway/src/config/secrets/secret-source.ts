/**
 * Defines the interface of a secret source: a service outside the machine, e.g. HashiCorp Vault, that stores secrets. A value of the
 * deployment file that begins with the scheme of a source is a reference: `vault:secret/mollie#apiKey`. To add a source, implement this
 * interface, add its scheme to `secret-reference.ts`, its settings to `secrets-settings.ts` and its construction to `secret-source-types.ts`. See docs/decisions/0022-secrets-by-reference.md.
 */

/** A connection to a secret source that is used for one load of the deployment file. */
export interface SecretSource {
  /**
   * Reads one value. The source may read values that belong together with one request, and keep them until it is discarded.
   * @param reference the text after the scheme and the colon: `secret/mollie#apiKey`
   * @returns the value, which is not empty
   * @throws SecretSourceError if the value cannot be read
   */
  read(reference: string): Promise<string>;
}

/** Thrown when a secret cannot be read. The message is for people: it contains the cause and advice, but never a secret. */
export class SecretSourceError extends Error {
  override readonly name = 'SecretSourceError';
}
