/** Assertions of the suite. A failed assertion throws a `CheckFailure` with a message for the plugin's author. */
import type { Plugin } from '../../plugin.js';

/** The error for a defect of a plugin or of its fake. The message is written for the plugin's author. */
export class CheckFailure extends Error {
  override readonly name = 'CheckFailure';
}

export function failCheck(why: string): never {
  throw new CheckFailure(why);
}

export function expectThat(holds: boolean, why: string): asserts holds {
  if (!holds) failCheck(why);
}

/**
 * Returns a part of the fixture that a check needs.
 * @throws CheckFailure if the fixture does not have this part
 */
export function requireFixturePart<T>(part: T | undefined, name: string): T {
  return part ?? failCheck(`the fixture has no "${name}": give it, or skip this check with a reason`);
}

/** Returns true if the plugin's client class has an optional method, i.e. if the plugin has this capability. */
export function hasMethod(plugin: Plugin, method: string): boolean {
  return method in (plugin.psp.prototype as object);
}
