/**
 * Writes the log for people. A PSP can send many invalid records at once. So if one pull has several rejected records and data warnings,
 * the line of the pull only counts them. If there is only one, it has a line of its own with the reason.
 */
import { formatPrettyLine, parseLogLine, type LogFields } from './format-log-line.js';
import type { TextStyle } from './text-style.js';

/** Time in milliseconds after which collected issues are printed although their pull has not ended. */
const MAX_COLLECT_MS = 10_000;
/** The message that is not printed, because the first output of `serve` contains the same information in more detail. */
const LISTENING_MESSAGE = 'listening';
/** Only the line that ends a pull has this field. */
const PULL_FIELD = 'outcome';

export interface TerminalLogOptions {
  style: TextStyle;
  print: (text: string) => void;
}

interface CollectedIssues {
  lines: LogFields[];
  timer: NodeJS.Timeout;
}

export class TerminalLog {
  /** The lines about rejected records and data warnings that are not printed yet, by connector and stream. */
  readonly #issues = new Map<string, CollectedIssues>();

  constructor(private readonly options: TerminalLogOptions) {}

  /**
   * Writes a line.
   * @param line one JSON line of the log, or any text, which is printed unchanged
   */
  write(line: string): void {
    const fields = parseLogLine(line);
    if (fields === undefined) this.options.print(line);
    else if (isIssue(fields)) this.#collect(fields);
    else if (PULL_FIELD in fields) this.#printPull(fields);
    else if (fields['msg'] !== LISTENING_MESSAGE) this.#print(fields);
  }

  #collect(fields: LogFields): void {
    const key = streamKey(fields);
    const collected = this.#issues.get(key);
    if (collected) return void collected.lines.push(fields);
    const timer = setTimeout(() => this.#printOverdue(key), MAX_COLLECT_MS).unref();
    this.#issues.set(key, { lines: [fields], timer });
  }

  #printPull(fields: LogFields): void {
    const issues = this.#take(streamKey(fields));
    if (issues.length <= 1) {
      for (const issue of issues) this.#print(toIssueLine(issue));
      return this.#print(fields);
    }
    const warnings = issues.filter(({ kind }) => kind === 'finding').length;
    const counts = warnings > 0 ? `, ${formatWarningCount(warnings)}` : '';
    this.#print({
      ...fields,
      level: 'warn',
      msg: `${String(fields['msg'])}${counts}; ${formatAdvice(fields)}`,
    });
  }

  #printOverdue(key: string): void {
    const issues = this.#take(key);
    const [first, ...others] = issues;
    if (first === undefined) return;
    this.#print(others.length === 0 ? toIssueLine(first) : toSummaryLine(first, issues));
  }

  #take(key: string): LogFields[] {
    const collected = this.#issues.get(key);
    clearTimeout(collected?.timer);
    this.#issues.delete(key);
    return collected?.lines ?? [];
  }

  #print(fields: LogFields): void {
    this.options.print(formatPrettyLine(fields, this.options.style));
  }
}

function streamKey({ connector, stream }: LogFields): string {
  return `${String(connector)} ${String(stream)}`;
}

/** Returns true if a line is about one rejected record or one data warning, or about the number of further issues. */
function isIssue({ connector, kind, msg }: LogFields): boolean {
  if (typeof connector !== 'string') return false;
  return kind === 'refusal' || kind === 'finding' || isMoreLine(msg);
}

function isMoreLine(message: unknown): boolean {
  return typeof message === 'string' && message.startsWith('more refusals and findings');
}

/** Returns the line with the name of the stream in its message. */
function toIssueLine({ level, time, connector, stream, msg }: LogFields): LogFields {
  return { level, time, connector, msg: `${String(stream)}: ${String(msg)}` };
}

function toSummaryLine(first: LogFields, issues: readonly LogFields[]): LogFields {
  const rejected = issues.filter(({ kind }) => kind === 'refusal').length;
  const warnings = issues.filter(({ kind }) => kind === 'finding').length;
  const counts = [
    ...(rejected > 0 ? [`${rejected} rejected ${rejected === 1 ? 'record' : 'records'}`] : []),
    ...(warnings > 0 ? [formatWarningCount(warnings)] : []),
  ].join(' and ');
  const atLeast = issues.some(({ msg }) => isMoreLine(msg)) ? 'at least ' : '';
  return toIssueLine({ ...first, msg: `${atLeast}${counts} so far; ${formatAdvice(first)}` });
}

function formatWarningCount(count: number): string {
  return `${count} data ${count === 1 ? 'warning' : 'warnings'}`;
}

function formatAdvice({ connector }: LogFields): string {
  return `"tributary quarantine ${String(connector)}" shows the reasons`;
}
