/**
 * Keeps the rows of an export in typed arrays. All rows must be known before the first statement, and as objects they would need several
 * times as much memory as the file.
 */
import type { CsvRowSummary } from './csv-row-converter.js';

const INITIAL_CAPACITY = 1024;
const CHUNK_BYTES = 1 << 20;

export class CsvRowTable {
  private count = 0;
  private readonly words = new WordList();
  private accountIds = new Uint32Array(INITIAL_CAPACITY);
  private currencies = new Uint32Array(INITIAL_CAPACITY);
  private days = new Uint32Array(INITIAL_CAPACITY);
  private lines = new Uint32Array(INITIAL_CAPACITY);
  private numbers = new Uint32Array(INITIAL_CAPACITY);
  private readonly changes = new BigIntColumn();
  private readonly balances = new BigIntColumn();
  private readonly sources = new TextColumn();

  get length(): number {
    return this.count;
  }

  /** Adds a row with its source text. */
  add(row: CsvRowSummary, source: string): void {
    if (this.count === this.lines.length) this.grow();
    const n = this.count++;
    this.accountIds[n] = this.words.indexOf(row.accountId);
    this.currencies[n] = this.words.indexOf(row.currency);
    this.days[n] = this.words.indexOf(row.day);
    this.lines[n] = row.line;
    this.numbers[n] = row.number;
    this.changes.add(row.change);
    this.balances.add(row.balance);
    this.sources.add(source);
  }

  /** Returns a row by its index. */
  get(index: number): CsvRowSummary {
    const balance = this.balances.get(index);
    return {
      accountId: this.words.get(this.accountIds[index] ?? 0),
      currency: this.words.get(this.currencies[index] ?? 0),
      day: this.words.get(this.days[index] ?? 0),
      line: this.lines[index] ?? 0,
      number: this.numbers[index] ?? 0,
      change: this.changes.get(index) ?? 0n,
      ...(balance !== undefined && { balance }),
    };
  }

  getSource(index: number): string {
    return this.sources.get(index);
  }

  private grow(): void {
    this.accountIds = doubleLength(this.accountIds);
    this.currencies = doubleLength(this.currencies);
    this.days = doubleLength(this.days);
    this.lines = doubleLength(this.lines);
    this.numbers = doubleLength(this.numbers);
  }
}

function doubleLength(values: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(values.length * 2);
  longer.set(values);
  return longer;
}

/** Keeps each different text once, because most rows have the same account, currency and day as another row. */
class WordList {
  private readonly words: string[] = [];
  private readonly indexes = new Map<string, number>();

  indexOf(word: string): number {
    let index = this.indexes.get(word);
    if (index === undefined) {
      index = this.words.push(word) - 1;
      this.indexes.set(word, index);
    }
    return index;
  }

  get(index: number): string {
    return this.words[index] ?? '';
  }
}

/** A column of numbers of any size. Almost all of them fit into 128 bits. */
class BigIntColumn {
  private low = new BigInt64Array(INITIAL_CAPACITY);
  private high = new BigInt64Array(INITIAL_CAPACITY);
  private count = 0;
  /** The rows without a value, and the values that do not fit. */
  private readonly others = new Map<number, bigint | undefined>();

  add(value: bigint | undefined): void {
    if (this.count === this.low.length) this.grow();
    const n = this.count++;
    if (value === undefined || BigInt.asIntN(128, value) !== value) {
      this.others.set(n, value);
      return;
    }
    this.low[n] = BigInt.asIntN(64, value);
    this.high[n] = value >> 64n;
  }

  get(index: number): bigint | undefined {
    if (this.others.has(index)) return this.others.get(index);
    return ((this.high[index] ?? 0n) << 64n) | BigInt.asUintN(64, this.low[index] ?? 0n);
  }

  private grow(): void {
    const [low, high] = [this.low, this.high];
    this.low = new BigInt64Array(low.length * 2);
    this.high = new BigInt64Array(high.length * 2);
    this.low.set(low);
    this.high.set(high);
  }
}

/** A column of texts, outside of the JavaScript heap. */
class TextColumn {
  private readonly chunks: Buffer[] = [];
  /** The number of bytes that are used in the last chunk. */
  private used = 0;
  private count = 0;
  /** The chunk, the first byte and the number of bytes of each text. */
  private positions = new Uint32Array(3 * INITIAL_CAPACITY);

  add(text: string): void {
    const length = Buffer.byteLength(text);
    let chunk = this.chunks.at(-1);
    if (!chunk || this.used + length > chunk.length) {
      chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, length));
      this.chunks.push(chunk);
      this.used = 0;
    }
    chunk.write(text, this.used);
    if (3 * this.count === this.positions.length) this.positions = doubleLength(this.positions);
    this.positions.set([this.chunks.length - 1, this.used, length], 3 * this.count++);
    this.used += length;
  }

  get(index: number): string {
    const [chunk = 0, from = 0, length = 0] = this.positions.subarray(3 * index, 3 * index + 3);
    return this.chunks[chunk]?.toString('utf8', from, from + length) ?? '';
  }
}
