/** Converts a client's request to a canonical JSON string, and converts a stored order to the plugin's type `Order`. */
import {
  decodeId,
  formatTime,
  type Order,
  type OrderKind,
  type OrderRequest,
} from '@tributary/connector-api';
import type { StoredOrder } from '@tributary/feed';

/**
 * The properties of the stored request. Account ids are the ids as served to clients. Amount and asset are not included, because they have
 * their own columns.
 */
export interface OrderRequestData {
  /**
   * The asset as the client wrote it (`JPY/0`); present only if feeds write the asset in another way. Responses to the client contain this
   * form.
   */
  requestedAsset?: string;
  sourceAccountId: string;
  destinationAccountId: string;
  description?: string;
  metadata: Readonly<Record<string, string>>;
}

/** Returns the canonical JSON string of a request. Equal requests give the same string, even if their properties have another sequence. */
export function toCanonicalRequest(kind: OrderKind, request: OrderRequest): string {
  const { amount, requestedAsset, sourceAccountId, destinationAccountId, description, metadata } = request;
  return JSON.stringify({
    kind,
    amount: amount.amount.toString(),
    asset: amount.asset,
    ...(requestedAsset === undefined ? {} : { requestedAsset }),
    sourceAccountId,
    destinationAccountId,
    ...(description === undefined ? {} : { description }),
    metadata: Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/** Parses the stored request. It is not validated, because this library wrote it. */
export function parseStoredRequest({ request }: Pick<StoredOrder, 'request'>): OrderRequestData {
  return JSON.parse(request) as OrderRequestData;
}

/**
 * Converts a stored order to the type that plugins get.
 * @throws Error when no feed can have served an account id of the order
 */
export function toPluginOrder(stored: StoredOrder): Order {
  const { sourceAccountId, destinationAccountId, description, metadata } = parseStoredRequest(stored);
  return {
    kind: stored.kind,
    idempotencyKey: stored.pspKey,
    reference: stored.idempotencyKey,
    amount: { amount: stored.amount, asset: stored.asset },
    sourceAccountId: decodePspId(sourceAccountId),
    destinationAccountId: decodePspId(destinationAccountId),
    ...(description === undefined ? {} : { description }),
    metadata,
    createdAt: formatTime(stored.createdAt),
    ...(stored.pspId === undefined ? {} : { pspId: stored.pspId }),
  };
}

/**
 * Decodes an account id from the form that clients see to the PSP's id.
 * @throws Error when no feed can have served the id
 */
export function decodePspId(servedId: string): string {
  const id = decodeId(servedId);
  if (id === undefined) throw new Error(`the id ${JSON.stringify(servedId)} was never served`);
  return id;
}
