/** Context, options and argument parsers that all commands of `tributary` share. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { didYouMean, type Deployment } from '../config/index.js';
import { CliError, EXIT } from './cli-error.js';
import type { Terminal } from './terminal.js';

/** Result of one run of the command line. */
export interface Outcome {
  exitCode: number;
  /** Secrets of the loaded deployment. They are redacted in error messages. */
  secrets: readonly string[];
}

export interface Cli {
  program: Command;
  terminal: Terminal;
  outcome: Outcome;
  load: (file: string) => Deployment;
}

export interface ConfigOption {
  config: string;
}

export function configOption(): Option {
  return new Option('-c, --config <file>', 'the deployment file (YAML)').makeOptionMandatory();
}

export function examples(...lines: string[]): string {
  return ['', `Example${lines.length === 1 ? '' : 's'}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new InvalidArgumentError('Expected a whole number from 1.');
  return limit;
}

/**
 * Returns the path of a connector that is an optional argument.
 * @throws CliError if the deployment has no such connector
 */
export function findPath({ connectors }: Deployment, named: string | undefined): string | undefined {
  const known = connectors.map((connector) => connector.path);
  return named === undefined ? undefined : namedPath(known, named);
}

/**
 * Returns the connector path for an argument with or without a leading slash.
 * @throws CliError if the argument is none of the known paths
 */
export function namedPath(known: readonly string[], named: string): string {
  const path = named.replace(/^\//, '');
  if (known.includes(path)) return path;
  const hint = didYouMean(path, known) || ` There are: ${known.join(', ')}.`;
  throw new CliError(`There is no connector ${JSON.stringify(named)}.${hint}`, EXIT.usage);
}
