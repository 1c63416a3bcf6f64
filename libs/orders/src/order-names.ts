/** The names of an order: ours, and the idempotency key for the PSP. Both follow from the connector and the client's key alone. */
import type { OrderTerms } from '@tributary/connector-api';
import { hash } from 'node:crypto';

const SHORTEST_KEY = 20;

/** Of a store that was lost, too: the same request then gets the same names, and the PSP recognises it. */
export function orderId(connector: string, idempotencyKey: string): string {
  return `order-${digest('order', connector, idempotencyKey).slice(0, 32)}`;
}

/** @throws Error for terms that leave no room for a key without collisions. */
export function pspKey(connector: string, idempotencyKey: string, form: OrderTerms['key']): string {
  const hex = digest('psp', connector, idempotencyKey);
  if (form === 'uuid') return uuid(hex);
  if (!(form.length >= SHORTEST_KEY)) {
    throw new Error(`the plugin's orders.key.length is ${form.length}, expected ${SHORTEST_KEY} or more`);
  }
  return BigInt(`0x${hex}`).toString(36).padStart(50, '0').slice(-Math.min(form.length, 49));
}

/** The text of a list of strings has one reading only: `a` + `bc` is not `ab` + `c`. */
function digest(...parts: string[]): string {
  return hash('sha256', JSON.stringify(parts));
}

/** Of version 4 by its form: some PSPs check it. */
function uuid(hex: string): string {
  const variant = ((parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
