/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-call, typescript/no-unsafe-return -- the dumps of foreign parsers have no type */
/**
 * Compares the result for every sample file in ../shared with the result of another parser. The same run writes the table in the
 * documentation.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { currencyToAsset, parseAmount } from '@tributary/connector-api';
import { parse } from 'yaml';
import type { Entry, StatementEvent } from '../statements/statement.types.js';
import { StatementError } from '../statements/statement.types.js';
import { EXPLAINED_DIFFERENCES } from './fixtures/explained-differences.js';
import { readStatements } from './index.js';

const ROOT = join(import.meta.dirname, '../../../../..');
const SAMPLES = join(ROOT, '../shared/samples/statements');
const TABLE = join(ROOT, 'docs/reference/bank-statements-samples.md');

interface Outcome {
  file: string;
  parts: StatementEvent[];
  refused?: string;
  /** The differences from the result of the other parser. `undefined` if the other parser has no result for the sample. */
  differences?: string[];
}

async function readSample(file: string): Promise<Outcome> {
  const parts: StatementEvent[] = [];
  const bytes = readFileSync(join(SAMPLES, file));
  try {
    for await (const part of readStatements(toChunks(bytes, 700))) parts.push(part);
    return { file, parts };
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    return { file, parts: [], refused: error.message };
  }
}

async function* toChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const entriesOf = (parts: StatementEvent[]): Entry[] => parts.filter((part) => part.part === 'entry');

function minor({ amount, currency }: { amount: string; currency: string }): string {
  return parseAmount(amount, currencyToAsset(currency)).toString();
}

/** Normalizes a decimal number of any currency, including currencies that ISO 4217 no longer contains. */
function exact(amount: string): string {
  return parseAmount(amount, 'ANY/6').toString();
}

