/** The stream of transactions: the second pass over each file, in batches that the mirror is asked about at once. */
import { RefusedError } from '@tributary/connector-api';
import type { Mirror, Refusal, Transaction } from '@tributary/connector-api';
import { checkServable, toTransactions } from './bank-statements.mapper.js';
import type { CurrentFile, Progress } from './cursor.js';
import { ItemCounter } from './item.js';
import type { Item } from './item.js';
import type { LocalTime } from './local-time.js';
import { Matching } from './matching.js';
import type { Step } from './page-builder.js';
import type { Listing } from './pull.js';
import { entryRefusalId } from './refusals.js';
import { Seats } from './seat.js';
import type { CheckedFile, CheckedStatement } from './statement-check.js';
import type { Entry, StatementPart } from './statement.js';

const BATCH_SIZE = 500;
/** Entries of a batch together: one alone may bring thousands of details. */
const BATCH_DETAILS = 2000;

export class TransactionListing implements Listing<Transaction> {
  readonly reportsRefusals = true;
  private readonly seats: Seats;

  constructor(
    mirror: Mirror,
    private readonly time: LocalTime,
    private readonly progress: Progress,
  ) {
    this.seats = new Seats(mirror);
  }

  turn(): void {
    this.seats.turn();
  }

  async *read(
    { statements, repeats }: CheckedFile,
    parts: () => AsyncIterable<StatementPart>,
    current: CurrentFile,
    name: string,
  ): AsyncGenerator<Step<Transaction>> {
    const served = current.entries;
    let index = -1;
    let count = 0;
    let batch: Batch | undefined;
    for await (const part of parts()) {
      if (part.part === 'start') {
        const statement = statements[++index];
        if (statement) batch = new Batch(statement, new ItemCounter(statement, index, repeats));
      } else if (part.part === 'entry' && batch) {
        count++;
        const refused = batch.add(part, count > served, this.time);
        if (refused !== undefined && count > served) {
          batch.refused.push(refuseEntry(part, refused, name, ++current.refused));
        }
        if (batch.isFull()) yield await this.finish(batch, current, count);
      } else if (part.part === 'end' && batch) {
        const step = await this.finish(batch, current, count);
        yield { ...step, ...this.tellBreak(batch.statement) };
      }
    }
  }

  private async finish(batch: Batch, current: CurrentFile, count: number): Promise<Step<Transaction>> {
    const refused = batch.refused;
    const records = await this.place(batch);
    current.entries = Math.max(current.entries, count);
    batch.clear();
    return { items: [...records, ...refused] };
  }

  private async place({ items, fresh, guessed }: Batch): Promise<Transaction[]> {
    const chains = await this.seats.load(new Set(items.flatMap((item) => item.chains)));
    const records: Transaction[] = [];
    for (const placed of new Matching(chains, guessed, this.time).place(items)) {
      if (!placed.serve || !fresh.has(placed.item)) continue;
      const held = placed.seat.details > 0 ? await this.seats.details(placed.seat) : new Map();
      for (const record of toTransactions(placed, held, this.time)) records.push(record);
    }
    this.seats.note(records);
    return records;
  }

  private tellBreak({ identity, found }: CheckedStatement): Partial<Step<Transaction>> {
    const id = `statement:${identity}`;
    if (found !== undefined) {
      this.progress.broken.add(identity);
      return { findings: [{ id, found }] };
    }
    return this.progress.broken.delete(identity) ? { cleared: [id] } : {};
  }
}

/** Entries of one statement that are placed together. */
class Batch {
  items: Item[] = [];
  /** Those that were not served before. */
  fresh = new Set<Item>();
  refused: Refusal[] = [];
  readonly guessed = new Set<string>();
  private details = 0;

  constructor(
    readonly statement: CheckedStatement,
    private readonly counter: ItemCounter,
  ) {}

  /** @returns why the entry cannot be served */
  add(entry: Entry, isFresh: boolean, time: LocalTime): string | undefined {
    try {
      checkServable(entry, this.statement.start, time);
    } catch (error) {
      if (error instanceof RefusedError) return error.message;
      throw error;
    }
    const item = this.counter.item(entry);
    this.items.push(item);
    if (isFresh) this.fresh.add(item);
    this.details += entry.details.length;
    return undefined;
  }

  isFull(): boolean {
    return this.items.length >= BATCH_SIZE || this.details >= BATCH_DETAILS;
  }

  clear(): void {
    this.items = [];
    this.fresh = new Set();
    this.refused = [];
    this.details = 0;
  }
}

function refuseEntry(entry: Entry, reason: string, name: string, number: number): Refusal {
  return {
    id: entryRefusalId(name, number),
    refused: `${name}, ${entry.position}: ${reason}`,
    raw: entry.raw,
  };
}
