/** Extracts the stream of beneficiaries: all counterparties of debits that have an account number. */
import type { Beneficiary, FeedReader } from '@tributary/connector-api';
import { entryFactsWithDetail, mergeFacts } from './statements/merge-entry-detail.js';
import { toBeneficiary } from './mapping/counterparty.js';
import type { CurrentFile } from './pulling/pull-progress.js';
import { MAX_ITEMS_PER_STEP } from './pulling/page-builder.js';
import type { ExtractionStep } from './pulling/page-builder.js';
import type { CheckedFile } from './checking/statement-check.js';
import type { Entry, EntryFacts, StatementEvent } from './statements/statement.types.js';
import type { StreamExtractor } from './pulling/pull-directory.js';

/** Number of entries after which a step is yielded even without beneficiaries, so that the progress is stored. */
const MAX_ENTRIES_PER_STEP = 5000;

type KnownMetadata = Readonly<Record<string, string | undefined>>;

export class BeneficiaryExtractor implements StreamExtractor<Beneficiary> {
  readonly reportsRejections = false;
  readonly needsIdentity = false;
  /** Metadata of beneficiaries on recent pages. Once these pages are committed, the feed returns it. */
  private currentPage = new Map<string, KnownMetadata>();
  private previousPage = new Map<string, KnownMetadata>();

  constructor(private readonly feedReader: FeedReader) {}

  onPageYielded(): void {
    this.previousPage = this.currentPage;
    this.currentPage = new Map();
  }

  async *extract(
    _file: CheckedFile,
    parts: () => AsyncIterable<StatementEvent>,
    current: CurrentFile,
  ): AsyncGenerator<ExtractionStep<Beneficiary>> {
    let batch = new Map<string, Beneficiary>();
    let count = 0;
    for await (const part of parts()) {
      if (part.part !== 'entry' || ++count <= current.entries) continue;
      for (const beneficiary of listPaidBeneficiaries(part)) {
        const before = batch.get(beneficiary.id);
        batch.set(beneficiary.id, before ? mergeMetadata(beneficiary, before.metadata ?? {}) : beneficiary);
      }
      if (batch.size < MAX_ITEMS_PER_STEP && count % MAX_ENTRIES_PER_STEP !== 0) continue;
      current.entries = count;
      yield { items: await this.findChanged(batch) };
      batch = new Map();
    }
    current.entries = count;
    yield { items: await this.findChanged(batch) };
  }

  /**
   * Returns the beneficiaries that are new or have additional properties. A different spelling of a known
   * name is ignored, because clients keep the first version.
   */
  private async findChanged(batch: ReadonlyMap<string, Beneficiary>): Promise<Beneficiary[]> {
    const unknown = [...batch.keys()].filter((id) => !this.currentPage.has(id) && !this.previousPage.has(id));
    const stored =
      unknown.length > 0
        ? await this.feedReader.findLatest('beneficiaries', unknown)
        : new Map<string, never>();
    const changed: Beneficiary[] = [];
    for (const [id, current] of batch) {
      const before = this.currentPage.get(id) ?? this.previousPage.get(id) ?? stored.get(id)?.metadata;
      const isNew =
        !before || Object.entries(current.metadata ?? {}).some(([key, value]) => value && !before[key]);
      if (!isNew) continue;
      const beneficiary = before ? mergeMetadata(current, before) : current;
      this.currentPage.set(id, beneficiary.metadata ?? {});
      changed.push(beneficiary);
    }
    return changed;
  }
}

function* listPaidBeneficiaries(entry: Entry): Generator<Beneficiary> {
  const all: { facts: EntryFacts; creditDebit: Entry['creditDebit'] }[] =
    entry.details.length < 2
      ? [{ facts: entryFactsWithDetail(entry), creditDebit: entry.creditDebit }]
      : entry.details.map((detail) => ({
          facts: mergeFacts({ ...entry, counterparty: undefined }, detail),
          creditDebit: detail.creditDebit ?? entry.creditDebit,
        }));
  for (const { facts, creditDebit } of all) {
    if (creditDebit !== 'DBIT' || entry.status === 'INFO') continue;
    const beneficiary = toBeneficiary(facts);
    if (beneficiary) yield beneficiary;
  }
}

/** Existing values take precedence over new ones. */
function mergeMetadata(current: Beneficiary, before: KnownMetadata): Beneficiary {
  const kept = Object.fromEntries(Object.entries(before).filter(([, value]) => value !== undefined));
  const metadata = { ...current.metadata, ...kept };
  return { ...current, ownerName: metadata['com.formance.spec/owner/name'] ?? current.ownerName, metadata };
}
