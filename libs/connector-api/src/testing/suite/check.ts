/** A check of the suite: a plain function that ends, or throws a `Failure` which says what a user would notice. */
import type { Plugin } from '../../plugin.js';
import type { Trial } from './trial.js';

export interface Check {
  /** Unique, as tests and skips name it: `listings: from every cursor, one row a page`. */
  name: string;
  /** Whether the plugin has the capability that it is about. Default always. */
  concerns?: (plugin: Plugin) => boolean;
  run(trial: Trial): Promise<void>;
}

export type Outcome =
  | { check: string; outcome: 'passed' }
  | { check: string; outcome: 'failed'; why: string }
  | { check: string; outcome: 'skipped'; why: string };

/** What a plugin or its fake does wrong, in words for its author. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

export function fail(why: string): never {
  throw new Failure(why);
}

export function expectThat(holds: boolean, why: string): asserts holds {
  if (!holds) fail(why);
}

/** What a world lacks although the plugin has the capability: an author adds it, or skips the check with a reason. */
export function given<T>(part: T | undefined, name: string): T {
  return part ?? fail(`the fake's world has no "${name}": give it, or skip this check with a reason`);
}

/** Whether a capability is there as a method of the plugin's class. */
export function has(plugin: Plugin, method: string): boolean {
  return method in (plugin.psp.prototype as object);
}
