/**
 * Maps records to rows, for a PSP that gives one id to several records, and that changes the amount, the code or the fee of a record later. Each record keeps its
 * row, see `assignRecordIds`; a fee that the PSP no longer lists is cancelled; and each change is a version that was not served before, see `numberRevisions`.
 */
import { InvalidRecordError } from '../errors.js';
import type { Json, JsonPath } from '../http/json-accessors.js';
import { parseRow } from '../http/parse-row.js';
import { formatAmount, parseMoney } from '../money.js';
import type { Money } from '../money.js';
import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, RejectedRecord, StoredRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { assignRecordIds } from './assign-record-ids.js';
import type { RecordIds } from './assign-record-ids.js';
import { toFee } from './fees.js';
import { linkConversions } from './link-conversions.js';
import { linkRows, sortForLinking } from './link-rows.js';
import type { UnlinkedRow } from './link-rows.js';
import { negateMoney } from './money-from-minor-units.js';
import type { MovementFields } from './movements.js';
import { numberRevisions } from './number-revisions.js';
import { convertValidRecords } from './parse-rows.js';
import { createPspMetadata, readText } from './pick-metadata.js';

/** The paths to the properties of a record that identify it. */
export interface RecordPaths {
  id: JsonPath;
  code: JsonPath;
  currency: JsonPath;
  /** The path to the amount, as a decimal. */
  amount: JsonPath;
}

/** How a PSP shows its records. */
export interface SharedIdFormat {
  /** The name of the plugin: its metadata keys begin with `com.<psp>.spec/`. */
  psp: string;
  paths: RecordPaths;
  /** The names of the metadata entries with which `toRows` keeps the code and the amount of a record, and the reference that both records of a conversion have. */
  metadata: { code: string; amount: string; reference: string };
  /** Returns the time of a record in milliseconds since 1970. The PSP does not change it. */
  getTime: (row: Json) => number | undefined;
  /** Whether the PSP still decides about the record. */
  isOpen: (row: Json) => boolean;
  /**
   * Maps a record to its rows. The row of the record has the id `key`, the preferred id `rowId` and the metadata entry `record_id` with the value `key`. For the
   * row of its fee see `toRecordFee`.
   * @throws InvalidRecordError for an invalid record
   */
  toRows: (row: Json, record: SharedIdRecord) => readonly UnlinkedRow[];
}

/** The ids of a record, and its fee as it was served. */
export interface SharedIdRecord extends RecordIds {
  /** The PSP's id. Other records can have it, too. */
  id: string;
  /** The fee in its stored row; negative if it was given back. `undefined` if there is no such row. */
  servedFee: Money | undefined;
}

const RECORD_ID_NAME = 'record_id';

/**
 * Returns a key of a record: its id, code, currency and amount. The amount has the decimal places of its currency, because a PSP can write the same amount in
 * several ways (`12.5`, `"12.50"`). The function never throws: a record that is not valid is rejected later.
 */
export function readRecordKey(row: Json, paths: RecordPaths): string {
  return [readId(row, paths), ...readParts(row, paths)].join('.');
}

/** Maps the records of a page, and links their rows to each other and to rows that were served before. */
export async function mapSharedIdRows(
  rows: readonly Json[],
  format: SharedIdFormat,
  feedReader: FeedReader,
): Promise<(Transaction | RejectedRecord)[]> {
  const { psp, paths, metadata, getTime, isOpen, toRows } = format;
  const getIds = await assignRecordIds(rows, {
    read: (row) => ({
      ...{ id: readId(row, paths), key: readRecordKey(row, paths), parts: readParts(row, paths) },
      ...{ time: getTime(row), isOpen: isOpen(row) },
    }),
    readStored: (record) => readStored(record, format),
    feedReader,
  });
  const records = new Map(rows.map((row) => [row, { id: readId(row, paths), ...getIds(row) }]));
  const feeIds = [...records.values()].flatMap(listFeeIds);
  const served = await feedReader.findLatest('transactions', [...new Set(feeIds)]);
  const parsed = [...records].flatMap(([row, record]): readonly (UnlinkedRow | RejectedRecord)[] => {
    const servedFee = findServedFee(record, served, psp);
    const unlinked = parseRow(row, paths.id, (json) => toRows(json, { ...record, servedFee }));
    // A valid record with the same id must not resolve the rejection.
    return isRejectedRecord(unlinked) ? [{ ...unlinked, id: record.rowId }] : unlinked;
  });
  return convertValidRecords<UnlinkedRow, Transaction>(parsed, async (valid) => {
    const unlinked = linkConversions(sortForLinking(valid), getMetadataKey(psp, metadata.reference));
    const linked = await linkRows(unlinked, feedReader, getMetadataKey(psp, RECORD_ID_NAME));
    return numberRevisions(linked, feedReader, [getMetadataKey(psp, metadata.code)]);
  });
}

