/**
 * The key of an order, in the description of what Mollie makes of it. Lists of payouts and of draft transfers have nothing else by which an
 * order is found again, and a description reaches the journal: "this will appear on the bank statement of both the debtor and creditor".
 */
import type { Order } from '@tributary/connector-api';

/** The last one; a bank may write it in capitals. Keys have the form of version 4. */
const ORDER_KEY = /^.*([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})/is;

/** @param longest characters that Mollie takes */
export function describeOrder({ description, key }: Order, longest: number): string {
  if (description === undefined) return key;
  return `${beginning(description, longest - key.length - 1)} ${key}`;
}

/** Half an emoji is no text: Mollie would refuse the order for it. */
export function beginning(text: string, longest: number): string {
  return text.slice(0, longest).replace(/[\ud800-\udbff]$/, '');
}

/** Of something that was ordered here; what Mollie or a person made otherwise has none. */
export function orderKeyIn(description: string | undefined): string | undefined {
  return ORDER_KEY.exec(description ?? '')?.[1]?.toLowerCase();
}
