/** Lists settlements (payouts) with their items and with the refunds that the items name, as one of the lists of `listSources`. */
import type { Json } from '../http/json-accessors.js';
import { fetchSettlementDetails, hasAllItems, mapSettlements } from '../mapping/map-settlements.js';
import type { SettlementDetails, SettlementListFormat } from '../mapping/map-settlements.js';
import { readText } from '../mapping/pick-metadata.js';
import type { FeedReader } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { createRecordSource } from './list-sources.js';
import type { RecordSource, RecordSourceOptions } from './list-sources.js';
import { createDetailsCheck, listWithDetails } from './list-with-details.js';
import type { DetailsOptions } from './list-with-details.js';
import type { ListingContext } from './listing.types.js';

/** How settlements are listed, and how their items and refunds are requested. A settlement has its id in `id`. */
export interface SettlementSourceOptions<Position>
  extends
    Pick<RecordSourceOptions<Json, Position, Transaction>, 'id' | 'list' | 'isPosition'>,
    Pick<DetailsOptions<Json, SettlementDetails, Position>, 'getVersion'> {
  /** How the rows of settlements, items and refunds are read. */
  format: SettlementListFormat;
  /** Requests all items of a settlement. @returns `undefined` if the PSP no longer lists them */
  fetchItems: (settlementId: string, signal: AbortSignal) => Promise<readonly Json[] | undefined>;
  fetchRefund: (id: string, signal: AbortSignal) => Promise<Json | undefined>;
}

/**
 * Creates the source. The items of a settlement are requested again when `getVersion` changes, or until they add up to the settlement, see
 * `listWithDetails` and `mapSettlements`.
 */
export function createSettlementSource<Position>(
  options: SettlementSourceOptions<Position>,
  context: ListingContext & { feedReader: FeedReader },
): RecordSource<Transaction> {
  const { id, list, isPosition, getVersion, format, fetchItems, fetchRefund } = options;
  const withDetails: DetailsOptions<Json, SettlementDetails, Position> = {
    ...{ list, getVersion },
    fetchDetails: async (settlement, signal) => {
      const items = await fetchItems(readText(settlement, 'id') ?? '', signal);
      return fetchSettlementDetails(items, format, (refundId) => fetchRefund(refundId, signal));
    },
    isComplete: ({ row, details }) => hasAllItems(row, details, format),
  };
  return createRecordSource({
    ...{ id, isPosition: createDetailsCheck(isPosition) },
    list: (since) => listWithDetails(withDetails, since, context),
    toRecords: (settlements) => mapSettlements(settlements, format, context.feedReader),
  });
}
