/**
 * Serializes a batch of parsed events for the spool. The values of the entries are written by column, without the names of properties, and
 * a column in which all values are equal is written once. This takes less than half of the time of writing and reading the events as JSON
 * objects.
 */
import type { CreditDebit, Entry, EntryFacts, EntryStatus } from '../statements/statement.types.js';
import type { ParsedEvent } from './parsed-file.js';

/** The values of a column, one for each entry of the batch, or one value that is equal for all entries. An absent value is null. */
type Column<T> = readonly [T] | readonly T[];
type TextColumn = Column<string | null>;

interface SerializedBatch {
  entryCount: number;
  /** The events that are not entries, each with its position in the batch. */
  others: [position: number, event: ParsedEvent][];
  creditDebit: Column<CreditDebit>;
  amount: Column<string>;
  currency: Column<string>;
  status: Column<EntryStatus>;
  position: Column<string>;
  bookedAt: TextColumn;
  valueAt: TextColumn;
  bankReference: TextColumn;
  remittance: TextColumn;
  bankTransactionCode: TextColumn;
  proprietaryCode: TextColumn;
  additionalInformation: TextColumn;
  references: EntryFacts['references'][];
  counterparty: (EntryFacts['counterparty'] | null)[];
  digests: TextColumn;
  /** The properties that few entries have. */
  rest: Column<RareProperties | null>;
}

/** The properties that few entries have. They are written as a JSON object. */
type RareProperties = Partial<
  Pick<
    Entry,
    | 'reversal'
    | 'details'
    | 'entryReference'
    | 'valueDateAsFound'
    | 'ambiguity'
    | 'creditorReference'
    | 'instructed'
    | 'exchangeRate'
    | 'charges'
    | 'returnReason'
    | 'purpose'
  >
>;

/** Serializes the events. The source texts of the entries are not included. */
export function serializeEvents(events: readonly ParsedEvent[]): string {
  const entries: Entry[] = [];
  const digests: (string | null)[] = [];
  const others: SerializedBatch['others'] = [];
  for (const [position, parsed] of events.entries()) {
    const [event, serializedDigests = null] = parsed;
    if (event.part === 'entry') {
      entries.push(event);
      digests.push(serializedDigests);
    } else others.push([position, parsed]);
  }
  const batch: SerializedBatch = {
    entryCount: entries.length,
    others,
    creditDebit: toColumn(entries.map(({ creditDebit }) => creditDebit)),
    amount: toColumn(entries.map(({ amount }) => amount)),
    currency: toColumn(entries.map(({ currency }) => currency)),
    status: toColumn(entries.map(({ status }) => status)),
    position: toColumn(entries.map(({ position }) => position)),
    bookedAt: toColumn(entries.map(({ bookedAt = null }) => bookedAt)),
    valueAt: toColumn(entries.map(({ valueAt = null }) => valueAt)),
    bankReference: toColumn(entries.map(({ bankReference = null }) => bankReference)),
    remittance: toColumn(entries.map(({ remittance = null }) => remittance)),
    bankTransactionCode: toColumn(entries.map(({ bankTransactionCode = null }) => bankTransactionCode)),
    proprietaryCode: toColumn(entries.map(({ proprietaryCode = null }) => proprietaryCode)),
    additionalInformation: toColumn(entries.map(({ additionalInformation = null }) => additionalInformation)),
    references: entries.map(({ references }) => references),
    counterparty: entries.map(({ counterparty = null }) => counterparty),
    digests: toColumn(digests),
    rest: toColumn(entries.map(selectRareProperties)),
  };
  return JSON.stringify(batch);
}

/**
 * Parses the result of `serializeEvents`. The text needs no validation, because this program wrote it. All entries have the same properties
 * in the same order, and an absent value is `undefined`, because objects with the same shape are converted faster.
 */
export function parseEvents(serialized: string): ParsedEvent[] {
  const batch = JSON.parse(serialized) as SerializedBatch;
  const events: ParsedEvent[] = [];
  let nextOther = 0;
  for (let n = 0; ; n++) {
    for (let other = batch.others[nextOther]; other?.[0] === events.length; other = batch.others[nextOther]) {
      events.push(other[1]);
      nextOther++;
    }
    if (n === batch.entryCount) return events;
    const digests = valueAt(batch.digests, n);
    const entry = createEntry(batch, n);
    events.push(digests === null ? [entry] : [entry, digests]);
  }
}

function createEntry(batch: SerializedBatch, n: number): Entry {
  const rest = valueAt(batch.rest, n);
  return {
    part: 'entry',
    creditDebit: valueAt(batch.creditDebit, n),
    reversal: rest?.reversal ?? false,
    status: valueAt(batch.status, n),
    amount: valueAt(batch.amount, n),
    currency: valueAt(batch.currency, n),
    bookedAt: valueAt(batch.bookedAt, n) ?? undefined,
    valueAt: valueAt(batch.valueAt, n) ?? undefined,
    references: batch.references[n] ?? {},
    counterparty: batch.counterparty[n] ?? undefined,
    bankReference: valueAt(batch.bankReference, n) ?? undefined,
    remittance: valueAt(batch.remittance, n) ?? undefined,
    bankTransactionCode: valueAt(batch.bankTransactionCode, n) ?? undefined,
    proprietaryCode: valueAt(batch.proprietaryCode, n) ?? undefined,
    additionalInformation: valueAt(batch.additionalInformation, n) ?? undefined,
    details: rest?.details ?? [],
    entryReference: rest?.entryReference,
    valueDateAsFound: rest?.valueDateAsFound,
    ambiguity: rest?.ambiguity,
    creditorReference: rest?.creditorReference,
    instructed: rest?.instructed,
    exchangeRate: rest?.exchangeRate,
    charges: rest?.charges,
    returnReason: rest?.returnReason,
    purpose: rest?.purpose,
    position: valueAt(batch.position, n),
    raw: '',
  };
}

function selectRareProperties({
  reversal,
  details,
  entryReference,
  valueDateAsFound,
  ambiguity,
  creditorReference,
  instructed,
  exchangeRate,
  charges,
  returnReason,
  purpose,
}: Entry): RareProperties | null {
  const hasDetails = details.length > 0;
  const isUsual =
    !reversal &&
    !hasDetails &&
    entryReference === undefined &&
    valueDateAsFound === undefined &&
    ambiguity === undefined &&
    creditorReference === undefined &&
    instructed === undefined &&
    exchangeRate === undefined &&
    charges === undefined &&
    returnReason === undefined &&
    purpose === undefined;
  if (isUsual) return null;
  return {
    ...(reversal && { reversal }),
    ...(hasDetails && { details }),
    entryReference,
    valueDateAsFound,
    ambiguity,
    creditorReference,
    instructed,
    exchangeRate,
    charges,
    returnReason,
    purpose,
  };
}

function toColumn<T>(values: readonly T[]): Column<T> {
  const [first] = values;
  return values.length > 1 && values.every((value) => value === first) ? [first as T] : values;
}

/** Returns the value of an entry. A column with one value has the same value for all entries. */
function valueAt<T>(column: Column<T>, n: number): T {
  return (column.length === 1 ? column[0] : column[n]) as T;
}
