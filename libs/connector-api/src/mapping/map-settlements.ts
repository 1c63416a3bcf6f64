/** Maps settlements (payouts) with their items and with the refunds that the items name. */
import { hasMovedMoney } from '../contract/balance-effects.js';
import type { Json } from '../http/json-accessors.js';
import { parseRow } from '../http/parse-row.js';
import { isRejectedRecord } from '../plugin.js';
import type { DataWarning, FeedReader, RejectedRecord } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { toFee } from './fees.js';
import { fetchObjectsById } from './fetch-objects-by-id.js';
import type { MovementFields } from './movements.js';
import { parseRows } from './parse-rows.js';
import { findReversedIds } from './reverse-failed-rows.js';
import { roundParts } from './round-parts.js';
import { formatNumberedId, RowHistory, toReturnedPayout } from './row-history.js';
import { formatRejectedItemId, getItemsWarningId, isReversal, toSettlementRows } from './settlement-rows.js';
import type { Settlement, SettlementFormat } from './settlement-rows.js';
import { withdrawMissingParts } from './withdraw-missing-parts.js';

/** What was requested for a settlement. */
export interface SettlementDetails {
  /** Absent if the PSP no longer lists the items. */
  items?: readonly Json[] | undefined;
  /** The refunds that the items name, by id, for a PSP whose refunds do not name the settlement that they reduced. */
  refunds: ReadonlyMap<string, Json>;
  /** The payments that `fetchTakenBackPayments` has requested, by id. */
  payments?: ReadonlyMap<string, Json>;
}

/** A settlement as the plugin reads it. */
export interface ParsedSettlement extends Settlement {
  /** Whether the money left. A settlement that was returned can be sent again. */
  state: 'pending' | 'sent' | 'returned';
  /** The sum of the fees, and the metadata of its row, for a settlement whose items are not listed any more. */
  fees: Pick<MovementFields, 'amount' | 'metadata'>;
  /** The row of the payout, which has the id of the settlement, and other rows, e.g. of a conversion. */
  rows: Transaction[];
}

/** How a PSP shows its settlements and refunds. */
export interface SettlementListFormat extends SettlementFormat {
  /** Reads a settlement. @throws InvalidRecordError */
  parseSettlement: (row: Json) => ParsedSettlement;
  /** Returns the row of a refund, and the row of its return if it came back. @throws InvalidRecordError */
  toRefundRows: (refund: Json, settlement: Settlement) => readonly Transaction[];
}

/** Requests the refunds that the items of a settlement name. An item that is not readable is left out here, because `mapSettlements` rejects it. */
export async function fetchSettlementDetails(
  items: readonly Json[] | undefined,
  format: SettlementFormat,
  findRefund: (id: string) => Promise<Json | undefined>,
): Promise<SettlementDetails> {
  const ids = (items ?? []).map((item) => readRefundItem(item, format)?.refundId);
  return { items, refunds: await fetchObjectsById(ids, findRefund) };
}

/**
 * Requests the payments that items of a settlement take back, and that were served as never paid: the settlement proves that an earlier one has paid them out. Such a payment
 * does not name the earlier settlement.
 */
export async function fetchTakenBackPayments(
  items: readonly Json[] | undefined,
  { movementByType, parseItem }: SettlementFormat,
  feedReader: FeedReader,
  fetchPayment: (id: string) => Promise<Json | undefined>,
): Promise<Map<string, Json>> {
  const ids = (items ?? []).flatMap((item) => {
    const parsed = parseRow(item, [], (json) => parseItem(json, ''));
    return isRejectedRecord(parsed) || !isReversal(movementByType[parsed.type])
      ? []
      : (parsed.paymentId ?? []);
  });
  if (ids.length === 0) return new Map();
  const served = await feedReader.findLatest('transactions', ids);
  const reversed = await findReversedIds(ids, feedReader);
  const isUnpaid = (id: string) => {
    const { status } = served.get(id) ?? {};
    return reversed.has(id) || (status !== undefined && !hasMovedMoney(status as TransactionStatus));
  };
  return fetchObjectsById(ids.filter(isUnpaid), fetchPayment);
}

/** @returns `undefined` for an item that moves no money of a refund */
function readRefundItem(item: Json, { movementByType, parseItem }: SettlementFormat) {
  const parsed = parseRow(item, [], (json) => parseItem(json, ''));
  if (isRejectedRecord(parsed)) return undefined;
  const movement = movementByType[parsed.type];
  if (movement !== 'refund' && movement !== 'refund_reversal') return undefined;
  return { refundId: parsed.refundId, isReturn: movement === 'refund_reversal' };
}

