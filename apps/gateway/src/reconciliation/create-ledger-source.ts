/** Creates the client with which the ledger of a policy is read. */
import { createHttpLedgerSource, type LedgerSource } from '@tributary/reconciliation';
import type { ReconciliationPolicyConfig } from '../config/index.js';

export function createLedgerSource({
  ledger: { url, name, token },
}: ReconciliationPolicyConfig): LedgerSource {
  return createHttpLedgerSource({ url, ledger: name, token });
}
