/** The command `tributary conform` checks any Generic Connector service, and reports the consequences of each fault in Formance. */
import {
  formatJunit,
  formatResult,
  formatSummary,
  runConformance,
  type ConformanceReport,
  type TestPayout,
} from '@tributary/conformance';
import { InvalidArgumentError, Option } from 'commander';
import { writeFileSync } from 'node:fs';
import { parseDuration } from '../../config/index.js';
import { CliError, EXIT_CODES } from '../shared/cli-error.js';
import { formatExamples, parseLimit, type CommandContext } from '../shared/command-context.js';

const PAYOUT_PROPERTIES = ['amount', 'currency', 'sourceAccountId', 'destinationAccountId'] as const;

interface ConformOptions {
  key: string;
  json?: true;
  junit?: string;
  maxRows: number;
  watch: number;
  payout?: TestPayout;
}

export function registerConformCommand({ program, terminal, result }: CommandContext): void {
  program
    .command('conform')
    .description('Check any Generic Connector service: what would Formance lose, reject or pay twice?')
    .argument('<url>', 'URL of the connector, as in the "endpoint" of its installation')
    .addOption(
      new Option('--key <key>', 'an API key of the service').env('CONFORM_KEY').makeOptionMandatory(),
    )
    .option('--json', 'one JSON object instead of lines')
    .option('--junit <file>', 'also write a JUnit report for CI systems')
    .option('--max-rows <count>', 'read at most so many rows of a list', parseLimit, 10_000)
    .option('--watch <duration>', 'how long to wait before the lists are read again', parseWatch, 5_000)
    .option('--payout <json>', 'a payout that may be made, to check orders. IT MOVES MONEY', parsePayout)
    .addHelpText('after', formatExamples(...EXAMPLES))
    .action(async (url: string, options: ConformOptions) => {
      result.secrets = [...result.secrets, options.key];
      if (!/^https?:\/\//.test(url))
        throw new CliError(
          `found ${JSON.stringify(url)}, expected a URL with http or https`,
          EXIT_CODES.usage,
        );
      const { key, maxRows, watch: watchMs, payout, json } = options;
      const report = await runConformance(
        { url, key, maxRows, watchMs, ...(payout ? { payout } : {}) },
        (found) => {
          if (json === undefined) terminal.out(formatResult(found));
        },
      );
      writeReport(report, options.junit);
      terminal.out(json ? JSON.stringify(report, undefined, 2) : formatSummary(report));
      if (!report.conforms) result.exitCode = EXIT_CODES.incomplete;
    });
}

const EXAMPLES = [
  'CONFORM_KEY=demo-key-of-house-bank tributary conform http://127.0.0.1:3000/house-bank',
  `tributary conform https://connector.example.com --key KEY --junit conform.xml --watch 1m`,
];

function writeReport(report: ConformanceReport, junitFile: string | undefined): void {
  if (junitFile === undefined) return;
  try {
    writeFileSync(junitFile, formatJunit(report));
  } catch (error) {
    throw new CliError(
      `cannot write ${junitFile}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function parseWatch(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined)
    throw new InvalidArgumentError('Expected a duration such as 500ms, 30s or 2m.');
  return durationMs;
}

function parsePayout(text: string): TestPayout {
  const names = PAYOUT_PROPERTIES.join(', ');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InvalidArgumentError(`Expected a JSON object with ${names}.`);
  }
  const payout = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (PAYOUT_PROPERTIES.some((name) => typeof payout[name] !== 'string'))
    throw new InvalidArgumentError(`Expected the properties ${names}, each a string.`);
  return Object.fromEntries(PAYOUT_PROPERTIES.map((name) => [name, payout[name]])) as unknown as TestPayout;
}
