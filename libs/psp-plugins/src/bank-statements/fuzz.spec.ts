/**
 * Changes statement files at random and reads them with the whole plugin. Each file must be read or rejected, within a second, and no value
 * may be NaN. If an amount was changed, the file or the entry must be rejected, or a warning must report that the sums disagree.
 */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterAll, describe, expect, it } from '@jest/globals';
import { FakeBank } from './bank-statements.fake.js';
import { checkFile } from './checking/file-check.js';
import type { CheckedFile } from './checking/file-check.js';
import { CSV_SAMPLES } from './readers/fixtures/csv-samples.js';
import { resolveCsvMapping } from './readers/csv/csv-mapping-resolver.js';
import type { PartialCsvMapping } from './readers/csv/csv-mapping.types.js';
import { findClosingBalance, findOpeningBalance } from './checking/statement-check.js';
import { readStatements } from './readers/index.js';
import type { FileDescription } from './readers/index.js';
import { StatementError } from './statements/statement.types.js';
import type { StatementEvent } from './statements/statement.types.js';
import { toSignedMoney } from './statements/to-signed-money.js';

const MUTATIONS = Number(process.env['STATEMENT_MUTATIONS'] ?? 3000);
const SEED = Number(process.env['STATEMENT_SEED'] ?? 20260302);
/** The share of the changed files that the whole plugin reads. The others are only parsed and checked. */
const PLUGIN_SHARE = 1 / 20;
/** The share of the mutations that change a CSV sample. Each CSV sample is mutated more often, because there are few of them. */
const CSV_SHARE = 1 / 5;
const MAX_FILE_BYTES = 64 * 1024;
const MAX_MUTATION_MS = 1000;
const SAMPLE_NAME = 'mutated.csv';

const directories = [
  join(import.meta.dirname, 'fixtures/cases'),
  join(import.meta.dirname, '../../../../examples/statements'),
  ...listSampleDirectories(join(import.meta.dirname, '../../../../../shared/samples/statements')),
];
/** A file that is mutated. A file with a CSV mapping is read as CSV, and the format of any other file is detected. */
interface Sample {
  content: Buffer;
  csv?: PartialCsvMapping;
}

const samples: Sample[] = [
  ...directories.flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => !/\.(?:md|json)$/.test(name))
      .map((name) => ({ content: readFileSync(join(directory, name)) }))
      .filter(({ content }) => content.length <= MAX_FILE_BYTES),
  ),
];

function listSampleDirectories(root: string): string[] {
  if (!existsSync(root)) {
    console.log(`skipped: the samples in ${root} are absent; the fixtures and the examples are mutated`);
    return [];
  }
  return readdirSync(root).flatMap((format) =>
    readdirSync(join(root, format)).map((author) => join(root, format, author)),
  );
}

function describeSample({ csv }: Sample): FileDescription {
  return { name: SAMPLE_NAME, csvMappings: csv ? [resolveCsvMapping(csv)] : [] };
}

