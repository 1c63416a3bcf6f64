/** What a client asked for: in one canonical text, and as the plugin sees it. */
import {
  decodeId,
  formatTime,
  type Order,
  type OrderKind,
  type OrderRequest,
} from '@tributary/connector-api';
import type { StoredOrder } from '@tributary/feed';

/** As served, but for the amount and the asset, which the store keeps by themselves. */
export interface OrderFacts {
  sourceAccountId: string;
  destinationAccountId: string;
  description?: string;
  metadata: Readonly<Record<string, string>>;
}

/** Requests that ask for the same are the same text, in whatever order their members came. */
export function canonicalRequest(kind: OrderKind, request: OrderRequest): string {
  const { amount, sourceAccountId, destinationAccountId, description, metadata } = request;
  return JSON.stringify({
    kind,
    amount: amount.amount.toString(),
    asset: amount.asset,
    sourceAccountId,
    destinationAccountId,
    ...(description === undefined ? {} : { description }),
    metadata: Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/** The text is our own: it needs no check. */
export function factsOf({ request }: Pick<StoredOrder, 'request'>): OrderFacts {
  return JSON.parse(request) as OrderFacts;
}

/** @throws Error for an account id that was never served. */
export function orderFor(stored: StoredOrder): Order {
  const { sourceAccountId, destinationAccountId, description, metadata } = factsOf(stored);
  return {
    kind: stored.kind,
    key: stored.pspKey,
    reference: stored.idempotencyKey,
    amount: { amount: stored.amount, asset: stored.asset },
    sourceAccountId: pspIdOf(sourceAccountId),
    destinationAccountId: pspIdOf(destinationAccountId),
    ...(description === undefined ? {} : { description }),
    metadata,
    createdAt: formatTime(stored.createdAt),
    ...(stored.pspId === undefined ? {} : { pspId: stored.pspId }),
  };
}

export function pspIdOf(served: string): string {
  const id = decodeId(served);
  if (id === undefined) throw new Error(`the id ${JSON.stringify(served)} was never served`);
  return id;
}
