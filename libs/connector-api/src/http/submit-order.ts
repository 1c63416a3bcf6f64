/** Sends orders to PSPs that decline a repeated request instead of answering it with the first order. */
import { PspError } from '../errors.js';
import type { OrderResult } from '../order.types.js';
import type { Json } from './json-accessors.js';
import { PspResponseError } from './psp-response-error.js';

export interface OrderSubmission {
  send: () => Promise<OrderResult>;
  /** Returns whether the body of an error says that the PSP already has an order with this key. */
  isDuplicate: (body: Json) => boolean;
  /** Finds the order that the PSP already has. */
  find: () => Promise<OrderResult | undefined>;
}

/**
 * Sends an order. If the PSP declines it as a duplicate, the order was accepted before, so its present state is the result.
 * @throws PspError `unknown-outcome` if the PSP knows the key but does not find the order
 */
export async function submitOrder({ send, isDuplicate, find }: OrderSubmission): Promise<OrderResult> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof PspResponseError) || !isDuplicate(error.body)) throw error;
    const found = await find().catch(() => undefined);
    if (found !== undefined) return found;
    throw new PspError('unknown-outcome', `${error.message}; but it does not find it (yet)`, {
      cause: error,
    });
  }
}
