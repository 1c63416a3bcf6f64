/**
 * Creates metadata for reconciliation. The keys are the same for every plugin. A plugin sets a key only if the PSP sends the value, and
 * never guesses a value. The PSP's own properties have keys of the form `com.<psp>.spec/…`.
 */
import type { Money } from '../money.js';
import type { Metadata } from '../record.types.js';
import type { Movement } from './movement-kinds.js';

export const COMMON_METADATA_PREFIX = 'com.tributary.spec/';

/** Data of the PSP about a row. Strings are served unchanged. */
export interface RowDetails {
  /** The kind of the row. The functions `toRefund`, `toFee` … set it. A plugin sets it only if it has better information. */
  movement?: Movement | undefined;
  /** The reference of the payment as the payer or the tenant wrote it: the remittance text on the statement. */
  reference?: string | undefined;
  /** The tenant's own id for the payment, as sent to the PSP, e.g. an order number. */
  merchantReference?: string | undefined;
  /** The end-to-end id of ISO 20022. */
  endToEndId?: string | undefined;
  /** The PSP's id of the settlement, payout or batch that contains the row. */
  settlement?: string | undefined;
  /** The PSP's id of the row to which a fee, a tax or the other leg of a conversion belongs. */
  relatedId?: string | undefined;
  /** The amount after fees, in the asset of the row. */
  net?: Money | undefined;
  /** The fee, in the asset of the row. It is only for information, because the money of the fee is in a separate row. */
  fee?: Money | undefined;
  counterpartyName?: string | undefined;
  /** The counterparty's IBAN, account number or wallet. */
  counterpartyAccount?: string | undefined;
  /** The time at which the movement was booked: an RFC 3339 time or a date. */
  bookedAt?: string | undefined;
  /** The value date: the day from which the amount bears interest. */
  valueDate?: string | undefined;
  /** The amount before its conversion, in the original currency. */
  original?: Money | undefined;
}

/** The metadata keys of `RowDetails`, without the prefix. */
export const COMMON_METADATA_KEYS = [
  'movement',
  'reference',
  'merchant_reference',
  'end_to_end_id',
  'settlement',
  'related_id',
  'net',
  'fee',
  'counterparty_name',
  'counterparty_account',
  'booked_at',
  'value_date',
  'original_amount',
  'original_currency',
] as const;
export type CommonMetadataKey = (typeof COMMON_METADATA_KEYS)[number];
/** The metadata keys with the prefix, by the key without it. They are built once, because every row needs them. */
const SERVED_KEYS = Object.fromEntries(
  COMMON_METADATA_KEYS.map((key) => [key, COMMON_METADATA_PREFIX + key]),
) as Readonly<Record<CommonMetadataKey, string>>;

/**
 * Converts details to metadata. Amounts and assets have the same format as `amount` and `currency` of the row. Example:
 * `{ movement: 'refund', net: { amount: 1250n, asset: 'EUR/2' } }` →
 * `{ 'com.tributary.spec/movement': 'refund', 'com.tributary.spec/net': '1250' }`.
 * @param asset the asset of the row. If `net` or `fee` has another asset, it is omitted
 */
export function createCommonMetadata(details: RowDetails, asset?: string): Metadata {
  const metadata: Record<string, string | undefined> = {};
  addCommonMetadata(metadata, details, asset);
  return metadata;
}

/** Adds the metadata of `createCommonMetadata` to the metadata of a row. */
export function addCommonMetadata(
  metadata: Record<string, string | undefined>,
  details: RowDetails,
  asset?: string,
): void {
  const { original } = details;
  // The values are added one by one, because every row needs them, and a list of all keys would take several times as long.
  addValue(metadata, SERVED_KEYS.movement, details.movement);
  addValue(metadata, SERVED_KEYS.reference, details.reference);
  addValue(metadata, SERVED_KEYS.merchant_reference, details.merchantReference);
  addValue(metadata, SERVED_KEYS.end_to_end_id, details.endToEndId);
  addValue(metadata, SERVED_KEYS.settlement, details.settlement);
  addValue(metadata, SERVED_KEYS.related_id, details.relatedId);
  addValue(metadata, SERVED_KEYS.net, formatInAsset(details.net, asset));
  addValue(metadata, SERVED_KEYS.fee, formatInAsset(details.fee, asset));
  addValue(metadata, SERVED_KEYS.counterparty_name, details.counterpartyName);
  addValue(metadata, SERVED_KEYS.counterparty_account, details.counterpartyAccount);
  addValue(metadata, SERVED_KEYS.booked_at, details.bookedAt);
  addValue(metadata, SERVED_KEYS.value_date, details.valueDate);
  addValue(metadata, SERVED_KEYS.original_amount, original?.amount.toString());
  addValue(metadata, SERVED_KEYS.original_currency, original?.asset);
}

function addValue(
  metadata: Record<string, string | undefined>,
  key: string,
  value: string | undefined,
): void {
  if (value !== undefined && value !== '') metadata[key] = value;
}

/** Returns the amount, or `undefined` if its asset is not the asset of the row. */
function formatInAsset(money: Money | undefined, asset: string | undefined): string | undefined {
  return money === undefined || (asset !== undefined && money.asset !== asset)
    ? undefined
    : money.amount.toString();
}
