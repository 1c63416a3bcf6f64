/** A check of the suite: a function that returns, or throws a `CheckFailure` that describes the defect of the plugin. */
import type { Plugin } from '../../plugin.js';
import type { CheckContext } from './check-context.js';

export interface Check {
  /** Unique name. Test titles and skips use it: `listings: from every cursor, one row a page`. */
  name: string;
  /** Returns true if the plugin has the capability that the check needs. Default: always true. */
  appliesTo?: (plugin: Plugin) => boolean;
  run(context: CheckContext): Promise<void>;
}

export type CheckOutcome =
  | { check: string; outcome: 'passed' }
  | { check: string; outcome: 'failed'; why: string }
  | { check: string; outcome: 'skipped'; why: string };
