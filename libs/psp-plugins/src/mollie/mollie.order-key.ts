/**
 * Puts the key of an order into the description of its payout or draft transfer, and finds it there again. Lists of payouts and of draft transfers
 * have no other property by which an order can be found. The journal repeats the description: "this will appear on the bank statement of both the
 * debtor and creditor".
 */
import type { Order } from '@tributary/connector-api';

/** Matches the last key in a description. Keys are UUIDs of version 4. A bank can write them in capitals. */
const ORDER_KEY = /^.*([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})/is;

/**
 * Appends the order's key to its description, which it cuts to fit.
 * @param longest maximum number of characters that Mollie accepts
 */
export function describeOrder({ description, key }: Order, longest: number): string {
  if (description === undefined) return key;
  return `${beginning(description, longest - key.length - 1)} ${key}`;
}

/** Returns at most `maxLength` characters. Removes half an emoji at the end, because Mollie would reject a string that is not well-formed. */
export function beginning(text: string, longest: number): string {
  return text.slice(0, longest).replace(/[\ud800-\udbff]$/, '');
}

/** Returns the order's key in a description. Returns `undefined` for payouts and transfers that were not ordered through this gateway. */
export function orderKeyIn(description: string | undefined): string | undefined {
  return ORDER_KEY.exec(description ?? '')?.[1]?.toLowerCase();
}
