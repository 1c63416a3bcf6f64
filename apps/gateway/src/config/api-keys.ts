/** Parses the API keys of connectors and operators. Stores only hashes. Rejects a key that two owners share. */
import { InvalidKeyError, parseConfiguredKey, type ApiKey, type Scope } from '@tributary/auth';
import { ApiKeyEntry } from './api-key-entry.js';
import type { Binder } from './binding.js';
import { formatPath, type Path } from './path.js';
import { isMapping } from './settings-class.js';

interface FirstUse {
  owner: string;
  /** Formatted path of the list that contains the key. */
  list: string;
  path: Path;
}

/** Scopes of a key that is written as a plain string. The scope `pay` must be written explicitly. */
const READS: readonly Scope[] = ['read'];

export class ApiKeys {
  readonly #uses = new Map<string, FirstUse>();

  constructor(private readonly binder: Binder) {}

  /**
   * Parses one list of connector keys and reports each invalid key as a problem.
   * @param owner the tenant. A key must not be used by two owners; one owner may use it on several connectors.
   * @returns the valid keys
   */
  parse(keys: unknown, path: Path, owner: string): ApiKey[] {
    if (!Array.isArray(keys)) return [];
    return (keys as unknown[]).flatMap((key, index): ApiKey[] => {
      const scoped = isMapping(key);
      const here = [...path, index];
      const entry = scoped ? this.binder.bind(ApiKeyEntry, key, here) : { key, scopes: READS };
      const hash = this.#parseOne(entry.key, scoped ? [...here, 'key'] : here, owner, path);
      return hash === undefined ? [] : [{ hash, scopes: entry.scopes }];
    });
  }

  /** @returns the SHA-256 of each valid operator key. Operator keys have no scopes, because they allow one kind of access only. */
  parseOperators(keys: unknown, path: Path): Buffer[] {
    if (!Array.isArray(keys)) return [];
    const owner = 'the operators';
    return (keys as unknown[]).flatMap(
      (key, index) => this.#parseOne(key, [...path, index], owner, path) ?? [],
    );
  }

  #parseOne(key: unknown, path: Path, owner: string, list: Path): Buffer | undefined {
    // The missing value has already been reported at its own path.
    if (key === undefined) return undefined;
    if (typeof key !== 'string') {
      const advice = typeof key === 'object' ? '' : '. Put it in quotes';
      this.binder.complain(path, `${this.binder.found(key, path)}; expected an API key${advice}`);
      return undefined;
    }
    try {
      const hash = parseConfiguredKey(key);
      this.#claim(hash, path, owner, formatPath(list));
      return hash;
    } catch (error) {
      if (!(error instanceof InvalidKeyError)) throw error;
      this.binder.complain(path, error.message);
      return undefined;
    }
  }

  #claim(hash: Buffer, path: Path, owner: string, list: string): void {
    const first = this.#uses.get(hash.toString('hex'));
    if (!first) this.#uses.set(hash.toString('hex'), { owner, list, path });
    else if (first.list === list || first.owner !== owner) {
      const why =
        first.list === list
          ? 'Remove one'
          : `It would open what belongs to ${first.owner} and to ${owner}. Make another with "tributary keys new"`;
      this.binder.complain(path, `found the same key as ${formatPath(first.path)}. ${why}`);
    }
  }
}
