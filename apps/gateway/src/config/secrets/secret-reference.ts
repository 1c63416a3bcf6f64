/** Recognises the references to secret sources in the deployment file. */

/** The schemes of all secret sources. Each scheme is also the name of the source's settings in `secrets:`. */
export const SECRET_SCHEMES = ['vault'] as const;
export type SecretScheme = (typeof SECRET_SCHEMES)[number];

/** A reference to a secret source: `vault:secret/mollie#apiKey`. */
export interface SecretReference {
  scheme: SecretScheme;
  /** The reference with its scheme. Variables in it are replaced. */
  text: string;
  /** The reference as it is written in the file. Messages contain this text, because the value of a variable can be secret. */
  displayName: string;
}

/**
 * Returns the reference that a value of the deployment file contains, or `undefined` for any other value.
 * @param rawValue the value as it is written in the file
 * @param text the value in which variables are replaced
 */
export function parseSecretReference(rawValue: string, text: string): SecretReference | undefined {
  const scheme = SECRET_SCHEMES.find((known) => rawValue.startsWith(`${known}:`));
  return scheme && { scheme, text, displayName: rawValue };
}
