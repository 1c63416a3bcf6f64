/** The types of a conformance run: checks, what they found, and the report. */
import type { ServerUnderTest } from './server-under-test.js';

/** `error`: a client loses data, stops or shows wrong data. `warning`: nothing is lost yet, or only some releases are affected. */
export type CheckSeverity = 'error' | 'warning';

/** One check of a Generic Connector service. */
export interface ConformanceCheck {
  /** Unique and stable, e.g. `lists/append-only`. */
  id: string;
  title: string;
  severity: CheckSeverity;
  /** What happens in Formance if the check fails. */
  consequence: string;
  /** @returns one sentence for each problem; none if the service conforms. @throws CheckSkipped if the service has nothing to check */
  run(server: ServerUnderTest): Promise<string[]>;
}

/** The service has nothing that the check could check, e.g. no transactions. The message says what is missing. */
export class CheckSkipped extends Error {
  override readonly name = 'CheckSkipped';
}

export interface CheckResult {
  id: string;
  title: string;
  severity: CheckSeverity;
  consequence: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** For a failed check at most ten problems; for a skipped one the reason. */
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
