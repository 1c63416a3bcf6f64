/** The keys of connectors and operators: hashed at once, and no key opens two owners' doors. */
import { InvalidKeyError, parseConfiguredKey } from '@tributary/auth';
import type { Binder } from './binding.js';
import { formatPath, type Path } from './path.js';

interface FirstUse {
  owner: string;
  /** The list it stands in. */
  list: string;
  path: Path;
}

export class ApiKeys {
  readonly #uses = new Map<string, FirstUse>();

  constructor(private readonly binder: Binder) {}

  /**
   * @param owner a tenant or the operators: keys open nothing of another owner. One owner may use a key on several connectors.
   * @returns the SHA-256 of each key that can be used
   */
  parse(keys: unknown, path: Path, owner: string): Buffer[] {
    if (!Array.isArray(keys)) return [];
    return (keys as unknown[]).flatMap((key, index) => this.#parseOne(key, [...path, index], owner) ?? []);
  }

  #parseOne(key: unknown, path: Path, owner: string): Buffer | undefined {
    // What is missing was reported where it is missing.
    if (key === undefined) return undefined;
    if (typeof key !== 'string') {
      const advice = typeof key === 'object' ? '' : '. Put it in quotes';
      this.binder.complain(path, `${this.binder.found(key, path)}; expected an API key${advice}`);
      return undefined;
    }
    try {
      const hash = parseConfiguredKey(key);
      this.#claim(hash, path, owner);
      return hash;
    } catch (error) {
      if (!(error instanceof InvalidKeyError)) throw error;
      this.binder.complain(path, error.message);
      return undefined;
    }
  }

  #claim(hash: Buffer, path: Path, owner: string): void {
    const list = formatPath(path.slice(0, -1));
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
