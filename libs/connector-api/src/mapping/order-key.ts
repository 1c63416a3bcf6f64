/**
 * Compares the idempotency keys of orders. The gateway creates keys without capital letters and without blanks. A PSP that stores a key as a
 * UUID can return it in capital letters, and a bank can insert blanks. A key that is not recognised leaves its order without a result, and the
 * payment of the order becomes a second row.
 */

/** Returns a key that a PSP returned in the form in which the gateway created it. */
export function normalizeOrderKey(key: string): string {
  return key.replace(/\s+/g, '').toLowerCase();
}

/** Returns true if a text of the PSP is the key of an order. */
export function isSameOrderKey(text: string | undefined, key: string): boolean {
  return text !== undefined && normalizeOrderKey(text) === normalizeOrderKey(key);
}
