/** The public interface of the library `conformance`: checks for any Generic Connector service, and models of Formance's releases. */
export { CONFORMANCE_CHECKS, runConformance } from './run-conformance.js';
export { formatJunit } from './report/format-junit.js';
export { formatResult, formatSummary } from './report/format-text.js';
export type { ConformanceCheck, CheckResult, ConformanceReport, CheckSeverity } from './conformance.types.js';
export type { TestPayout } from './test-payout.types.js';
export type { ServerOptions } from './server-under-test.js';
