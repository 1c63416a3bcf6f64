/** Extracts the stream of beneficiaries. These are all counterparties of debits that have an account number. */
import type { Beneficiary, FeedReader } from '@tributary/connector-api';
import { hasNewMetadata, mergeMetadata } from './parsing/beneficiary-collector.js';
import type { ParsedFile } from './parsing/parsed-file.js';
import type { CurrentFile } from './pulling/pull-progress.js';
import type { ExtractionStep } from './pulling/page-builder.js';
import type { StreamExtractor } from './pulling/pull-directory.js';

type KnownMetadata = Readonly<Record<string, string | undefined>>;

export class BeneficiaryExtractor implements StreamExtractor<Beneficiary> {
  readonly stream = 'beneficiaries';
  readonly reportsRejections = false;
  /**
   * The metadata of beneficiaries on recent pages that the gateway may not have committed yet. After the commit, the plugin reads the
   * metadata from the feed instead.
   */
  private currentPage = new Map<string, KnownMetadata>();
  private previousPage = new Map<string, KnownMetadata>();

  constructor(private readonly feedReader: FeedReader) {}

  onPageYielded(): void {
    this.previousPage = this.currentPage;
    this.currentPage = new Map();
  }

  async *extract(file: ParsedFile, current: CurrentFile): AsyncGenerator<ExtractionStep<Beneficiary>> {
    for await (const { lastEntry, beneficiaries } of file.readBeneficiaries()) {
      if (lastEntry <= current.entries) continue;
      const changed = await this.findChanged(new Map(beneficiaries.map((each) => [each.id, each])));
      current.entries = lastEntry;
      yield { items: changed };
    }
    current.entries = file.entryCount;
  }

  /**
   * Returns the beneficiaries that are new or have additional properties. If the name of a known beneficiary is spelled differently, the
   * new spelling is ignored, because clients keep the first version.
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
      if (before && !hasNewMetadata(current, before)) continue;
      const beneficiary = before ? mergeMetadata(current, before) : current;
      this.currentPage.set(id, beneficiary.metadata ?? {});
      changed.push(beneficiary);
    }
    return changed;
  }
}
