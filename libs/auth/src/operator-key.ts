/**
 * The keys of operators: people and scripts that monitor a deployment and change its operation. These keys give no access to the lists of
 * connectors.
 */
import { hash } from 'node:crypto';
import { parseBearerKey } from './api-key-set.js';
import { findKey } from './find-key.js';

/**
 * The scopes of an operator key. `operate` allows every request of the operator API that changes something. All other requests require
 * `read`.
 */
export const OPERATOR_SCOPES = ['read', 'operate'] as const;
export type OperatorScope = (typeof OPERATOR_SCOPES)[number];

/** An operator key as the gateway stores it. */
export interface OperatorKey {
  /** The 32 bytes of the key's SHA-256. */
  hash: Buffer;
  /** The name of the person or program that uses the key. Audit events contain this name. */
  name: string;
  scopes: readonly OperatorScope[];
  /** The tenant whose connectors the key may access. Absent for a key of the whole deployment. */
  tenant?: string;
}

const KEY_ID_LENGTH = 32;

/** A set of operator keys. It finds a key in constant time. */
export class OperatorKeySet {
  private readonly keysById: ReadonlyMap<string, OperatorKey>;

  constructor(private readonly keys: readonly OperatorKey[]) {
    this.keysById = new Map(keys.map((key) => [deriveOperatorKeyId(key), key]));
  }

  /** Returns the key in an `Authorization` header, or `undefined` if the header contains no key of this set. */
  findByAuthorization(authorization: string | undefined): OperatorKey | undefined {
    return this.findByKey(parseBearerKey(authorization));
  }

  /** Returns the entry of a key in clear text. */
  findByKey(key: string | undefined): OperatorKey | undefined {
    return findKey(this.keys, key);
  }

  /** Returns the key with this id, or `undefined` if the deployment file no longer contains the key. */
  findById(id: string): OperatorKey | undefined {
    return this.keysById.get(id);
  }
}

/** Returns an id of the key for stored sessions. The id reveals neither the key nor its hash. If the key changes, its id changes. */
export function deriveOperatorKeyId({ hash: keyHash }: Pick<OperatorKey, 'hash'>): string {
  return hash('sha256', `operator ${keyHash.toString('hex')}`).slice(0, KEY_ID_LENGTH);
}
