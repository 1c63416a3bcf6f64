/**
 * The order that the health check inserts and deletes in one transaction, to test that orders can be stored. No other transaction can see
 * it.
 */
import type { OrderTable } from './schema.js';

export const HEALTH_CHECK_ORDER_ID = 'health-check';

/**
 * Creates the order of the health check.
 * @param requestLength number of characters of the request, which is the largest part of an order
 */
export function createHealthCheckOrder(requestLength: number): OrderTable {
  return {
    ...{
      id: HEALTH_CHECK_ORDER_ID,
      connector: '',
      idempotency_key: HEALTH_CHECK_ORDER_ID,
      psp_key: HEALTH_CHECK_ORDER_ID,
    },
    ...{ psp_id: null, kind: 'PAYOUT', request: 'x'.repeat(requestLength), amount: '0', asset: 'XXX' },
    ...{ state: 'failed', details: '{}', created_at: 0, changed_at: 0, answer: null, answered_at: null },
    ...{ published: null, published_at: null, attempts: 0, sent_at: null, unsure_since: null },
    ...{ refused_at: null, shown_at: null, next_at: null, holder: null, leased_until: 0, fencing_token: 0 },
    entries: 0,
  };
}
