import type { PspClient } from '@tributary/connector-api';

/** Returns true if the client has a method for payouts or transfers. In some plugins this depends on the settings. */
export function canPay(psp: PspClient): boolean {
  return psp.createPayout !== undefined || psp.createTransfer !== undefined;
}
