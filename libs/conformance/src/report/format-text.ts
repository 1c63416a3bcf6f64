/** Formats a report for people. */
import type { CheckResult, ConformanceReport } from '../conformance.types.js';

const MARKS: Readonly<Record<CheckResult['outcome'], string>> = {
  passed: 'ok',
  failed: 'FAILED',
  skipped: 'skipped',
};

/** Formats the result of a check in one line. After a failed check, lines with its problems and their consequence for Formance follow. */
export function formatResult({ id, title, severity, outcome, problems, consequence }: CheckResult): string {
  const line = `${MARKS[outcome].padEnd(8)}${id.padEnd(32)}${title}`;
  switch (outcome) {
    case 'passed':
      return line;
    case 'skipped':
      return `${line} (${problems.join('; ')})`;
    case 'failed':
      return [
        line,
        ...problems.map((problem) => `          ${problem}`),
        `          ${severity}: ${consequence}`,
      ].join('\n');
  }
}

/** Formats the last line of the report. */
export function formatSummary({ results, conforms }: ConformanceReport): string {
  const count = (outcome: CheckResult['outcome'], severity?: string) =>
    results.filter(
      (result) => result.outcome === outcome && (severity ?? result.severity) === result.severity,
    ).length;
  const counts = `${count('passed')} passed, ${count('failed', 'error')} errors, ${count('failed', 'warning')} warnings, ${count('skipped')} skipped`;
  return `${conforms ? 'The service conforms' : 'The service does NOT conform'}: ${counts}.`;
}
