import { PspError } from '../errors.js';

/**
 * Creates the error for an order that is not sent, because the PSP cannot execute it exactly as requested:
 * `throw createOrderRejection('payouts are off')`.
 */
export function createOrderRejection(reason: string): PspError {
  return new PspError('rejected', reason);
}
