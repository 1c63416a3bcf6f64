/** Sends orders to a PSP that declines a repeated request instead of returning the first order. */
import { PspError } from '../errors.js';
import type { OrderResult } from '../order.types.js';
import type { Json } from './json-accessors.js';
import { PspResponseError } from './psp-response-error.js';

export interface OrderSubmission {
  send: () => Promise<OrderResult>;
  /** Returns true if the body of an error response means that the PSP already has an order with this key. */
  isDuplicate: (body: Json) => boolean;
  /**
   * Finds the order that the PSP already has.
   * @param body the body of the error response. It can contain the PSP's id of that order
   */
  find: (body: Json) => Promise<OrderResult | undefined>;
}

/**
 * Sends an order. If the PSP declines it as a duplicate, the PSP has accepted the order before. Then the function requests the order and
 * returns its current state.
 * @throws PspError `unknown-outcome` if the PSP declines the order as a duplicate, but the order cannot be found
 */
export async function submitOrder({ send, isDuplicate, find }: OrderSubmission): Promise<OrderResult> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof PspResponseError) || !isDuplicate(error.body)) throw error;
    const found = await find(error.body).catch(() => undefined);
    if (found !== undefined) return found;
    throw new PspError('unknown-outcome', `${error.message}; but it does not find it (yet)`, {
      cause: error,
    });
  }
}
