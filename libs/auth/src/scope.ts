/** The scopes of an API key. They are independent of each other: `pay` does not include `read`. */
export const SCOPES = ['read', 'pay'] as const;
export type Scope = (typeof SCOPES)[number];

/** An API key as the gateway stores it: its hash and its scopes. */
export interface ApiKey {
  /** The 32 bytes of the key's SHA-256. */
  hash: Buffer;
  scopes: readonly Scope[];
}