/** Collects the differences from the result of the other parser, one line each: `property: its value → our value`. */
class Differences {
  readonly lines: string[] = [];
  compare(what: string, theirs: unknown, ours: unknown): void {
    // All YAML values are strings here, so the string `null` means that there is no value.
    const [a, b] = [theirs === 'null' ? null : (theirs ?? null), ours ?? null];
    if (a !== b) this.lines.push(`${what}: ${JSON.stringify(a)} → ${JSON.stringify(b)}`);
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- foreign dumps without a type
type Foreign = any;

const instant = (text: string | undefined) =>
  text === undefined
    ? undefined
    : new Date(
        /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? text : text.length === 10 ? `${text}T00:00Z` : `${text}Z`,
      ).toISOString();
const theirInstant = (date: Foreign) => (date === null ? undefined : new Date(date[0]).toISOString());

/** Compares the result with the result of genkgo/camt (PHP) in JSON. */
function compareGenkgo(parts: StatementEvent[], json: Foreign): string[] {
  const differences = new Differences();
  const entries = entriesOf(parts);
  differences.compare('number of entries', json.getEntries.length, entries.length);
  const records: Foreign[] = [
    ...json.getRecords,
    ...json.getEntries.map((entry: Foreign) => entry.getRecord),
  ].filter((record) => typeof record === 'object' && record !== null);
  for (const record of records) {
    const at = parts.findIndex((part) => part.part === 'start' && part.id === record.getId);
    const start = parts[at];
    differences.compare(
      'account',
      record.getAccount.getIdentification,
      start?.part === 'start' ? start.account.id : undefined,
    );
    const end = parts.slice(at).find((part) => part.part === 'end');
    const theirs = (record.getBalances ?? []).map(
      (balance: Foreign) =>
        `${balance.getAmount.getAmount} ${balance.getAmount.getCurrency.getCode} ${theirInstant(balance.getDate)}`,
    );
    const ours = end?.balances.map(
      (balance) =>
        `${balance.creditDebit === 'DBIT' ? '-' : ''}${minor(balance)} ${balance.currency} ${instant(balance.at)}`,
    );
    differences.compare('balances', theirs.join(), ours?.join());
  }
  json.getEntries.forEach((theirs: Foreign, index: number) => {
    const ours = entries[index]!;
    const name = `entry ${index + 1}`;
    differences.compare(`${name} amount`, theirs.getAmount.getAmount.replace('-', ''), minor(ours));
    differences.compare(`${name} currency`, theirs.getAmount.getCurrency.getCode, ours.currency);
    differences.compare(`${name} direction`, theirs.getCreditDebitIndicator, ours.creditDebit);
    differences.compare(`${name} reversal`, theirs.getReversalIndicator, ours.reversal);
    differences.compare(`${name} status`, theirs.getStatus, ours.status);
    differences.compare(`${name} booked`, theirInstant(theirs.getBookingDate), instant(ours.bookedAt));
    differences.compare(`${name} value`, theirInstant(theirs.getValueDate), instant(ours.valueAt));
    differences.compare(`${name} bank reference`, theirs.getAccountServicerReference, ours.bankReference);
    differences.compare(`${name} reference`, theirs.getReference, ours.entryReference);
    compareDetails(differences, name, theirs.getTransactionDetails, ours);
  });
  return differences.lines;
}

function compareDetails(differences: Differences, name: string, theirs: Foreign[], ours: Entry): void {
  const details = ours.details.length > 0 ? ours.details : [ours];
  differences.compare(
    `${name} number of details`,
    theirs.length,
    ours.details.length > 0 ? details.length : theirs.length && 1,
  );
  theirs.forEach((detail, index) => {
    const own = details[index];
    if (!own || typeof detail !== 'object') return;
    const what = `${name} details ${index + 1}`;
    const amount =
      detail.getAmount && `${detail.getAmount.getAmount} ${detail.getAmount.getCurrency.getCode}`;
    if (amount)
      differences.compare(
        `${what} amount`,
        amount.replace('-', ''),
        `${minor({ amount: own.amount!, currency: own.currency! })} ${own.currency}`,
      );
    const references = detail.getReference ?? {};
    differences.compare(`${what} EndToEndId`, references.getEndToEndId, own.references.endToEndId);
    differences.compare(`${what} InstrId`, references.getInstructionId, own.references.instructionId);
    differences.compare(`${what} UETR`, references.getUuidEndToEndReference, own.references.uetr);
    differences.compare(`${what} MndtId`, references.getMandateId, own.references.mandateId);
  });
}

/**
 * Parses a date in the output of mt940 (Python), which is written as `!!binary`: two bytes for the year, one byte for the month, one byte
 * for the day.
 */
function pickled(date: Foreign): string | undefined {
  if (date === undefined || date === 'null') return undefined;
  const [high, low, month, day] = date[0] as number[];
  return `${high! * 256 + low!}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** Compares the result with the result of mt940 (Python) in YAML. The numbers in `data` belong to the last statement of the file. */
function compareMt940(parts: StatementEvent[], yml: Foreign): string[] {
  const differences = new Differences();
  const entries = entriesOf(parts);
  differences.compare('number of entries', yml.transactions.length, entries.length);
  yml.transactions.forEach(({ data }: Foreign, index: number) => {
    const ours = entries[index]!;
    const name = `entry ${index + 1}`;
    const amount = data.amount.amount[0] as string;
    const direction = ours.creditDebit === 'DBIT' ? '-' : '';
    differences.compare(`${name} amount`, exact(amount), exact(direction + ours.amount));
    differences.compare(`${name} currency`, data.currency, ours.currency);
    differences.compare(`${name} value`, pickled(data.date), ours.valueAt);
    differences.compare(`${name} booked`, pickled(data.entry_date), ours.bookedAt);
    differences.compare(`${name} bank reference`, data.bank_reference, ours.bankReference);
    compareSubfields(differences, name, data, ours);
  });
  const last = parts.findLast((part) => part.part === 'end');
  for (const [key, code] of [
    ['final_opening_balance', 'OPBD'],
    ['final_closing_balance', 'CLBD'],
    ['available_balance', 'CLAV'],
  ] as const) {
    const theirs = yml.data[key];
    const ours = last?.balances.find((balance) => balance.code === code);
    const their = theirs && `${exact(theirs.amount.amount[0])} ${pickled(theirs.date)}`;
    differences.compare(
      key,
      their,
      ours && `${exact((ours.creditDebit === 'DBIT' ? '-' : '') + ours.amount)} ${ours.at}`,
    );
  }
  return differences.lines;
}

function compareSubfields(differences: Differences, name: string, data: Foreign, ours: Entry): void {
  const words = (text: unknown) => (typeof text === 'string' ? text.replace(/\s/g, '') : undefined);
  const same = (what: string, theirs: unknown, own: string | undefined) => {
    if (theirs !== undefined) differences.compare(`${name} ${what}`, words(theirs) ?? null, words(own));
  };
  same('name', data.applicant_name, ours.counterparty?.name);
  const account = ours.counterparty?.iban ?? ours.counterparty?.accountNumber?.split('/').at(-1);
  same('account', data.applicant_iban, account);
  same('end-to-end id', data.end_to_end_reference, ours.references.endToEndId);
  same('remittance', data.purpose, ours.remittance);
}

function compareNeighbour(outcome: Outcome): string[] | undefined {
  const path = join(SAMPLES, outcome.file);
  const json = path.replace(/\.xml$/, '.json');
  if (json !== path && existsSync(json))
    return outcome.refused === undefined
      ? compareGenkgo(outcome.parts, JSON.parse(readFileSync(json, 'utf8')))
      : ['refused'];
  const yml = path.replace(/\.sta$/, '.yml');
  if (yml === path || !existsSync(yml)) return undefined;
  if (outcome.refused !== undefined) return ['refused'];
  return compareMt940(outcome.parts, loadYaml(yml));
}

/** Loads a YAML file with all values as strings, because a reference like 0724… must not become a number. */
function loadYaml(path: string): Foreign {
  return parse(readFileSync(path, 'utf8'), {
    logLevel: 'silent',
    maxAliasCount: -1,
    schema: 'failsafe',
    customTags: [BINARY],
  });
}
const BINARY = {
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text: string) => [...Buffer.from(text, 'base64')],
};

function sampleFiles(): string[] {
  return (readdirSync(SAMPLES, { recursive: true }) as string[])
    .filter((file) => /\.(xml|sta|txt)$/.test(file) && !/LICENSE/.test(file))
    .sort();
}

function tableOf(outcomes: Outcome[]): string {
  const rows = outcomes.map(({ file, parts, refused, differences }) => {
    const starts = parts.filter(({ part }) => part === 'start').length;
    const breaks = parts.flatMap((part) => (part.part === 'end' ? (part.inconsistencies ?? []) : [])).length;
    const result =
      refused === undefined
        ? `accepted${breaks > 0 ? `; ${breaks} totals of the file are wrong, and reported` : ''}`
        : `quarantined: ${refused}`;
    const against =
      differences === undefined
        ? 'no expectation'
        : differences.length === 0
          ? 'the same'
          : explain(file, differences);
    return `| ${[file, refused ? '–' : starts, refused ? '–' : entriesOf(parts).length, result, against].map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return rows.join('\n');
}

function reasonsOf(file: string, difference: string) {
  return EXPLAINED_DIFFERENCES.filter(
    (reason) => reason.files.test(file) && reason.difference.test(difference),
  );
}

/** Returns one sentence for each known reason, followed by the differences that the reason explains. */
function explain(file: string, differences: string[]): string {
  const groups = Map.groupBy(
    differences,
    (difference) => reasonsOf(file, difference)[0]?.why ?? 'not explained',
  );
  return [...groups]
    .map(([why, lines]) =>
      lines[0] === 'refused' ? why : `${why} <br>${lines.map((line) => `\`${line}\``).join('; ')}`,
    )
    .join('<br>');
}

const here = existsSync(SAMPLES);
if (!here) console.warn('skipped: ../shared/samples/statements is not here, so the samples are not compared');

(here ? describe : describe.skip)('the samples', () => {
  let outcomes: Outcome[];

  beforeAll(async () => {
    outcomes = [];
    for (const file of sampleFiles()) {
      const outcome = await readSample(file);
      const differences = compareNeighbour(outcome);
      outcomes.push(differences === undefined ? outcome : { ...outcome, differences });
    }
  });

  it('say what the other parsers say, but for differences that are explained one by one', () => {
    const reasons = outcomes.flatMap(({ file, differences = [] }) =>
      differences.map((difference) => ({ file, difference, reasons: reasonsOf(file, difference).length })),
    );
    expect(reasons.filter(({ reasons }) => reasons !== 1)).toEqual([]);
    const used = EXPLAINED_DIFFERENCES.filter((reason) =>
      reasons.some(({ file, difference }) => reasonsOf(file, difference).includes(reason)),
    );
    expect(used).toEqual(EXPLAINED_DIFFERENCES);
  });

  it('are in the table of docs as they were read (WRITE_TABLE=1 writes it)', () => {
    const document = readFileSync(TABLE, 'utf8');
    const head = document.slice(
      0,
      document.indexOf('| --- |') + document.slice(document.indexOf('| --- |')).indexOf('\n') + 1,
    );
    const expected = `${head}${tableOf(outcomes)}\n`;
    if (process.env['WRITE_TABLE'] === '1') writeFileSync(TABLE, expected);
    else expect(document).toBe(expected);
  });
});
