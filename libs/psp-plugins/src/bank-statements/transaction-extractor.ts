/** Extracts the stream of transactions from a parsed file. Entries are matched in batches, so that few lookups in the feed are needed. */
import { setImmediate } from 'node:timers/promises';
import { InvalidRecordError } from '@tributary/connector-api';
import type { FeedReader, StoredRecord, RejectedRecord, Transaction } from '@tributary/connector-api';
import { assertEntryServable, toTransactions } from './bank-statements.mapper.js';
import { toEnrichedTransactions } from './late-report.mapper.js';
import type { CurrentFile, PullProgress } from './pulling/pull-progress.js';
import { ItemToMatchFactory } from './matching/matching-input.js';
import type { ItemToMatch } from './matching/matching-input.js';
import type { LocalTimeParser } from './statements/local-time-parser.js';
import { EntryMatcher } from './matching/entry-matcher.js';
import type { EntryMatch } from './matching/entry-matcher.js';
import { MAX_ITEMS_PER_STEP } from './pulling/page-builder.js';
import type { ExtractionStep } from './pulling/page-builder.js';
import type { StreamExtractor } from './pulling/pull-directory.js';
import { createEntryRejectionId } from './pulling/rejections.js';
import { VersionContradictionDetector } from './matching/version-contradiction-detector.js';
import type { ReadOtherFile } from './pulling/pull-directory.js';
import { StatementCorrection } from './chain/statement-correction.js';
import type { CorrectionResult } from './chain/statement-correction.js';
import { createChainLinks } from './chain/create-chain-links.js';
import type { ChainLink } from './chain/statement-chain.js';
import { ExportOverlapDetector } from './chain/export-overlap-detector.js';
import type { KeyedLink } from './chain/create-chain-links.js';
import { MovementRepository } from './matching/movement-repository.js';
import { UnmatchedAnnouncements } from './matching/unmatched-announcements.js';
import { NewMovementFactory } from './matching/new-movement-factory.js';
import { DaysBeforeStatement } from './matching/served-days.js';
import { parseDigests } from './checking/entry-digests.js';
import type { CheckedFile } from './checking/file-check.js';
import type { CheckedStatement } from './checking/statement-check.js';
import type { ParsedFile } from './parsing/parsed-file.js';
import type { Entry } from './statements/statement.types.js';

const NO_STORED_DETAILS: ReadonlyMap<string, StoredRecord> = new Map();

