/** `tributary bank-file`: shows what a connector reads from a bank file. Nothing is stored. */
import { existsSync } from 'node:fs';
import { BankStatementsSettings, StatementError, previewBankFile } from '@tributary/psp-plugins';
import type { FilePreview } from '@tributary/psp-plugins';
import type { Deployment } from '../../config/index.js';
import { CliError } from '../shared/cli-error.js';
import {
  createConfigOption,
  formatExamples,
  parseLimit,
  requireConnector,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import { formatTable, pluralize, replaceControlCharacters } from '../shared/terminal.js';

interface BankFileOptions extends ConfigOption {
  rows: number;
  json?: true;
}

const DEFAULT_ROWS = 10;
/** The maximum number of characters of a text in the table. */
const MAX_CELL_LENGTH = 40;

export function registerBankFileCommand({ program, terminal, load, result }: CommandContext): void {
  program
    .command('bank-file')
    .description(
      'Show what a connector reads from a bank file, e.g. to test a CSV mapping. Nothing is stored.',
    )
    .argument('<connector>', 'the path of a connector with the plugin bank-statements')
    .argument('<file>', 'the path of the file; it need not be in the directory of the connector')
    .addOption(createConfigOption())
    .option('--rows <number>', 'how many entries are shown', parseLimit, DEFAULT_ROWS)
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      formatExamples('tributary bank-file house-bank ./giro-2026-03.csv --config gateway.yaml'),
    )
    .action(async (path: string, file: string, { config, rows, json }: BankFileOptions) => {
      const preview = await readFile(findSettings(await load(config), path), file, rows);
      terminal.out(json ? JSON.stringify(preview, undefined, 2) : formatPreview(file, preview));
      if (preview.warnings.length > 0) result.exitCode = 1;
    });
}

/**
 * Returns the settings of a connector.
 * @throws CliError if there is no such connector, or if it has another plugin
 */
function findSettings(deployment: Deployment, argument: string): BankStatementsSettings {
  const path = requireConnector(deployment, argument);
  const connector = deployment.connectors.find((each) => each.path === path);
  if (connector?.settings instanceof BankStatementsSettings) return connector.settings;
  throw new CliError(
    `/${path} has the plugin ${connector?.plugin.name}, which reads no bank files; expected a connector with the plugin bank-statements.`,
  );
}

async function readFile(settings: BankStatementsSettings, file: string, rows: number): Promise<FilePreview> {
  try {
    return await previewBankFile(file, settings, rows);
  } catch (error) {
    if (error instanceof StatementError) throw new CliError(`${file} would be refused: ${error.message}`);
    if (existsSync(file)) throw error;
    throw new CliError(`${file} cannot be read: there is no such file.`);
  }
}

function formatPreview(
  file: string,
  { format, accounts, entries, entryCount, warnings }: FilePreview,
): string {
  const accountRows = accounts.map((each) => [
    ...[each.account, each.currency, each.from, each.to, String(each.entryCount)],
    ...[each.credits, each.debits, each.opening ?? '-', each.closing ?? '-'],
  ]);
  const entryRows = entries.map(({ bookedAt = '', creditDebit, amount, currency, ...entry }) => [
    ...[bookedAt, `${creditDebit === 'DBIT' ? '-' : '+'}${amount}`, currency, entry.bankReference ?? ''],
    ...[shorten(entry.counterparty?.name), shorten(entry.remittance ?? entry.additionalInformation)],
  ]);
  return [
    `${file} is read as ${format}: ${entryCount === 1 ? '1 entry' : `${entryCount} entries`} of ${pluralize(accounts.length, 'account')}.`,
    formatTable([
      ['ACCOUNT', 'CURRENCY', 'FROM', 'TO', 'ENTRIES', 'CREDITS', 'DEBITS', 'OPENING', 'CLOSING'],
      ...accountRows,
    ]),
    '',
    formatTable([['BOOKED', 'AMOUNT', 'CURRENCY', 'ID', 'OTHER SIDE', 'TEXT'], ...entryRows]),
    ...(entryCount > entries.length ? [`… ${entryCount - entries.length} more: --rows ${entryCount}`] : []),
    ...warnings.map((warning) => `WARNING: ${replaceControlCharacters(warning)}`),
  ].join('\n');
}

function shorten(text = ''): string {
  const printable = replaceControlCharacters(text);
  return printable.length > MAX_CELL_LENGTH ? `${printable.slice(0, MAX_CELL_LENGTH - 1)}…` : printable;
}
