/**
 * Writes and reads the key of an order in a description. If a PSP's lists have no property for an idempotency key, they still contain the
 * description, so the order can be found by its key.
 */
import type { Json } from '../http/json-accessors.js';
import type { Order } from '../order.types.js';
import { readText } from './pick-metadata.js';

/** Matches the last key in a description without blanks. Keys are UUIDs of version 4. A bank may convert them to capitals. */
const ORDER_KEY_PATTERN = /^.*([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})/is;

/**
 * Appends the order's key to its description, and shortens the description if necessary: `Rent 1f0f3850-9627-42de-8ad4-a2c497c37d0b`. The
 * plugin's `keyFormat` must be `uuid`.
 * @param maxLength maximum number of characters that the PSP accepts
 */
export function createOrderDescription(
  { description, idempotencyKey }: Pick<Order, 'description' | 'idempotencyKey'>,
  maxLength: number,
): string {
  if (description === undefined) return idempotencyKey;
  return `${truncateText(description, maxLength - idempotencyKey.length - 1)} ${idempotencyKey}`;
}

/** Returns at most `maxLength` characters (UTF-16 code units). The result does not end with half an emoji, because many PSPs reject it. */
export function truncateText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}

/** Returns the order's key in a description; `undefined` for a payout that was not ordered through this gateway. */
export function extractOrderKey(description: string | undefined): string | undefined {
  // If a bank breaks a description into lines, the key can contain a blank, so all blanks are removed.
  return ORDER_KEY_PATTERN.exec((description ?? '').replace(/\s+/g, ''))?.[1]?.toLowerCase();
}

/** Returns the order's key in the property `description` of an object of the PSP, see `extractOrderKey`. */
export function readOrderKey(row: Json): string | undefined {
  return extractOrderKey(readText(row, 'description'));
}
