/** Creates the logger. It writes one JSON object for each line, or readable lines on a terminal, and removes all secrets. */
import { pino, type DestinationStream, type Logger } from 'pino';
import { SecretRedactor } from './secret-redactor.js';
import { TerminalLog } from './terminal-log.js';
import { COLOR_STYLE, PLAIN_STYLE } from './text-style.js';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  level?: LogLevel;
  /** The secret values that are removed from every line. */
  secrets?: readonly string[];
  /** Removes the secrets. It is used instead of `secrets` if secrets are added later. */
  redactor?: SecretRedactor;
  /** True if the log consists of readable lines instead of JSON. The default is true if standard output is a terminal. */
  pretty?: boolean;
  /**
   * True if readable lines have colours. The default is true if standard output is a terminal with colours. The environment variable
   * NO_COLOR turns colours off.
   */
  colors?: boolean;
  /** Receives the lines of the log. The default is standard output. */
  destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions = {}): Logger {
  const destination = options.destination ?? process.stdout;
  const isStandardOutput = options.destination === undefined;
  const pretty = options.pretty ?? (isStandardOutput && process.stdout.isTTY === true);
  const colors = options.colors ?? (pretty && isStandardOutput && process.stdout.hasColors?.() === true);
  const print = (text: string): void => void destination.write(text);
  const terminalLog = new TerminalLog({ print, style: colors ? COLOR_STYLE : PLAIN_STYLE });
  const redactor = options.redactor ?? new SecretRedactor(options.secrets ?? []);
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
        if (pretty) terminalLog.write(redacted);
        else print(redacted);
      },
    },
  );
}