export class TransactionExtractor implements StreamExtractor<Transaction> {
  readonly stream = 'transactions';
  readonly reportsRejections = true;
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
    file: ParsedFile,
    current: CurrentFile,
    name: string,
    readOther: ReadOtherFile,
  ): AsyncGenerator<ExtractionStep<Transaction>> {
    let index = -1;
    let count = 0;
    let open: OpenStatement | undefined;
    const days = new DaysBeforeStatement(this.progress.servedDays, (current.daysBefore ??= {}));
    for await (const events of file.readEvents()) {
      for (const [part, digests] of events) {
        if (part.part === 'start') {
          const statement = file.statements[++index];
          if (statement) open = this.openStatement(statement, index, file.keyCounts, current, days);
        } else if (part.part === 'entry' && open) {
          count++;
          if (open.isOutdated) continue;
          open.batch.push({ entry: part, number: count, ...(digests && { digests }) });
          if (open.batch.length >= MAX_ITEMS_PER_STEP) yield* this.serveBatch(open, current, name, file);
        } else if (part.part === 'end' && open) {
          yield* this.serveBatch(open, current, name, file);
          current.entries = Math.max(current.entries, count);
          yield await this.endStatement(open, readOther);
        }
      }
    }
  }

  finish(): ExtractionStep<Transaction> {
    return { items: [], ...this.progress.chains.check() };
  }

  private openStatement(
    checked: CheckedStatement,
    index: number,
    keyCounts: CheckedFile['keyCounts'],
    { file }: CurrentFile,
    days: DaysBeforeStatement,
  ): OpenStatement {
    const links = createChainLinks(checked, file);
    const histories = links.map(({ key, link }) => this.progress.chains.lookUp(key, link));
    const corrected = histories.find((history) => history.kind === 'corrected');
    const correction = corrected && new StatementCorrection(corrected.former);
    const statement = correction?.withFormerIdentity(checked) ?? checked;
    return new OpenStatement(
      statement,
      new ItemToMatchFactory(statement, index, keyCounts),
      links,
      histories.some(({ kind }) => kind === 'outdated'),
      correction,
      days,
      new NewMovementFactory(days.open(statement.accountId), keyCounts),
      histories.find((history) => history.kind === 'exported')?.former,
      new UnmatchedAnnouncements(this.progress.unmatchedIds),
    );
  }

  /** Ends a statement: adds it to the chain of statements, and reports its inconsistencies. */
  private async endStatement(
    open: OpenStatement,
    readOther: ReadOtherFile,
  ): Promise<ExtractionStep<Transaction>> {
    const { correction, links, isOutdated } = open;
    for (const { key, link } of links) this.progress.chains.add(key, link);
    if (isOutdated) return { items: [] };
    if (!correction) return { items: [], ...this.reportFindings(open) };
    const { items, result } = await correction.finish(readOther, this.movements, this.time);
    this.movements.remember(items);
    return { items, ...this.reportFindings(open, result) };
  }

  /** Matches all entries of the batch. Yields the records that were not served before, in the order of the entries. */
  private async *serveBatch(
    open: OpenStatement,
    current: CurrentFile,
    name: string,
    file: ParsedFile,
  ): AsyncGenerator<ExtractionStep<Transaction>> {
    const { batch } = open;
    open.batch = [];
    const matches = await this.matchBatch(open, batch);
    // Matching a batch takes some milliseconds, and so does converting it. In between, the event loop must be able to handle requests.
    await setImmediate();
    let items: (Transaction | RejectedRecord)[] = [];
    for (const { entry, number } of batch) {
      const match = matches.get(entry);
      if (typeof match === 'object') open.correction?.add(match);
      if (number <= current.entries) continue;
      // An interruption can leave an entry with many records partly served. The stored part must not be taken for an earlier version of the
      // statement.
      if (typeof match === 'object' && current.records === undefined) {
        open.revision.add(match);
        open.overlap?.add(match);
      }
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
      if (typeof match === 'string') {
        const raw = await file.readRaw(entry, number);
        items.push(rejectEntry({ ...entry, raw }, match, name, ++current.refused));
      }
      current.entries = number;
      delete current.records;
    }
    yield { items };
  }

  /** Returns, for each entry, its match or the reason for its rejection. */
  private async matchBatch(
    open: OpenStatement,
    batch: readonly NumberedEntry[],
  ): Promise<Map<Entry, EntryMatch | string>> {
    const { statement, itemFactory, days } = open;
    const matches = new Map<Entry, EntryMatch | string>();
    for (const { entry } of batch) {
      const reason = this.rejectionReason(entry, statement);
      if (reason !== undefined) matches.set(entry, reason);
    }
    const items = batch
      .filter(({ entry }) => !matches.has(entry))
      .map(({ entry, digests }) =>
        itemFactory.create(entry, digests === undefined ? undefined : parseDigests(digests)),
      );
    for (const match of await this.matchItems(open, items)) {
      matches.set(match.item.entry, match);
      this.movements.markChanged(match.movement.id);
      days.add(statement.accountId, match.item.criteria[0]);
    }
    return matches;
  }

  private async matchItems(
    { newMovements, correction, guessedIds, unmatched }: OpenStatement,
    items: readonly ItemToMatch[],
  ): Promise<EntryMatch[]> {
    const matches = correction ? undefined : newMovements.match(items);
    if (matches) return matches;
    const groups = await this.movements.loadGroups(new Set(items.flatMap((item) => item.groupKeys)));
    return new EntryMatcher(groups, guessedIds, unmatched, this.time).match(items);
  }

  private rejectionReason(entry: Entry, statement: CheckedStatement): string | undefined {
    try {
      assertEntryServable(entry, statement, this.time);
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

  private reportFindings(
    open: OpenStatement,
    correction?: CorrectionResult,
  ): Required<Pick<ExtractionStep<Transaction>, 'warnings' | 'resolvedIds'>> {
    const { warnings = [], resolvedIds = [] } = this.reportImbalance(open, correction);
    const announced = open.unmatched.finish();
    return {
      warnings: [...warnings, ...announced.warnings],
      resolvedIds: [...resolvedIds, ...announced.resolvedIds],
    };
  }

  private reportImbalance(
    { statement, revision, overlap }: OpenStatement,
    correction?: CorrectionResult,
  ): Partial<ExtractionStep<Transaction>> {
    const { identity, warning } = statement;
    const id = `statement:${identity}`;
    const formerImbalance = this.progress.unbalanced.get(identity);
    const change =
      statement.start.format === 'csv'
        ? overlap?.describe(statement)
        : revision.describeChange(statement, formerImbalance, correction);
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
  /** The number of the entry in the file, from 1. */
  number: number;
  /** The digests as `serializeDigests` returns them. */
  digests?: string;
}

class OpenStatement {
  batch: NumberedEntry[] = [];
  readonly guessedIds = new Set<string>();
  readonly revision = new VersionContradictionDetector();
  /** Present for a day of a CSV export. */
  readonly overlap: ExportOverlapDetector | undefined;

  constructor(
    readonly statement: CheckedStatement,
    readonly itemFactory: ItemToMatchFactory,
    readonly links: readonly KeyedLink[],
    /** True if a newer version of this statement was already read. No entry of this version is then served. */
    readonly isOutdated: boolean,
    readonly correction: StatementCorrection | undefined,
    readonly days: DaysBeforeStatement,
    readonly newMovements: NewMovementFactory,
    formerExport: ChainLink | undefined,
    readonly unmatched: UnmatchedAnnouncements,
  ) {
    if (statement.start.format === 'csv') this.overlap = new ExportOverlapDetector(formerExport);
  }
}

function rejectEntry(entry: Entry, reason: string, name: string, number: number): RejectedRecord {
  return {
    id: createEntryRejectionId(name, number),
    reason: `${name}, ${entry.position}: ${reason}`,
    raw: entry.raw,
  };
}
