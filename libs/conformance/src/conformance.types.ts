/** The types of a conformance run: checks, their results, and the report. */
import type { ServerUnderTest } from './server-under-test.js';

/**
 * The severity of a failed check. `error`: a client loses data, stops or shows wrong data. `warning`: nothing is lost yet, or only some
 * releases are affected.
 */
export type CheckSeverity = 'error' | 'warning';

/** One check of a Generic Connector service. */
export interface ConformanceCheck {
  /** A unique and permanent id: `lists/append-only`. */
  id: string;
  title: string;
  severity: CheckSeverity;
  /** The consequence for Formance if the check fails. */
  consequence: string;
  /**
   * Runs the check.
   * @returns one sentence for each problem; an empty array if the service conforms
   * @throws CheckSkipped if the service has no data to check
   */
  run(server: ServerUnderTest): Promise<string[]>;
}

/** Thrown by a check if the service has no data that the check could examine, e.g. no transactions. The message names the missing data. */
export class CheckSkipped extends Error {
  override readonly name = 'CheckSkipped';
}

export interface CheckResult {
  id: string;
  title: string;
  severity: CheckSeverity;
  consequence: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** The problems of a failed check, at most ten, or the reason of a skipped check. */
  problems: string[];
  durationMs: number;
}

export interface ConformanceReport {
  url: string;
  /** The time in RFC 3339. */
  startedAt: string;
  results: CheckResult[];
  /** False if a check with the severity `error` failed. */
  conforms: boolean;
}
