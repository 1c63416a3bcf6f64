import { PspError } from '../errors.js';

/**
 * Creates the error for an order that is not sent, because the PSP cannot execute it exactly as requested:
 * `throw rejectOrder('payouts are off')`.
 */
export function rejectOrder(reason: string): PspError {
  return new PspError('rejected', reason);
}
