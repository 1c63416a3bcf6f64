/**
 * Extracts the stream of transactions in the second pass over each file. Entries are matched in batches, with
 * few feed lookups per batch.
 */
import { setImmediate } from 'node:timers/promises';
import { InvalidRecordError } from '@tributary/connector-api';
import type { FeedReader, StoredRecord, RejectedRecord, Transaction } from '@tributary/connector-api';
import { assertServable, toEnrichedTransactions, toTransactions } from './bank-statements.mapper.js';
import type { CurrentFile, PullProgress } from './pulling/pull-progress.js';
import { MatchItemFactory } from './matching/match-item.js';
import type { LocalTimeParser } from './statements/local-time-parser.js';
import { EntryMatcher } from './matching/entry-matcher.js';
import type { EntryMatch } from './matching/entry-matcher.js';
import { MAX_ITEMS_PER_STEP } from './pulling/page-builder.js';
import type { ExtractionStep } from './pulling/page-builder.js';
import type { StreamExtractor } from './pulling/pull-directory.js';
import { entryRejectionId } from './pulling/rejections.js';
import { ContradictionDetector } from './matching/contradiction-detector.js';
import { MovementRepository } from './matching/movement-repository.js';
import type { CheckedFile, CheckedStatement } from './checking/statement-check.js';
import type { Entry, StatementEvent } from './statements/statement-parts.js';

const NO_STORED_DETAILS: ReadonlyMap<string, StoredRecord> = new Map();

export class TransactionExtractor implements StreamExtractor<Transaction> {
  readonly reportsRejections = true;
  readonly needsIdentity = true;
  private readonly movements: MovementRepository;

  constructor(
    feedReader: FeedReader,
    private readonly time: LocalTimeParser,
    private readonly progress: PullProgress,
  ) {
    this.movements = new MovementRepository(feedReader);
  }

  onPageYielded(): void {
    this.movements.startNextPage();
  }

  async *extract(
    { statements, digestCounts }: CheckedFile,
    parts: () => AsyncIterable<StatementEvent>,
    current: CurrentFile,
    name: string,
  ): AsyncGenerator<ExtractionStep<Transaction>> {
    let index = -1;
    let count = 0;
    let open: OpenStatement | undefined;
    for await (const part of parts()) {
      if (part.part === 'start') {
        const statement = statements[++index];
        if (statement)
          open = new OpenStatement(statement, new MatchItemFactory(statement, index, digestCounts));
      } else if (part.part === 'entry' && open) {
        open.batch.push({ entry: part, number: ++count });
        if (open.batch.length >= MAX_ITEMS_PER_STEP) yield* this.serveBatch(open, current, name);
      } else if (part.part === 'end' && open) {
        yield* this.serveBatch(open, current, name);
        yield { items: [], ...this.reportImbalance(open) };
      }
    }
  }

  /** Matches all entries of the batch and yields the records that were not served before, in order. */
  private async *serveBatch(
    open: OpenStatement,
    current: CurrentFile,
    name: string,
  ): AsyncGenerator<ExtractionStep<Transaction>> {
    const { batch } = open;
    open.batch = [];
    const matches = await this.matchBatch(open, batch);
    // Matching and mapping a batch take some milliseconds each, so let the event loop handle requests in
    // between.
    await setImmediate();
    let items: (Transaction | RejectedRecord)[] = [];
    for (const { entry, number } of batch) {
      if (number <= current.entries) continue;
      const match = matches.get(entry);
      // A partly served batch is not a former version of the statement.
      if (typeof match === 'object' && current.records === undefined) open.revision.add(match);
      const records = typeof match === 'object' ? await this.toRecords(match) : [];
      const served = current.records ?? 0;
      for (let from = served; from < records.length; from += MAX_ITEMS_PER_STEP) {
        const slice = records.slice(from, from + MAX_ITEMS_PER_STEP);
        if (items.length + slice.length > MAX_ITEMS_PER_STEP) {
          yield { items };
          items = [];
        }
        this.movements.remember(slice);
        items.push(...slice);
        current.records = from + slice.length;
      }
      if (typeof match === 'string') items.push(rejectEntry(entry, match, name, ++current.refused));
      current.entries = number;
      delete current.records;
    }
    yield { items };
  }

  /** Returns the match of each entry, or the reason for its rejection. */
  private async matchBatch(
    { statement, itemFactory, guessedIds }: OpenStatement,
    batch: readonly NumberedEntry[],
  ): Promise<Map<Entry, EntryMatch | string>> {
    const matches = new Map<Entry, EntryMatch | string>();
    for (const { entry } of batch) {
      const reason = this.rejectionReason(entry, statement);
      if (reason !== undefined) matches.set(entry, reason);
    }
    const items = batch
      .filter(({ entry }) => !matches.has(entry))
      .map(({ entry }) => itemFactory.create(entry));
    const chains = await this.movements.loadGroups(new Set(items.flatMap((item) => item.groupKeys)));
    for (const match of new EntryMatcher(chains, guessedIds, this.time).match(items)) {
      matches.set(match.item.entry, match);
    }
    return matches;
  }

  private rejectionReason(entry: Entry, statement: CheckedStatement): string | undefined {
    try {
      assertServable(entry, statement, this.time);
      return undefined;
    } catch (error) {
      if (error instanceof InvalidRecordError) return error.message;
      throw error;
    }
  }

  private async toRecords(match: EntryMatch): Promise<Transaction[]> {
    if (!match.shouldServe) return match.item.isFinal ? [] : toEnrichedTransactions(match, this.time);
    const stored =
      match.movement.detailCount > 0 ? await this.movements.loadDetails(match.movement) : NO_STORED_DETAILS;
    return toTransactions(match, stored, this.time);
  }

  private reportImbalance({ statement, revision }: OpenStatement): Partial<ExtractionStep<Transaction>> {
    const { identity, warning } = statement;
    const id = `statement:${identity}`;
    const formerImbalance = this.progress.unbalanced.get(identity);
    const change = revision.describeChange(statement, formerImbalance);
    const warnings = change === undefined ? [] : [{ id: `${id}:changed`, message: change }];
    if (warning !== undefined) {
      this.progress.unbalanced.set(identity, statement.imbalance ?? '');
      return { warnings: [{ id, message: warning }, ...warnings] };
    }
    this.progress.unbalanced.delete(identity);
    return { warnings, ...(formerImbalance !== undefined && { resolvedIds: [id] }) };
  }
}

interface NumberedEntry {
  entry: Entry;
  /** Number of the entry in the file, from 1. */
  number: number;
}

class OpenStatement {
  batch: NumberedEntry[] = [];
  readonly guessedIds = new Set<string>();
  readonly revision = new ContradictionDetector();

  constructor(
    readonly statement: CheckedStatement,
    readonly itemFactory: MatchItemFactory,
  ) {}
}

function rejectEntry(entry: Entry, reason: string, name: string, number: number): RejectedRecord {
  return {
    id: entryRejectionId(name, number),
    reason: `${name}, ${entry.position}: ${reason}`,
    raw: entry.raw,
  };
}
