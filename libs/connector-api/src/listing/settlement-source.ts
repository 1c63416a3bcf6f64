/** Lists settlements (payouts) with their items and with the refunds that the items name, as one of the lists of `listSources`. */
import type { Json } from '../http/json-accessors.js';
import {
  fetchSettlementDetails,
  fetchTakenBackPayments,
  hasAllItems,
  mapSettlements,
} from '../mapping/map-settlements.js';
import type { SettlementDetails, SettlementListFormat, SettlementPage } from '../mapping/map-settlements.js';
import { reverseFailedRows } from '../mapping/reverse-failed-rows.js';
import { readText } from '../mapping/pick-metadata.js';
import { toTransferIfOwn } from '../mapping/transfers.js';
import { isRejectedRecord } from '../plugin.js';
import type { FeedReader } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { createRecordSource } from './list-sources.js';
import type { PageContent, RecordSource, RecordSourceOptions } from './list-sources.js';
import { createDetailsCheck, listWithDetails } from './list-with-details.js';
import type { DetailsOptions } from './list-with-details.js';
import type { ListingContext } from './listing.types.js';

/** How settlements are listed, and how their items and refunds are requested. A settlement has its id in `id`. */
export interface SettlementSourceOptions<Position>
  extends
    Pick<RecordSourceOptions<Json, Position, Transaction>, 'id' | 'list' | 'isPosition'>,
    Pick<DetailsOptions<Json, SettlementDetails, Position>, 'getVersion' | 'keepOpen'> {
  /** How the rows of settlements, items and refunds are read. */
  format: SettlementListFormat;
  /** Requests all items of a settlement. @returns `undefined` if the PSP no longer lists them */
  fetchItems: (settlementId: string, signal: AbortSignal) => Promise<readonly Json[] | undefined>;
  /** Requests a refund that an item names, or a payment that an item takes back. */
  fetchObject: (kind: 'payments' | 'refunds', id: string, signal: AbortSignal) => Promise<Json | undefined>;
  /** Maps payments. One that was served as never paid, or as reversed, although an item takes it back, is mapped again, and becomes SUCCEEDED, or is restored. */
  toPaymentRecords: (payments: Json[]) => Promise<PageContent<Transaction>>;
  /** The PSP's ids of the accounts of the tenant that a settlement can go into. Such a settlement is a transfer. Default: none. */
  ownAccountIds?: readonly (string | undefined)[];
}

/**
 * Creates the source. The items of a settlement are requested again when `getVersion` changes, or until they add up to the settlement, see
 * `listWithDetails` and `mapSettlements`.
 */
export function createSettlementSource<Position>(
  options: SettlementSourceOptions<Position>,
  context: ListingContext & { feedReader: FeedReader },
): RecordSource<Transaction> {
  const { id, list, isPosition, getVersion, keepOpen, fetchItems, fetchObject } = options;
  const format = createOwnFormat(options);
  const withDetails: DetailsOptions<Json, SettlementDetails, Position> = {
    ...{ list, getVersion, keepOpen },
    fetchDetails: async (settlement, signal) => {
      const items = await fetchItems(readText(settlement, 'id') ?? '', signal);
      const fetchRefund = (refundId: string) => fetchObject('refunds', refundId, signal);
      const fetchPayment = (paymentId: string) => fetchObject('payments', paymentId, signal);
      const details = await fetchSettlementDetails(items, format, fetchRefund);
      const payments = await fetchTakenBackPayments(items, format, context.feedReader, fetchPayment);
      return { ...details, payments };
    },
    isComplete: ({ row, details }) => hasAllItems(row, details, format),
  };
  return createRecordSource({
    ...{ id, isPosition: createDetailsCheck(isPosition) },
    list: (since) => listWithDetails(withDetails, since, context),
    toRecords: async (settlements) => {
      const page = await mapSettlements(settlements, format, context.feedReader);
      const payments = settlements.flatMap(({ details }) => [...(details.payments?.values() ?? [])]);
      if (payments.length === 0) return page;
      const { items, ...rest } = await options.toPaymentRecords(payments);
      const ids = payments.map((payment) => readText(payment, 'id'));
      // The rows of earlier reversals were served before. Here only the payments themselves count.
      const paid = items.filter((item) => isRejectedRecord(item) || ids.includes(item.id));
      return joinContent({ ...rest, items: paid }, page, context.feedReader);
    },
  });
}

/** Returns the format with which a settlement into an account of the tenant is a transfer. */
function createOwnFormat({
  format,
  ownAccountIds = [],
}: Pick<SettlementSourceOptions<unknown>, 'format' | 'ownAccountIds'>): SettlementListFormat {
  const parseSettlement = (row: Json) => {
    const settlement = format.parseSettlement(row);
    return { ...settlement, rows: settlement.rows.map((each) => toTransferIfOwn(each, ownAccountIds)) };
  };
  return { ...format, parseSettlement };
}

/** Joins payments that were taken back and the page that takes them back. A row that takes a payment back comes after the payment. */
async function joinContent(
  payments: PageContent<Transaction>,
  page: SettlementPage,
  feedReader: FeedReader,
): Promise<PageContent<Transaction>> {
  const paid = payments.items.map((item) =>
    isRejectedRecord(item) ? item : { ...item, status: 'SUCCEEDED' as const },
  );
  return {
    items: [...(await reverseFailedRows(paid, feedReader)), ...page.items],
    warnings: [...(payments.warnings ?? []), ...page.warnings],
    resolvedIds: [...(payments.resolvedIds ?? []), ...page.resolvedIds],
  };
}
