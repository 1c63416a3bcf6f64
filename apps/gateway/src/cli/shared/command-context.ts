/** The context, the options and the argument parsers that all commands of `tributary` share. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  suggestSimilarName,
  type ConnectorConfig,
  type Deployment,
  type LoadedDeployment,
} from '../../config/index.js';
import { CliError, EXIT_CODES } from './cli-error.js';
import type { Terminal } from './terminal.js';

/** The result of one run of the command line. */
export interface CliResult {
  exitCode: number;
  /** The secrets of the loaded deployment. They are removed from error messages. */
  secrets: readonly string[];
}

export interface CommandContext {
  program: Command;
  terminal: Terminal;
  result: CliResult;
  /**
   * Loads the deployment file, and reads its secrets from their sources.
   * @throws ConfigError with all problems of the file
   */
  load: (file: string) => Promise<Deployment>;
  /** Loads the deployment file like `load`, and returns what a later reload needs. */
  loadForReload: (file: string) => Promise<LoadedDeployment>;
  /**
   * Loads the deployment file without requests to secret sources.
   * @throws ConfigError with all problems of the file, except for rules of values that are such secrets
   */
  loadWithoutSecrets: (file: string) => Deployment;
}

export interface ConfigOption {
  config: string;
}

export function createConfigOption(): Option {
  return new Option('-c, --config <file>', 'the deployment file (YAML)').makeOptionMandatory();
}

export function formatExamples(...lines: string[]): string {
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
export function parseConnectorArgument(
  deployment: Deployment,
  argument: string | undefined,
): string | undefined {
  return argument === undefined ? undefined : requireConnector(deployment, argument);
}

/**
 * Returns the path of a connector that is a required argument.
 * @throws CliError if the deployment has no such connector
 */
export function requireConnector({ connectors }: Deployment, argument: string): string {
  return requireConnectorPath(
    connectors.map(({ path }) => path),
    argument,
  );
}

/**
 * Returns the connector of a required argument.
 * @throws CliError if the deployment has no such connector
 */
export function requireConnectorConfig({ connectors }: Deployment, argument: string): ConnectorConfig {
  const path = toConnectorPath(argument);
  const connector = connectors.find((each) => each.path === path);
  if (connector) return connector;
  throw createUnknownConnectorError(
    connectors.map((each) => each.path),
    argument,
  );
}

/** Converts an argument to the path of a connector, which does not have to exist. The argument may begin with a slash. */
export function toConnectorPath(argument: string): string {
  return argument.replace(/^\//, '');
}

/**
 * Converts an argument to the path of a connector. The argument may begin with a slash.
 * @throws CliError if the argument is not a known path
 */
export function requireConnectorPath(known: readonly string[], argument: string): string {
  const path = toConnectorPath(argument);
  if (known.includes(path)) return path;
  throw createUnknownConnectorError(known, argument);
}

function createUnknownConnectorError(known: readonly string[], argument: string): CliError {
  const hint = suggestSimilarName(toConnectorPath(argument), known) || ` There are: ${known.join(', ')}.`;
  return new CliError(`There is no connector ${JSON.stringify(argument)}.${hint}`, EXIT_CODES.usage);
}
