/** Formats a report as JUnit XML, which CI systems show. */
import type { CheckResult, ConformanceReport } from '../conformance.types.js';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Matches the characters that XML 1.0 cannot represent. They are replaced. */
const FORBIDDEN_PATTERN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g;

export function formatJunit({ url, startedAt, results }: ConformanceReport): string {
  const count = (outcome: CheckResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  const attributes = `name="${escapeXml(url)}" timestamp="${startedAt}" tests="${results.length}" failures="${count('failed')}" skipped="${count('skipped')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite ${attributes}>`,
    ...results.map(formatTestCase),
    '</testsuite>',
    '',
  ].join('\n');
}

function formatTestCase({
  id,
  title,
  severity,
  outcome,
  problems,
  consequence,
  durationMs,
}: CheckResult): string {
  const start = `  <testcase classname="${escapeXml(id)}" name="${escapeXml(title)}" time="${durationMs / 1000}"`;
  switch (outcome) {
    case 'passed':
      return `${start}/>`;
    case 'skipped':
      return `${start}><skipped message="${escapeXml(problems.join('; '))}"/></testcase>`;
    case 'failed':
      return `${start}><failure type="${severity}" message="${escapeXml(consequence)}">${escapeXml(problems.join('\n'))}</failure></testcase>`;
  }
}

function escapeXml(text: string): string {
  return text
    .replace(FORBIDDEN_PATTERN, '\uFFFD')
    .replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
