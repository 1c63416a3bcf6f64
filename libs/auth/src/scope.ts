/** What a key may do. One scope does not contain the other. */
export const SCOPES = ['read', 'pay'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as it is kept: its hash, and what whoever sends it may do. */
export interface ApiKey {
  /** SHA-256. */
  hash: Buffer;
  scopes: readonly Scope[];
}
