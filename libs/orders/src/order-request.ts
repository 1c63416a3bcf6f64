/** Converts a client's request to its canonical JSON string, and a stored order to the plugin's `Order`. */
import {
  decodeId,
  formatTime,
  type Order,
  type OrderKind,
  type OrderRequest,
} from '@tributary/connector-api';
import type { StoredOrder } from '@tributary/feed';

/** Properties of the stored request, with ids as served. The amount and the asset have their own columns. */
export interface OrderFacts {
  sourceAccountId: string;
  destinationAccountId: string;
  description?: string;
  metadata: Readonly<Record<string, string>>;
}

/** Returns the canonical JSON string of a request. Equal requests give equal strings, whatever the order of their properties. */
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

/** Parses the stored request. It is not validated, because this library wrote it. */
export function factsOf({ request }: Pick<StoredOrder, 'request'>): OrderFacts {
  return JSON.parse(request) as OrderFacts;
}

/**
 * Converts a stored order to the form that plugins get.
 * @throws Error for an account id that was never served
 */
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

/**
 * Decodes an account id as served to the PSP's id.
 * @throws Error for an id that was never served
 */
export function pspIdOf(served: string): string {
  const id = decodeId(served);
  if (id === undefined) throw new Error(`the id ${JSON.stringify(served)} was never served`);
  return id;
}
