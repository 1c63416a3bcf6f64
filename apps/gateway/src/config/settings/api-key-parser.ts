/** Parses the API keys of connectors and operators. Only hashes of the keys are kept. A key that two owners share is rejected. */
import {
  deriveOperatorKeyId,
  InvalidKeyError,
  parseKeyOrHash,
  type ApiKey,
  type OperatorKey,
  type OperatorScope,
  type Scope,
} from '@tributary/auth';
import { ApiKeyEntry, OperatorKeyEntry } from './api-key-entry.js';
import type { SettingsBinder } from './settings-binder.js';
import { formatPath, formatPathForMessage, type ConfigPath } from '../file/value-path.js';
import { isPlainObject } from './settings-metadata.js';

interface FirstKeyUse {
  owner: string;
  /** The path of the list that contains the key, as text. */
  list: string;
  path: ConfigPath;
}

/** The scopes of a key that is written as a plain string. The scope `pay` must be written explicitly. */
const READ_ONLY_SCOPES: readonly Scope[] = ['read'];
/** The scopes of an operator key that is written as a plain string. */
const READ_ONLY_OPERATOR_SCOPES: readonly OperatorScope[] = ['read'];

export class ApiKeyParser {
  readonly #firstUses = new Map<string, FirstKeyUse>();

  constructor(private readonly binder: SettingsBinder) {}

  /**
   * Parses one list of connector keys, and reports each invalid key as a problem.
   * @param owner the tenant. Two owners must not use the same key; one owner may use a key on several connectors
   * @returns the valid keys
   */
  parseConnectorKeys(keys: unknown, path: ConfigPath, owner: string): ApiKey[] {
    if (!Array.isArray(keys)) return [];
    return (keys as unknown[]).flatMap((key, index): ApiKey[] => {
      const hasScopes = isPlainObject(key);
      const keyPath = [...path, index];
      const entry = hasScopes
        ? this.binder.bind(ApiKeyEntry, key, keyPath)
        : { key, scopes: READ_ONLY_SCOPES };
      const hash = this.#parseKey(entry.key, hasScopes ? [...keyPath, 'key'] : keyPath, owner, path);
      return hash === undefined ? [] : [{ hash, scopes: entry.scopes }];
    });
  }

  /**
   * Parses one list of operator keys, and reports each invalid key as a problem.
   * @param tenant the tenant whose connectors the keys can see; `undefined` for keys of the whole deployment
   */
  parseOperatorKeys(keys: unknown, path: ConfigPath, tenant?: string): OperatorKey[] {
    if (!Array.isArray(keys)) return [];
    const owner = tenant === undefined ? 'the operators' : `the operators of tenant ${tenant}`;
    return (keys as unknown[]).flatMap((key, index): OperatorKey[] => {
      const hasScopes = isPlainObject(key);
      const keyPath = [...path, index];
      const entry: { key: unknown; name?: string; scopes: readonly OperatorScope[] } = hasScopes
        ? this.binder.bind(OperatorKeyEntry, key, keyPath)
        : { key, scopes: READ_ONLY_OPERATOR_SCOPES };
      const hash = this.#parseKey(entry.key, hasScopes ? [...keyPath, 'key'] : keyPath, owner, path);
      if (hash === undefined) return [];
      const name = entry.name ?? `key ${deriveOperatorKeyId({ hash }).slice(0, 8)}`;
      return [{ hash, name, scopes: entry.scopes, ...(tenant !== undefined && { tenant }) }];
    });
  }

  #parseKey(key: unknown, path: ConfigPath, owner: string, list: ConfigPath): Buffer | undefined {
    // The missing value has already been reported at its own path.
    if (key === undefined) return undefined;
    if (typeof key !== 'string') {
      const advice = typeof key === 'object' ? '' : '. Put it in quotes';
      this.binder.reportProblem(
        path,
        `${this.binder.describeFound(key, path)}; expected an API key${advice}`,
      );
      return undefined;
    }
    try {
      const hash = parseKeyOrHash(key);
      this.#registerUse(hash, path, owner, formatPath(list));
      return hash;
    } catch (error) {
      if (!(error instanceof InvalidKeyError)) throw error;
      this.binder.reportProblem(path, error.message);
      return undefined;
    }
  }

  #registerUse(hash: Buffer, path: ConfigPath, owner: string, list: string): void {
    const first = this.#firstUses.get(hash.toString('hex'));
    if (!first) this.#firstUses.set(hash.toString('hex'), { owner, list, path });
    else if (first.list === list || first.owner !== owner) {
      const advice =
        first.list === list
          ? 'Remove one'
          : `It would open what belongs to ${first.owner} and to ${owner}. Make another with "tributary keys new"`;
      this.binder.reportProblem(path, `found the same key as ${formatPathForMessage(first.path)}. ${advice}`);
    }
  }
}