/**
 * Returns the row of the fee of a record. A fee that was served, and that the record no longer has, becomes CANCELLED. A row that takes it back (`withdrawMissingParts`)
 * would not add up when the fee comes back with another amount. If several records with one id have a fee, the fees have different ids.
 * @param fields the fields of the record, except its amount
 * @param fee the fee of the record: positive if it was charged. `undefined` for a record whose money did not move
 * @param options `isLinked`: whether clients add the fee to the record's row, which must be a payment
 */
export function toRecordFee(
  record: SharedIdRecord,
  fields: Omit<MovementFields, 'id' | 'amount' | 'details' | 'metadata'>,
  fee: Money | undefined,
  { psp, isLinked }: { psp: string; isLinked: boolean },
): UnlinkedRow[] {
  const isCharged = fee !== undefined && fee.amount !== 0n;
  const amount = isCharged ? fee : record.servedFee;
  if (amount === undefined) return [];
  const [preferredId, id] = listFeeIds(record);
  const relatedId = hasFormerId(record) ? record.id : record.rowId;
  const own: MovementFields = {
    ...{ ...fields, id, amount, counterpartyId: undefined, details: { relatedId } },
    ...(!isCharged && { status: 'CANCELLED' }),
    metadata: createPspMetadata(psp, { [RECORD_ID_NAME]: id, transaction_id: record.id }),
  };
  return [{ row: toFee(own, isLinked ? relatedId : undefined), preferredId }];
}

/**
 * Returns true if an earlier release served the row of a record under the record's key. That release linked the fee to the PSP's id, and a fee that is linked to
 * another row later would count twice for clients.
 */
function hasFormerId({ id, rowId }: SharedIdRecord): boolean {
  return rowId !== id && !/^\.\d+$/.test(rowId.slice(id.length));
}

/** Returns the ids under which the fee of a record can be served. The first one can be the id of the fee of another record. */
function listFeeIds({ id, key }: Pick<SharedIdRecord, 'id' | 'key'>): [string, string] {
  return [`${id}.fee`, `${key}.fee`];
}

function findServedFee(
  record: Pick<SharedIdRecord, 'id' | 'key'>,
  served: ReadonlyMap<string, StoredRecord>,
  psp: string,
): Money | undefined {
  const [preferredId, id] = listFeeIds(record);
  const isOwn = (feeId: string) => served.get(feeId)?.metadata[getMetadataKey(psp, RECORD_ID_NAME)] === id;
  const { amount, sourceAccountId } = served.get([preferredId, id].find(isOwn) ?? '')?.transaction ?? {};
  return amount !== undefined && sourceAccountId === undefined ? negateMoney(amount) : amount;
}

function readStored({ metadata, transaction }: StoredRecord, { psp, metadata: names }: SharedIdFormat) {
  const read = (name: string) => metadata[getMetadataKey(psp, name)];
  const [currency] = transaction?.amount.asset.split('/') ?? [];
  const amount = normalizeDecimal(read(names.amount), currency);
  return { key: read(RECORD_ID_NAME), parts: [read(names.code), currency, amount] };
}

function readId(row: Json, { id }: RecordPaths): string {
  return readText(row, ...id) ?? row.toJsonString();
}

function readParts(row: Json, { code, currency, amount }: RecordPaths): (string | undefined)[] {
  const read = (path: JsonPath) => readText(row, ...path);
  return [read(code), read(currency), normalizeDecimal(read(amount), read(currency))];
}

/** Returns an amount with the decimal places of its currency. An amount that is not valid is returned as it is. */
function normalizeDecimal(value: string | undefined, currency: string | undefined): string | undefined {
  try {
    return formatAmount(parseMoney(value ?? '', currency ?? ''));
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return value;
  }
}

function getMetadataKey(psp: string, name: string): string {
  return `com.${psp}.spec/${name}`;
}
