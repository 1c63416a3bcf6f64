/**
 * Puts the key of an order into the description of its payout or draft transfer, and finds it there again. Lists of payouts and of draft transfers
 * have no other property by which an order can be found. The journal repeats the description: "this will appear on the bank statement of both the
 * debtor and creditor".
 */
import type { Order } from '@tributary/connector-api';

/** Matches the last key in a description without blanks. Keys are UUIDs of version 4. A bank can write them in capitals. */
const ORDER_KEY_PATTERN = /^.*([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})/is;

/**
 * Appends the order's key to its description, which it cuts to fit.
 * @param maxLength maximum number of characters that Mollie accepts
 */
export function createDescription({ description, idempotencyKey }: Order, maxLength: number): string {
  if (description === undefined) return idempotencyKey;
  return `${truncate(description, maxLength - idempotencyKey.length - 1)} ${idempotencyKey}`;
}

/** Returns at most `maxLength` characters. Removes half an emoji at the end, because Mollie would reject a string that is not well-formed. */
export function truncate(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[\ud800-\udbff]$/, '');
}

/** Returns the order's key in a description. Returns `undefined` for payouts and transfers that were not ordered through this gateway. */
export function extractOrderKey(description: string | undefined): string | undefined {
  // A bank that breaks a description into lines can put a blank into the key.
  return ORDER_KEY_PATTERN.exec((description ?? '').replace(/\s+/g, ''))?.[1]?.toLowerCase();
}
