/**
 * The key of an order inside a description. A PSP whose lists have no property for an idempotency key still repeats the description, so an
 * order can be found again by it.
 */
import type { Json } from '../http/json-accessors.js';
import type { Order } from '../order.types.js';
import { readText } from './pick-metadata.js';

/** Matches the last key in a description without blanks. Keys are UUIDs of version 4. A bank can write them in capitals. */
const ORDER_KEY_PATTERN = /^.*([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})/is;

/**
 * Appends the order's key to its description, which is cut to fit: `Rent 1f0f3850-9627-42de-8ad4-a2c497c37d0b`. The plugin's `keyFormat` must
 * be `uuid`.
 * @param maxLength maximum number of characters that the PSP accepts
 */
export function createOrderDescription(
  { description, idempotencyKey }: Pick<Order, 'description' | 'idempotencyKey'>,
  maxLength: number,
): string {
  if (description === undefined) return idempotencyKey;
  return `${truncateText(description, maxLength - idempotencyKey.length - 1)} ${idempotencyKey}`;
}

/** Returns at most `maxLength` characters (UTF-16 code units), without half an emoji at the end, which many PSPs reject. */
export function truncateText(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}

/** Returns the order's key in a description. Returns `undefined` for payouts that were not ordered through this gateway. */
export function extractOrderKey(description: string | undefined): string | undefined {
  // A bank that breaks a description into lines can put a blank into the key.
  return ORDER_KEY_PATTERN.exec((description ?? '').replace(/\s+/g, ''))?.[1]?.toLowerCase();
}

/** Returns the order's key in the property `description` of an object of the PSP, see `extractOrderKey`. */
export function readOrderKey(row: Json): string | undefined {
  return extractOrderKey(readText(row, 'description'));
}
