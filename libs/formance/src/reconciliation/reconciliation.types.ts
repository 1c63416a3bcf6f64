/** The objects of Formance's legacy service Reconciliation. Source: Formance's OpenAPI document of Reconciliation v2.0. */
import type { JsonBody } from '@tributary/connector-api/http';

/** The two sides that a reconciliation policy compares: accounts of a ledger, and a pool of Formance Payments. */
export interface ReconciliationSubject {
  ledgerName: string;
  /** The accounts of the ledger, in Formance's query language. */
  ledgerQuery: Readonly<Record<string, JsonBody>>;
  /** The id of a pool in Formance Payments. */
  poolId: string;
}

/** A stored reconciliation policy. Formance cannot change a policy, and several policies can have the same name. */
export interface ReconciliationPolicy extends ReconciliationSubject {
  id: string;
  name: string;
}
