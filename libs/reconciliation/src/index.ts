/** Public interface of the library `reconciliation`: policies, runs, breaks, the audit trail and reports. */
export * from './policy/policy.types.js';
export { parsePolicy, serializePolicy, toPolicyId } from './policy/serialize-policy.js';
export * from './ledger/ledger-source.js';
export { createHttpLedgerSource, type HttpLedgerOptions } from './ledger/http-ledger-source.js';
export * from './breaks/break.types.js';
export {
  BreakDecisions,
  DecisionError,
  UnknownBreakError,
  type DecisionAuthor,
} from './breaks/break-decisions.js';
export * from './events/event.types.js';
export { listBreakEvents } from './events/read-decisions.js';
export { verifyEvents } from './events/verify-events.js';
export { escapeHtml } from './reports/escape-html.js';
export { exportRun, verifyExport } from './reports/export-run.js';
export { explainRecord, type ItemExplanation } from './runs/explain-record.js';
export * from './legs/leg.types.js';
export * from './runs/run.types.js';
export { VERDICTS, type Verdict } from './runs/verdict.js';
export type { RunSources } from './runs/observe-sources.js';
export { streamBreaks } from './runs/stream-breaks.js';
export {
  previewPolicy,
  runPolicy,
  verifyRun,
  type PolicyPreview,
  type RunResult,
} from './runs/run-policy.js';
