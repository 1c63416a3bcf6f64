/** Formats the state of connectors in Formance and their faults. */
import type { ConnectorFacts, Finding } from '@tributary/formance';
import { formatTable, replaceControlCharacters } from '../../shared/terminal.js';

export interface Diagnosis {
  facts: ConnectorFacts;
  findings: readonly Finding[];
}

const STATE_WORDS: Readonly<Record<ConnectorFacts['formance']['kind'], string>> = {
  found: 'installed',
  absent: 'not installed',
  ambiguous: 'not clear',
  unreachable: 'unknown',
};

/**
 * Formats one line for each stream. The line contains the time of Formance's last request, the number of rows that Formance does not have,
 * and the polling interval.
 */
export function formatFormanceStatus(diagnoses: readonly Diagnosis[]): string {
  const rows = diagnoses.flatMap(({ facts: { desired, formance, streams, now } }) =>
    streams.map(({ stream, rows: count, reader }) => [
      `/${desired.path}`,
      STATE_WORDS[formance.kind],
      stream,
      String(count),
      reader?.rowsBehind === undefined ? '-' : String(reader.rowsBehind),
      reader === undefined ? 'never' : `${formatAge(now - reader.requestedAt)} ago`,
      reader?.intervalMs === undefined ? '-' : (3_600_000 / Math.max(1, reader.intervalMs)).toFixed(1),
    ]),
  );
  return formatTable([
    ['CONNECTOR', 'IN FORMANCE', 'STREAM', 'ROWS', 'BEHIND', 'LAST POLL', 'POLLS PER HOUR'],
    ...rows,
  ]);
}

export function formatDiagnosisFindings(diagnoses: readonly Diagnosis[]): string {
  const lines = diagnoses.flatMap(({ facts, findings }) =>
    findings.map(({ cause, what, advice }) => `/${facts.desired.path}: ${cause}: ${what}. ${advice}.`),
  );
  return lines.length === 0 ? 'No problem was found.' : lines.map(replaceControlCharacters).join('\n');
}

/** Returns the diagnoses as JSON for scripts. The result contains no key. */
export function toDiagnosisJson(diagnoses: readonly Diagnosis[]): object[] {
  return diagnoses.map(({ facts: { desired, formance, streams, unauthorized }, findings }) => ({
    ...{ connector: desired.path, name: desired.name, endpoint: desired.endpoint, state: formance.kind },
    ...(formance.kind === 'found' && {
      connectorId: formance.connector.id,
      pollingPeriod: formance.config.pollingPeriod,
      pausedSchedules: formance.paused,
    }),
    ...{ streams: streams.map(toStreamJson), unauthorized, findings },
  }));
}

function toStreamJson({ stream, rows, lastPull, reader }: ConnectorFacts['streams'][number]) {
  const position = reader && {
    ...{ requestedAt: reader.requestedAt, rowsBehind: reader.rowsBehind, intervalMs: reader.intervalMs },
  };
  return { stream, rows, lastPull, reader: position };
}

function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
