/** Collects the beneficiaries of a file while the file is parsed, each only once, although a beneficiary usually occurs in many entries. */
import type { Beneficiary } from '@tributary/connector-api';
import { toBeneficiary } from '../mapping/counterparty.js';
import { mergeOnlyDetail, mergeFacts } from '../statements/merge-entry-detail.js';
import type { Entry, EntryFacts, Party } from '../statements/statement.types.js';
import type { BeneficiaryBatch } from './parsed-file.js';

const MAX_BENEFICIARIES_PER_BATCH = 250;
/**
 * The maximum number of beneficiaries in memory. If there are more, the collector forgets all of them. Some beneficiaries are then
 * collected twice.
 */
const MAX_REMEMBERED = 20_000;

export class BeneficiaryCollector {
  private batch = new Map<string, Beneficiary>();
  private known = new Map<string, Beneficiary>();
  /** The parties whose beneficiaries are known with all their properties. */
  private knownParties = new Set<string>();
  private entryCount = 0;

  /**
   * Adds the beneficiary of an entry.
   * @returns a batch when it is full
   */
  add(entry: Entry): BeneficiaryBatch | undefined {
    this.entryCount++;
    for (const facts of listPaidFacts(entry)) this.addCounterparty(facts);
    return this.batch.size >= MAX_BENEFICIARIES_PER_BATCH ? this.takeBatch() : undefined;
  }

  /** Returns the beneficiaries that were added since the last batch. */
  takeBatch(): BeneficiaryBatch {
    const batch = { lastEntry: this.entryCount, beneficiaries: [...this.batch.values()] };
    this.batch = new Map();
    if (this.known.size > MAX_REMEMBERED) {
      this.known = new Map();
      this.knownParties = new Set();
    }
    return batch;
  }

  private addCounterparty(facts: EntryFacts): void {
    if (!facts.counterparty) return;
    const key = createPartyKey(facts.counterparty);
    if (this.knownParties.has(key)) return;
    // The set is only a shortcut, so it may be emptied at any time.
    if (this.knownParties.size > MAX_REMEMBERED) this.knownParties = new Set();
    this.knownParties.add(key);
    const beneficiary = toBeneficiary(facts);
    if (beneficiary) this.addBeneficiary(beneficiary);
  }

  private addBeneficiary(beneficiary: Beneficiary): void {
    const before = this.known.get(beneficiary.id);
    const known = before?.metadata;
    if (known && !hasNewMetadata(beneficiary, known)) return;
    const merged = known ? mergeMetadata(beneficiary, known) : beneficiary;
    this.known.set(beneficiary.id, merged);
    this.batch.set(beneficiary.id, merged);
  }
}

type KnownMetadata = Readonly<Record<string, string | undefined>>;

/**
 * Returns true if a beneficiary has a property that is not known yet. A different spelling of a known property does not count, because
 * clients keep the first version.
 */
export function hasNewMetadata({ metadata }: Beneficiary, known: KnownMetadata): boolean {
  return Object.entries(metadata ?? {}).some(([key, value]) => value && !known[key]);
}

/** Merges the metadata of a beneficiary. Earlier values take precedence over new values. */
export function mergeMetadata(current: Beneficiary, before: KnownMetadata): Beneficiary {
  const kept = Object.fromEntries(Object.entries(before).filter(([, value]) => value !== undefined));
  const metadata = { ...current.metadata, ...kept };
  return { ...current, ownerName: metadata['com.formance.spec/owner/name'] ?? current.ownerName, metadata };
}

/** Returns a key that is equal for parties with equal properties. */
function createPartyKey(party: Party): string {
  const { name, iban, accountNumber, bic, country, city, postalCode, addressLine } = party;
  const number = accountNumber ?? '';
  // Most parties have only a name and an account number. The length shows where the name begins.
  return (iban ?? bic ?? country ?? city ?? postalCode ?? addressLine) === undefined
    ? `${number.length} ${number}${name ?? '\n'}`
    : JSON.stringify([name, iban, accountNumber, bic, country, city, postalCode, addressLine]);
}

/** Returns the facts of the entry, or of its details, that describe a payment to a counterparty. */
function listPaidFacts(entry: Entry): EntryFacts[] {
  if (entry.status === 'INFO') return [];
  if (entry.details.length < 2) return entry.creditDebit === 'DBIT' ? [mergeOnlyDetail(entry)] : [];
  return entry.details
    .filter(({ creditDebit = entry.creditDebit }) => creditDebit === 'DBIT')
    .map((detail) => mergeFacts({ ...entry, counterparty: undefined }, detail));
}
