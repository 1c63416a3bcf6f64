/** Derives the id of an order, and the idempotency key for the PSP, from the connector's first path and the client's idempotency key. */
import type { IdempotencySupport } from '@tributary/connector-api';
import { hash } from 'node:crypto';

const MIN_PSP_KEY_LENGTH = 20;

/** Returns the id of an order. The same request always gets the same id, even after the store and its data were lost. */
export function deriveOrderId(connectorPath: string, idempotencyKey: string): string {
  return `order-${hashParts('order', connectorPath, idempotencyKey).slice(0, 32)}`;
}

/**
 * Returns the idempotency key with which the order is sent to the PSP. The same request always gets the same key, so the PSP recognises a
 * repeat even after the store and its data were lost.
 * @throws Error when the PSP allows only keys that are too short to be unique
 */
export function derivePspKey(
  connectorPath: string,
  idempotencyKey: string,
  format: IdempotencySupport['keyFormat'],
): string {
  const hex = hashParts('psp', connectorPath, idempotencyKey);
  if (format === 'uuid') return formatAsUuid(hex);
  if (!(format.length >= MIN_PSP_KEY_LENGTH)) {
    throw new Error(
      `the plugin's orders.keyFormat.length is ${format.length}, expected ${MIN_PSP_KEY_LENGTH} or more`,
    );
  }
  return BigInt(`0x${hex}`).toString(36).padStart(50, '0').slice(-Math.min(format.length, 49));
}

/** Returns a SHA-256 digest of the parts. The parts are encoded as JSON, so that `a` + `bc` and `ab` + `c` give different digests. */
function hashParts(...parts: string[]): string {
  return hash('sha256', JSON.stringify(parts));
}

/** Formats a digest as a UUID of version 4, because some PSPs check the version digit of a UUID. */
function formatAsUuid(hex: string): string {
  const variant = ((parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
