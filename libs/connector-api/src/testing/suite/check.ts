/**
 * A check of the suite. Its function returns if the plugin is correct, and throws a `CheckFailure` that describes a defect of the plugin.
 */
import type { Plugin } from '../../plugin.js';
import type { CheckContext } from './check-context.js';

export interface Check {
  /** A unique name: `listings: from every cursor, one row a page`. It is the title of the test, and specs use it to skip the check. */
  name: string;
  /** Returns true if the plugin has the capability that the check needs. Default: always true. */
  appliesTo?: (plugin: Plugin) => boolean;
  run(context: CheckContext): Promise<void>;
}

export type CheckOutcome =
  | { check: string; outcome: 'passed' }
  | { check: string; outcome: 'failed'; why: string }
  | { check: string; outcome: 'skipped'; why: string };
