/** Sends the requests to Formance's legacy service Reconciliation. */
import type { Json, JsonBody } from '@tributary/connector-api/http';
import type { FormanceHttp } from '../http/formance-http.js';
import type { ReconciliationPolicy, ReconciliationSubject } from './reconciliation.types.js';

/** The client of Formance Reconciliation. Every method throws `FormanceError` if its request fails. */
export class ReconciliationClient {
  constructor(private readonly http: FormanceHttp) {}

  listPolicies(): AsyncGenerator<ReconciliationPolicy> {
    return this.http.list({ path: '/policies' }, parsePolicy);
  }

  /**
   * Creates a policy. The request is sent only once, because Formance would create a second policy with the same name.
   * @returns the id of the policy
   */
  createPolicy(name: string, { ledgerName, ledgerQuery, poolId }: ReconciliationSubject): Promise<string> {
    const body = { name, ledgerName, ledgerQuery, paymentsPoolID: poolId };
    return this.http.send({ method: 'POST', path: '/policies', body }, (json) => json.string('data', 'id'));
  }
}

function parsePolicy(json: Json): ReconciliationPolicy {
  return {
    id: json.string('id'),
    name: json.string('name'),
    ledgerName: json.string('ledgerName'),
    ledgerQuery: JSON.parse(json.object('ledgerQuery').toJsonString()) as Record<string, JsonBody>,
    poolId: json.string('paymentsPoolID'),
  };
}
