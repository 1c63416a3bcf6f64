/** Maps Mollie's response to an order result. Payouts and draft transfers have the same form for the reason of their status. */
import type { OrderResult, OrderStatus } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { MOLLIE_PREFIX } from './mollie.metadata-keys.js';

/**
 * Creates an order result.
 * @param metadataProperties properties to copy into the metadata: name in the metadata → name in the response
 */
export function toOrderResult(
  created: Json,
  status: OrderStatus,
  metadataProperties: Readonly<Record<string, string>>,
): OrderResult {
  const entries = Object.entries(metadataProperties).map(([name, member]) => [
    MOLLIE_PREFIX + name,
    created.optionalString(member),
  ]);
  const isOver = status === 'FAILED' || status === 'RETURNED';
  return {
    id: created.string('id'),
    status,
    ...(isOver && { reason: parseReason(created) }),
    metadata: Object.fromEntries(entries) as Record<string, string | undefined>,
  };
}

function parseReason(created: Json): NonNullable<OrderResult['reason']> {
  const message = created.optionalString('statusReason', 'message');
  return {
    code: created.optionalString('statusReason', 'code') ?? created.string('status'),
    ...(message !== undefined && { message }),
  };
}
