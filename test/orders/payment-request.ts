/**
 * A payment that a user requests from Formance, and the connector's request for this payment. Source: v3.4.0
 * `ce/plugins/generic/client/payouts.go`.
 */
import type { OrderKind } from '@tributary/connector-api';

/** The input of a user. The reference becomes the idempotency key. */
export interface PaymentRequest {
  reference: string;
  kind: OrderKind;
  amount: string;
  asset: string;
  sourceAccountId: string;
  destinationAccountId: string;
  description: string;
  metadata?: Record<string, string>;
}

export type OrderPath = '/payouts' | '/transfers';

export function getOrderPath({ kind }: PaymentRequest): OrderPath {
  return kind === 'PAYOUT' ? '/payouts' : '/transfers';
}

export function createRequestBody(wish: PaymentRequest): string {
  return JSON.stringify({
    idempotencyKey: wish.reference,
    amount: wish.amount,
    currency: wish.asset,
    sourceAccountId: wish.sourceAccountId,
    destinationAccountId: wish.destinationAccountId,
    description: wish.description,
    metadata: wish.metadata,
  });
}
