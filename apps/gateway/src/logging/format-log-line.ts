/**
 * Formats one log line for people: time, level, connector and one sentence, in columns. Fields that the sentence already contains are
 * omitted. `{"level":"info","time":"…","connector":"bank","stream":"accounts","records":1,…,"msg":"bank accounts: 1 record in 1 page, 1
 * new"}` → `12:00:00 info  bank  accounts: 1 record in 1 page, 1 new`.
 */
import type { TextStyle } from './text-style.js';

/** A parsed log line. */
export type LogFields = Readonly<Record<string, unknown>>;

const MAX_LEVEL_WIDTH = 5;
/** The fields that have a column of their own, or that the message already contains in words. */
const COLUMN_FIELDS = ['level', 'time', 'msg', 'connector', 'err', 'defect', 'from'];
/** Only the log line about a pull has this field. The message of this line contains all other fields in words. */
const PULL_FIELD = 'outcome';

/**
 * Parses a log line.
 * @returns `undefined` for a line that is not a JSON object. The removal of secrets can make a line invalid JSON
 */
export function parseLogLine(line: string): LogFields | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    return typeof fields === 'object' && fields !== null ? (fields as LogFields) : undefined;
  } catch {
    return undefined;
  }
}

export function formatPrettyLine(fields: LogFields, style: TextStyle): string {
  const { level, time, connector } = fields;
  const message = formatMessage(fields);
  const head = [
    style.dim(formatLocalTime(time)),
    style.level(String(level), String(level).padEnd(MAX_LEVEL_WIDTH)),
    ...(typeof connector === 'string' ? [`${style.connector(connector)} `] : []),
    message,
    ...listOtherFields(fields, message).map((field) => style.dim(field)),
  ];
  return `${head.join(' ').trimEnd()}\n${formatStacks(fields)}`;
}

/** Formats the time of day in the time zone of the machine. */
function formatLocalTime(time: unknown): string {
  return typeof time === 'string' ? new Date(time).toTimeString().slice(0, 'hh:mm:ss'.length) : '';
}

function formatMessage({ msg, connector, ...fields }: LogFields): string {
  if (msg === 'request') return formatRequest(fields);
  if (typeof msg !== 'string') return '';
  if (typeof connector !== 'string') return msg;
  // The name of the connector is removed from the message, because the preceding column contains it.
  const prefix = [`${connector}: `, `${connector} `].find((start) => msg.startsWith(start));
  return msg.slice(prefix?.length ?? 0);
}

function formatRequest({ method, path, status, ms, client }: LogFields): string {
  return `${String(method)} ${String(path)}: status ${String(status)} after ${String(ms)} ms, for ${String(client)}`;
}

function listOtherFields(fields: LogFields, message: string): string[] {
  if (PULL_FIELD in fields || fields['msg'] === 'request') return [];
  return Object.entries(fields)
    .filter(([name, value]) => !COLUMN_FIELDS.includes(name) && !message.includes(String(value)))
    .map(([name, value]) => `${name}=${formatValue(value)}`);
}

function formatValue(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** Formats the stack traces of an unexpected error and of a defect in a plugin. */
function formatStacks({ err, defect }: LogFields): string {
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? err.stack : undefined;
  return [stack, defect]
    .filter((text) => typeof text === 'string')
    .map((text) => `${text.replaceAll(/^/gm, '    ')}\n`)
    .join('');
}
