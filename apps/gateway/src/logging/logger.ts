/** Creates the logger. It writes one JSON object per line, or readable lines on a terminal, and redacts all secrets. */
import { pino, type DestinationStream, type Logger } from 'pino';
import { formatPrettyLine } from './pretty-line.js';
import { SecretRedactor } from './secret-redactor.js';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  level?: LogLevel;
  /** Values that are redacted in every line. */
  secrets?: readonly string[];
  /** Writes readable lines instead of JSON. By default it is true if standard output is a terminal. */
  pretty?: boolean;
  /** Receives whole lines; standard output by default. */
  destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions = {}): Logger {
  const destination = options.destination ?? process.stdout;
  const pretty = options.pretty ?? (options.destination === undefined && process.stdout.isTTY === true);
  const redactor = new SecretRedactor(options.secrets ?? []);
  return pino(
    {
      level: options.level ?? 'info',
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string) {
        const redacted = redactor.redact(line);
        destination.write(pretty ? formatPrettyLine(redacted) : redacted);
      },
    },
  );
}
