/**
 * Extracts the stream of transactions in the second pass over each file. Entries are matched in batches, with
 * few feed lookups per batch.
 */
import { setImmediate } from 'node:timers/promises';
import { RefusedError } from '@tributary/connector-api';
import type { Mirror, MirroredRecord, Refusal, Transaction } from '@tributary/connector-api';
import { checkServable, toTransactions } from './bank-statements.mapper.js';
import type { CurrentFile, Progress } from './cursor.js';
import { ItemCounter } from './item.js';
import type { LocalTime } from './local-time.js';
import { Matching } from './matching.js';
import type { Placed } from './matching.js';
import { STEP_SIZE } from './page-builder.js';
import type { Step } from './page-builder.js';
import type { Listing } from './pull.js';
import { entryRefusalId } from './refusals.js';
import { Revision } from './revision.js';
import { Seats } from './seat.js';
import type { CheckedFile, CheckedStatement } from './statement-check.js';
import type { Entry, StatementPart } from './statement.js';

const NOTHING_HELD: ReadonlyMap<string, MirroredRecord> = new Map();

export class TransactionListing implements Listing<Transaction> {
  readonly reportsRefusals = true;
  readonly recognises = true;
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
    let index = -1;
    let count = 0;
    let open: OpenStatement | undefined;
    for await (const part of parts()) {
      if (part.part === 'start') {
        const statement = statements[++index];
        if (statement) open = new OpenStatement(statement, new ItemCounter(statement, index, repeats));
      } else if (part.part === 'entry' && open) {
        open.batch.push({ entry: part, number: ++count });
        if (open.batch.length >= STEP_SIZE) yield* this.serve(open, current, name);
      } else if (part.part === 'end' && open) {
        yield* this.serve(open, current, name);
        yield { items: [], ...this.tellBreak(open) };
      }
    }
  }

  /** Matches all entries of the batch and yields the records that were not served before, in order. */
  private async *serve(
    open: OpenStatement,
    current: CurrentFile,
    name: string,
  ): AsyncGenerator<Step<Transaction>> {
    const { batch } = open;
    open.batch = [];
    const outcomes = await this.place(open, batch);
    // Matching and mapping a batch take some milliseconds each, so let the event loop handle requests in
    // between.
    await setImmediate();
    let items: (Transaction | Refusal)[] = [];
    for (const { entry, number } of batch) {
      if (number <= current.entries) continue;
      const outcome = outcomes.get(entry);
      // A partly served batch is not a former version of the statement.
      if (typeof outcome === 'object' && current.records === undefined) open.revision.add(outcome);
      const records = typeof outcome === 'object' ? await this.toRecords(outcome) : [];
      const served = current.records ?? 0;
      for (let from = served; from < records.length; from += STEP_SIZE) {
        const slice = records.slice(from, from + STEP_SIZE);
        if (items.length + slice.length > STEP_SIZE) {
          yield { items };
          items = [];
        }
        this.seats.note(slice);
        items.push(...slice);
        current.records = from + slice.length;
      }
      if (typeof outcome === 'string') items.push(refuseEntry(entry, outcome, name, ++current.refused));
      current.entries = number;
      delete current.records;
    }
    yield { items };
  }

  /** Returns the match of each entry, or the reason for its rejection. */
  private async place(
    { statement, counter, guessed }: OpenStatement,
    batch: readonly NumberedEntry[],
  ): Promise<Map<Entry, Placed | string>> {
    const outcomes = new Map<Entry, Placed | string>();
    for (const { entry } of batch) {
      const reason = this.refusalOf(entry, statement);
      if (reason !== undefined) outcomes.set(entry, reason);
    }
    const items = batch.filter(({ entry }) => !outcomes.has(entry)).map(({ entry }) => counter.item(entry));
    const chains = await this.seats.load(new Set(items.flatMap((item) => item.chains)));
    for (const placed of new Matching(chains, guessed, this.time).place(items)) {
      outcomes.set(placed.item.entry, placed);
    }
    return outcomes;
  }

  private refusalOf(entry: Entry, statement: CheckedStatement): string | undefined {
    try {
      checkServable(entry, statement, this.time);
      return undefined;
    } catch (error) {
      if (error instanceof RefusedError) return error.message;
      throw error;
    }
  }

  private async toRecords(placed: Placed): Promise<Transaction[]> {
    if (!placed.serve) return [];
    const held = placed.seat.details > 0 ? await this.seats.details(placed.seat) : NOTHING_HELD;
    return toTransactions(placed, held, this.time);
  }

  private tellBreak({ statement, revision }: OpenStatement): Partial<Step<Transaction>> {
    const { identity, found } = statement;
    const id = `statement:${identity}`;
    const missing = this.progress.broken.get(identity);
    const changed = revision.findChange(statement, missing);
    const findings = changed === undefined ? [] : [{ id: `${id}:changed`, found: changed }];
    if (found !== undefined) {
      this.progress.broken.set(identity, statement.break ?? '');
      return { findings: [{ id, found }, ...findings] };
    }
    this.progress.broken.delete(identity);
    return { findings, ...(missing !== undefined && { cleared: [id] }) };
  }
}

interface NumberedEntry {
  entry: Entry;
  /** Number of the entry in the file, from 1. */
  number: number;
}

class OpenStatement {
  batch: NumberedEntry[] = [];
  readonly guessed = new Set<string>();
  readonly revision = new Revision();

  constructor(
    readonly statement: CheckedStatement,
    readonly counter: ItemCounter,
  ) {}
}

function refuseEntry(entry: Entry, reason: string, name: string, number: number): Refusal {
  return {
    id: entryRefusalId(name, number),
    refused: `${name}, ${entry.position}: ${reason}`,
    raw: entry.raw,
  };
}
