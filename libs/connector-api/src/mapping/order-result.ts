/** Builds the result of an order from the PSP's response. */
import type { OrderResult, OrderStatus } from '../order.types.js';
import type { Metadata } from '../record.types.js';

export interface OrderResultFields {
  /** The PSP's id of the order. */
  id: string;
  /** See `translateWord` and `translateOrDefault`. */
  status: OrderStatus;
  /** The PSP's word for the reason. It is served only for an order that failed or was returned. */
  reasonCode: string;
  /** The PSP's sentence about the reason. */
  reasonMessage?: string | undefined;
  metadata?: Metadata | undefined;
}

/** Creates the result of an order. Only an order that failed or was returned has a reason. */
export function createOrderResult(fields: OrderResultFields): OrderResult {
  const { id, status, reasonCode: code, reasonMessage: message, metadata } = fields;
  const hasReason = status === 'FAILED' || status === 'RETURNED';
  return {
    id,
    status,
    ...(hasReason && { reason: { code, ...(message !== undefined && { message }) } }),
    ...(metadata !== undefined && { metadata }),
  };
}
