/** Extracts the stream of beneficiaries: all counterparties of debits that have an account number. */
import type { Beneficiary, Mirror } from '@tributary/connector-api';
import { factsOfWhole, mergeFacts } from './facts.js';
import { toBeneficiary } from './counterparty.js';
import type { CurrentFile } from './cursor.js';
import { STEP_SIZE } from './page-builder.js';
import type { Step } from './page-builder.js';
import type { CheckedFile } from './statement-check.js';
import type { Entry, EntryFacts, StatementPart } from './statement.js';
import type { Listing } from './pull.js';

type Known = Readonly<Record<string, string | undefined>>;

export class BeneficiaryListing implements Listing<Beneficiary> {
  readonly reportsRefusals = false;
  readonly recognises = false;
  /** Metadata of beneficiaries on recent pages. Once these pages are committed, the feed returns it. */
  private recent = new Map<string, Known>();
  private older = new Map<string, Known>();

  constructor(private readonly mirror: Mirror) {}

  turn(): void {
    this.older = this.recent;
    this.recent = new Map();
  }

  async *read(
    _file: CheckedFile,
    parts: () => AsyncIterable<StatementPart>,
    current: CurrentFile,
  ): AsyncGenerator<Step<Beneficiary>> {
    let batch = new Map<string, Beneficiary>();
    let count = 0;
    for await (const part of parts()) {
      if (part.part !== 'entry' || ++count <= current.entries) continue;
      for (const beneficiary of paidBy(part)) {
        const before = batch.get(beneficiary.id);
        batch.set(beneficiary.id, before ? merge(beneficiary, before.metadata ?? {}) : beneficiary);
      }
      if (batch.size < STEP_SIZE) continue;
      current.entries = count;
      yield { items: await this.findNews(batch) };
      batch = new Map();
    }
    current.entries = count;
    yield { items: await this.findNews(batch) };
  }

  /**
   * Returns the beneficiaries that are new or have additional properties. A different spelling of a known
   * name is ignored, because clients keep the first version.
   */
  private async findNews(batch: ReadonlyMap<string, Beneficiary>): Promise<Beneficiary[]> {
    const unknown = [...batch.keys()].filter((id) => !this.recent.has(id) && !this.older.has(id));
    const held =
      unknown.length > 0 ? await this.mirror.latest('beneficiaries', unknown) : new Map<string, never>();
    const news: Beneficiary[] = [];
    for (const [id, said] of batch) {
      const before = this.recent.get(id) ?? this.older.get(id) ?? held.get(id)?.metadata;
      const isNew =
        !before || Object.entries(said.metadata ?? {}).some(([key, value]) => value && !before[key]);
      if (!isNew) continue;
      const beneficiary = before ? merge(said, before) : said;
      this.recent.set(id, beneficiary.metadata ?? {});
      news.push(beneficiary);
    }
    return news;
  }
}

function* paidBy(entry: Entry): Generator<Beneficiary> {
  const all: { facts: EntryFacts; creditDebit: Entry['creditDebit'] }[] =
    entry.details.length < 2
      ? [{ facts: factsOfWhole(entry), creditDebit: entry.creditDebit }]
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
function merge(said: Beneficiary, before: Known): Beneficiary {
  const kept = Object.fromEntries(Object.entries(before).filter(([, value]) => value !== undefined));
  const metadata = { ...said.metadata, ...kept };
  return { ...said, ownerName: metadata['com.formance.spec/owner/name'] ?? said.ownerName, metadata };
}
