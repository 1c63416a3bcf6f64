/** Maps Mollie's response to an order result. Payouts and draft transfers have the same form for the reason of their status. */
import type { OrderResult, OrderStatus } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { PREFIX } from './mollie.metadata-keys.js';

/**
 * Creates an order result.
 * @param members properties to copy into the metadata: name in the metadata → name in the response
 */
export function toResult(
  made: Json,
  status: OrderStatus,
  members: Readonly<Record<string, string>>,
): OrderResult {
  const told = Object.entries(members).map(([name, member]) => [PREFIX + name, made.optionalText(member)]);
  const isOver = status === 'FAILED' || status === 'RETURNED';
  return {
    id: made.text('id'),
    status,
    ...(isOver && { reason: reasonOf(made) }),
    metadata: Object.fromEntries(told) as Record<string, string | undefined>,
  };
}

function reasonOf(made: Json): NonNullable<OrderResult['reason']> {
  const message = made.optionalText('statusReason', 'message');
  return {
    code: made.optionalText('statusReason', 'code') ?? made.text('status'),
    ...(message !== undefined && { message }),
  };
}
