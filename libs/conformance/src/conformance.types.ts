/** The types of a conformance run: checks, their results, and the report. */
import type { ServerUnderTest } from './server-under-test.js';

/** `error`: a client loses data, stops or shows wrong data. `warning`: nothing is lost yet, or only some releases are affected. */
export type CheckSeverity = 'error' | 'warning';

/** One check of a Generic Connector service. */
export interface ConformanceCheck {
  /** Unique and stable, e.g. `lists/append-only`. */
  id: string;
  title: string;
  severity: CheckSeverity;
  /** The consequence in Formance if the check fails. */
  consequence: string;
  /**
   * @returns one sentence for each problem; an empty list if the service conforms. @throws CheckSkipped if the service has no data to check
   */
  run(server: ServerUnderTest): Promise<string[]>;
}

/** The service has no data that the check could examine, e.g. no transactions. The message contains the missing data. */
export class CheckSkipped extends Error {
  override readonly name = 'CheckSkipped';
}

export interface CheckResult {
  id: string;
  title: string;
  severity: CheckSeverity;
  consequence: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** At most ten problems of a failed check, or the reason of a skipped check. */
  problems: string[];
  durationMs: number;
}

export interface ConformanceReport {
  url: string;
  /** RFC 3339. */
  startedAt: string;
  results: CheckResult[];
  /** False if a check with the severity `error` failed. */
  conforms: boolean;
}
