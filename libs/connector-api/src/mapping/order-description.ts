/**
 * Writes and reads the key of an order in a description. It is for a PSP whose lists contain the description, but no idempotency key. The
 * order can then be found by the key in its description.
 */
import type { Json } from '../http/json-accessors.js';
import type { Order } from '../order.types.js';
import { normalizeOrderKey } from './order-key.js';
import { readText } from './pick-metadata.js';

/** Matches the last order key in a normalised description. Keys are UUIDs of version 4. */
const ORDER_KEY_PATTERN = /^.*([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})/s;

/**
 * Appends the order's key to its description, and shortens the description if necessary: `Rent 1f0f3850-9627-42de-8ad4-a2c497c37d0b`. The
 * plugin's `keyFormat` must be `uuid`.
 * @param maxLength the maximum number of characters that the PSP accepts
 */
export function createOrderDescription(
  { description, idempotencyKey }: Pick<Order, 'description' | 'idempotencyKey'>,
  maxLength: number,
): string {
  if (description === undefined) return idempotencyKey;
  return `${truncateText(description, maxLength - idempotencyKey.length - 1)} ${idempotencyKey}`;
}

/**
 * Returns at most `maxLength` characters (UTF-16 code units). A surrogate pair (e.g. an emoji) is not split, because many PSPs reject half
 * a pair.
 */
export function truncateText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}

/**
 * Returns the order's key in a description.
 * @returns `undefined` for a payout that was not ordered through this gateway
 */
export function extractOrderKey(description: string | undefined): string | undefined {
  // A bank can break a description into lines, even within the key. Therefore the whole description is normalised.
  return ORDER_KEY_PATTERN.exec(normalizeOrderKey(description ?? ''))?.[1];
}

/** Returns the order's key in the property `description` of an object of the PSP, see `extractOrderKey`. */
export function readOrderKey(row: Json): string | undefined {
  return extractOrderKey(readText(row, 'description'));
}
