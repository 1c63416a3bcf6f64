/** Functions that several specs of orders share. */
import { join } from 'node:path';
import { PspError, type Order, type OrderResult } from '@tributary/connector-api';
import type { SandboxSettings } from '../sandbox.config.js';
import type { SandboxPsp } from '../sandbox.plugin.js';
import { START_TIME_MS } from './sandbox-setup.js';

/** Returns a function that creates paths of new journals. The directories of these paths do not exist yet. */
export function createJournalPathGenerator(directory: string): () => string {
  let count = 0;
  return () => join(directory, `not-yet-there-${++count}`, 'orders.jsonl');
}

export const ORDER_DELAY_MS = 5000;
export const QUIET_SETTINGS: Partial<SandboxSettings> = {
  transactions: 0,
  activityPerMinute: 0,
  oddIds: 0,
  orderDelay: ORDER_DELAY_MS,
};

export function createKey(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export function createOrder(number: number, more: Partial<Order> = {}): Order {
  return {
    kind: 'PAYOUT',
    idempotencyKey: createKey(number),
    reference: `salary ${number}`,
    amount: { amount: 1234n, asset: 'EUR/2' },
    sourceAccountId: 'acc-1',
    destinationAccountId: 'ben-2',
    metadata: {},
    createdAt: new Date(START_TIME_MS).toISOString(),
    ...more,
  };
}

export const submitOrder = (psp: SandboxPsp, order: Order): Promise<OrderResult> =>
  order.kind === 'PAYOUT' ? psp.createPayout!(order) : psp.createTransfer!(order);

/** Submits an order. The result is the status of the order, or the kind of the `PspError`. */
export const submitForOutcome = (psp: SandboxPsp, order: Order): Promise<string> =>
  submitOrder(psp, order).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof PspError ? error.kind : Promise.reject(error as Error)),
  );
