/** One JSON object a line; on a terminal, one readable line. No secret gets through. */
import { pino, type DestinationStream, type Logger } from 'pino';
import { prettyLine } from './pretty-line.js';
import { Scrubber } from './scrubber.js';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  level?: LogLevel;
  /** Values that no line may show. */
  secrets?: readonly string[];
  /** For people instead of machines; by default where the log goes to a terminal. */
  pretty?: boolean;
  /** Takes whole lines; standard output by default. */
  destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions = {}): Logger {
  const destination = options.destination ?? process.stdout;
  const pretty = options.pretty ?? (options.destination === undefined && process.stdout.isTTY === true);
  const scrubber = new Scrubber(options.secrets ?? []);
  return pino(
    {
      level: options.level ?? 'info',
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write(line: string) {
        const clean = scrubber.scrub(line);
        destination.write(pretty ? prettyLine(clean) : clean);
      },
    },
  );
}