/** @returns false if the items that were read do not add up to the settlement; true for a settlement whose items are not listed any more */
export function hasAllItems(row: Json, { items }: SettlementDetails, format: SettlementListFormat): boolean {
  if (items === undefined) return true;
  const parsed = parseRow(row, 'id', (json) => {
    const { id, amount } = format.parseSettlement(json);
    return roundParts(
      items.map((item) => format.parseItem(item, id).exact),
      amount.amount,
    );
  });
  return !isRejectedRecord(parsed) && parsed.difference === 0n;
}

const WITHOUT_ITEMS: DataWarning = {
  id: 'payouts-without-items',
  message:
    'The PSP no longer lists the items of its oldest payouts: their fees are one row each, and their chargebacks and late failures are missing',
};

/** The records of settlements, and the warnings about items that are missing, or that do not add up. */
export interface SettlementPage {
  items: (Transaction | RejectedRecord)[];
  warnings: DataWarning[];
  resolvedIds: string[];
}

/** Maps settlements, oldest first. Their payouts can be returned and sent again, see `toReturnedPayout`; for their items see `toSettlementRows`. */
export async function mapSettlements(
  settlements: readonly { row: Json; details: SettlementDetails }[],
  format: SettlementListFormat,
  feedReader: FeedReader,
): Promise<SettlementPage> {
  const page: SettlementPage = { items: [], warnings: [], resolvedIds: [] };
  const history = new RowHistory(feedReader);
  const complete: CompleteSettlement[] = [];
  for (const { row: json, details } of settlements) {
    const parsed = parseRow(json, 'id', format.parseSettlement);
    if (isRejectedRecord(parsed)) {
      page.items.push(parsed);
      continue;
    }
    for (const row of parsed.rows)
      page.items.push(...(row.id === parsed.id ? await toReturnedPayout(row, parsed.state, history) : [row]));
    const { items, warning, itemIds } =
      details.items === undefined
        ? { items: createFeesRows(parsed), warning: WITHOUT_ITEMS, itemIds: [] }
        : await toSettlementRows(parsed, details.items, format, history);
    page.items.push(...items, ...createRefundRows(parsed, details, format));
    if (warning === undefined) {
      page.resolvedIds.push(getItemsWarningId(parsed.id));
      complete.push({ id: parsed.id, itemIds, itemCount: details.items?.length ?? 0 });
    } else page.warnings.push(warning);
  }
  return withdrawMissingItems(page, complete, feedReader);
}

/** A settlement whose items were all read. */
interface CompleteSettlement {
  id: string;
  itemIds: readonly string[];
  itemCount: number;
}

/**
 * Takes back what an incomplete or wrong reading of a settlement left behind, e.g. the second row of an item that two overlapping pages contained. Only settlements that
 * were served before are compared, so that a first listing costs nothing.
 */
async function withdrawMissingItems(
  page: SettlementPage,
  complete: readonly CompleteSettlement[],
  feedReader: FeedReader,
): Promise<SettlementPage> {
  const ids = complete.flatMap(({ id, itemIds }) => [id, ...itemIds]);
  const served = await feedReader.findLatest('transactions', ids);
  const known = complete.filter(({ id, itemIds }) => [id, ...itemIds].some((one) => served.has(one)));
  if (known.length === 0) return page;
  const { items, resolvedIds } = await withdrawMissingParts(
    page.items,
    {
      objectIds: known.flatMap(({ itemIds }) => itemIds),
      listPartIds: (itemId, number) => [formatNumberedId(itemId, number + 1)],
    },
    feedReader,
  );
  // An earlier reading can have contained each item twice, as unreadable.
  const rejectedIds = known.flatMap(({ id, itemCount }) =>
    Array.from({ length: 2 * itemCount }, (_, index) => formatRejectedItemId(id, index)),
  );
  return { ...page, items, resolvedIds: [...page.resolvedIds, ...resolvedIds, ...rejectedIds] };
}

/** A settlement whose items are not listed any more still tells the sum of its fees. */
function createFeesRows({ id, createdAt, accountId, fees }: ParsedSettlement): Transaction[] {
  const details = { settlement: id, bookedAt: createdAt };
  const fee = { id: `${id}.fees`, createdAt, accountId, ...fees, details };
  return fees.amount.amount === 0n ? [] : [toFee(fee)];
}

function createRefundRows(
  settlement: ParsedSettlement,
  { items = [], refunds }: SettlementDetails,
  format: SettlementListFormat,
): SettlementPage['items'] {
  return items.flatMap((item) => {
    const { refundId = '', isReturn = false } = readRefundItem(item, format) ?? {};
    const refund = refunds.get(refundId);
    if (refund === undefined) return [];
    return parseRows([refund], 'id', (json) => {
      const [row, returned] = format.toRefundRows(json, settlement);
      return [isReturn ? returned : row].filter((one) => one !== undefined);
    });
  });
}