/** A linear congruential generator of pseudo-random numbers, so that a run can be repeated. */
class Random {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

const FRAGMENTS = [
  ':20:',
  ':61:',
  ':86:',
  ':62F:',
  '-\n',
  '-}',
  '{1:',
  ':NS:',
  '16,',
  '88,',
  '99,',
  '/',
  ',',
  '\r',
  '\n',
  '\0',
  '\u001a',
  '<Ntry>',
  '</Ntry>',
  '<?xml ',
  ']]>',
  '&amp;',
  'NaN',
  '0000',
  '99999999',
  '-',
  '1e9',
  'EUR',
  ';',
  '"',
  '""',
  '\xff',
  '\xc3',
].map((text) => Buffer.from(text, 'latin1'));

function mutate(content: Buffer, random: Random): Buffer {
  let result: Buffer = Buffer.from(content);
  for (let count = 1 + random.below(3); count > 0; count--) result = mutateOnce(result, random);
  return result;
}

function mutateOnce(content: Buffer, random: Random): Buffer {
  const at = random.below(content.length + 1);
  const length = random.below(40);
  const [head, tail] = [content.subarray(0, at), content.subarray(at)];
  switch (random.below(7)) {
    case 0: {
      const changed = Buffer.from(content);
      if (at < changed.length) changed[at] = random.below(256);
      return changed;
    }
    case 1:
      return Buffer.concat([head, tail.subarray(length)]);
    case 2:
      return Buffer.concat([head, random.pick(FRAGMENTS), tail]);
    case 3:
      return Buffer.concat([head, tail.subarray(0, length), tail]);
    case 4:
      return head;
    case 5: {
      const from = random.below(content.length + 1);
      return Buffer.concat([head, content.subarray(from, from + length), tail]);
    }
    default:
      return changeDigit(content, random);
  }
}

/** Changes one digit at a random position of the file. */
function changeDigit(content: Buffer, random: Random): Buffer {
  const changed = Buffer.from(content);
  const from = random.below(changed.length);
  const at = changed.subarray(from).findIndex((byte) => byte >= 0x30 && byte <= 0x39);
  if (at !== -1) changed[from + at] = 0x30 + random.below(10);
  return changed;
}

async function* toChunks(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}

async function readAll(
  content: Buffer,
  description: FileDescription,
): Promise<{ parts: StatementEvent[]; checked: CheckedFile } | undefined> {
  const parts: StatementEvent[] = [];
  async function* record(): AsyncGenerator<StatementEvent> {
    for await (const part of readStatements(toChunks(content), description)) {
      parts.push(part);
      yield part;
    }
  }
  try {
    return { checked: await checkFile(record()), parts };
  } catch (error) {
    if (error instanceof StatementError) return undefined;
    throw error;
  }
}

/** Returns the statements whose balances and entries disagree although there is no warning and no rejection. */
function findSilentBreaks({ parts, checked }: { parts: StatementEvent[]; checked: CheckedFile }): string[] {
  const silent: string[] = [];
  let index = -1;
  let sums = new Map<string, bigint>();
  let hasRejected = false;
  for (const part of parts) {
    if (part.part === 'start') {
      index++;
      sums = new Map();
      hasRejected = false;
    } else if (part.part === 'entry' && part.status === 'BOOK') {
      try {
        const { amount } = toSignedMoney(part);
        sums.set(part.currency, (sums.get(part.currency) ?? 0n) + amount);
      } catch {
        hasRejected = true;
      }
    } else if (part.part === 'end') {
      const statement = checked.statements[index];
      if (!statement || statement.start.kind !== 'booked' || statement.start.page || hasRejected) continue;
      for (const currency of new Set(part.balances.map((balance) => balance.currency))) {
        const ofCurrency = part.balances.filter((balance) => balance.currency === currency);
        const [opening, closing] = [findOpeningBalance(ofCurrency), findClosingBalance(ofCurrency)];
        if (!opening || !closing || statement.warning !== undefined) continue;
        const moved = toSignedMoney(closing).amount - toSignedMoney(opening).amount;
        if (moved !== (sums.get(currency) ?? 0n)) silent.push(`${statement.start.id} ${currency}`);
      }
    }
  }
  return silent;
}

const DATE_PATTERN = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
const AMOUNT_PATTERN = /^\d*\.?\d*$/;

/** Returns all invalid dates, amounts and numbers of the events. */
function findInvalidValues(parts: readonly StatementEvent[]): string[] {
  const invalid: string[] = [];
  const check = (key: string, value: unknown): void => {
    if (typeof value === 'number' && !Number.isFinite(value)) invalid.push(`${key} ${value}`);
    if (
      typeof value === 'string' &&
      /^(?:at|bookedAt|valueAt|createdAt|from|to)$/.test(key) &&
      !DATE_PATTERN.test(value)
    )
      invalid.push(`${key} ${value}`);
    if (typeof value === 'string' && key === 'amount' && !AMOUNT_PATTERN.test(value))
      invalid.push(`${key} ${value}`);
    if (typeof value === 'object' && value !== null)
      for (const [name, item] of Object.entries(value)) check(name, item);
  };
  check('', parts);
  return invalid;
}

describe('mutated files', () => {
  const banks: FakeBank[] = [];
  afterAll(() => banks.forEach(({ directory }) => rmSync(directory, { recursive: true, force: true })));

  it(`are read or rejected, fast, without NaN and without a silent break (${MUTATIONS} mutations, seed ${SEED})`, async () => {
    const random = new Random(SEED);
    let readCount = 0;
    let csvCount = 0;
    let slowest = { ms: 0, count: 0 };
    for (let count = 0; count < MUTATIONS; count++) {
      const sample = random.pick(random.below(1 / CSV_SHARE) === 0 ? CSV_SAMPLES : samples);
      const content = mutate(sample.content, random);
      const startedAt = performance.now();
      const read = await readAll(content, describeSample(sample)).catch((error: unknown) => {
        throw new Error(`mutation ${count} of seed ${SEED}: ${content.toString('base64')}`, { cause: error });
      });
      const durationMs = performance.now() - startedAt;
      if (durationMs > slowest.ms) {
        // The same file is read once more, because another process may have interrupted the first reading.
        const repeatedAt = performance.now();
        await readAll(content, describeSample(sample));
        const ms = Math.min(durationMs, performance.now() - repeatedAt);
        if (ms > slowest.ms) slowest = { ms, count };
      }
      if (!read) continue;
      readCount++;
      if (sample.csv) csvCount++;
      expect([count, findInvalidValues(read.parts)]).toEqual([count, []]);
      expect([count, findSilentBreaks(read)]).toEqual([count, []]);
      if (random.below(1 / PLUGIN_SHARE) > 0) continue;
      const bank = new FakeBank('UTC', sample.csv && [sample.csv]);
      banks.push(bank);
      bank.writeFile(SAMPLE_NAME, content);
      const { transactions } = await bank.sync();
      for (const { createdAt } of transactions) expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    }
    console.log(
      `${MUTATIONS} mutations: ${readCount} read (${csvCount} of them CSV), ${MUTATIONS - readCount} rejected, slowest ${Math.round(slowest.ms)} ms (mutation ${slowest.count})`,
    );
    expect(slowest.ms).toBeLessThan(MAX_MUTATION_MS);
    expect(readCount).toBeGreaterThan(MUTATIONS / 20);
    expect(csvCount).toBeGreaterThan(MUTATIONS / 50);
  }, 3_600_000);
});

describe('a CSV export with running balances', () => {
  const balanced = CSV_SAMPLES.filter(({ csv }) => csv.columns?.balance !== undefined);

  it.each(balanced.map((sample, n) => [n, sample] as const))(
    'in which one digit of an amount is another does not pass without a warning (sample %i)',
    async (_, sample) => {
      const text = sample.content.toString();
      const silent: string[] = [];
      let count = 0;
      for (const changed of changeEachAmountDigit(text, sample.oldestRow)) {
        count++;
        const read = await readAll(Buffer.from(changed), describeSample(sample));
        if (read?.checked.statements.every(({ warning }) => warning === undefined)) silent.push(changed);
      }
      expect(silent).toEqual([]);
      expect(count).toBeGreaterThan(100);
    },
  );
});

/** Yields the file with one digit of one amount or balance changed, for all digits and all other values, except in the oldest row. */
function* changeEachAmountDigit(text: string, oldestRow: string): Generator<string> {
  const oldestFrom = text.indexOf(oldestRow);
  const oldestTo = text.indexOf('\n', oldestFrom);
  const amounts = text.matchAll(/(?<=[;,"])-?\d[\d.]*[.,]\d\d(?=[;,"\r\n])/g);
  for (const { 0: amount, index } of amounts) {
    if (index > oldestFrom && index < oldestTo) continue;
    for (let at = 0; at < amount.length; at++) {
      const digit = amount[at] ?? '';
      if (!/\d/.test(digit)) continue;
      for (const other of '0123456789')
        if (other !== digit) yield `${text.slice(0, index + at)}${other}${text.slice(index + at + 1)}`;
    }
  }
}
