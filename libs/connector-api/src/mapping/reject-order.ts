import { PspError } from '../errors.js';

/** Creates the error for an order that the PSP cannot execute exactly as it is, and that was not sent: `rejectOrder('payouts are off')`. */
export function rejectOrder(reason: string): PspError {
  return new PspError('rejected', reason);
}
