/** Builds the result of an order from the PSP's response. */
import type { Json, JsonPath } from '../http/json-accessors.js';
import type { OrderResult, OrderStatus } from '../order.types.js';
import type { Metadata } from '../record.types.js';
import { createPspMetadata, pickProperties, readText } from './pick-metadata.js';

export interface OrderResultFields {
  /** The PSP's id of the order. */
  id: string;
  /** The status of the order. `translateWord` and `translateOrDefault` return it for the PSP's word. */
  status: OrderStatus;
  /** The PSP's code for the reason of a failure. It is served only for an order that failed or was returned. */
  reasonCode: string;
  /** The PSP's message about the reason of a failure. */
  reasonMessage?: string | undefined;
  metadata?: Metadata | undefined;
}

/** Creates the result of an order. The reason is included only if the order failed or was returned. */
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

/** The names of the properties of a PSP's response from which an order is read. The order's id is always read from `id`. */
export interface OrderResponseFormat {
  /** The plugin's name, which is part of the metadata keys. */
  psp: string;
  /**
   * The property with the PSP's word for the status. If the response of a failed order contains no other reason, this word is served as the
   * reason.
   */
  statusProperty: string;
  reasonCode?: JsonPath;
  reasonMessage?: JsonPath;
  /** The metadata key under which the PSP's word for the status is stored. Default: the word is not stored. */
  statusKey?: string;
  /** The properties that are copied into the metadata under their own names. */
  properties?: readonly string[];
}

/**
 * Reads an order from a response.
 * @param status the order's status, translated from the PSP's word with `translateOrDefault`
 * @throws InvalidRecordError if the response contains no id or no word for the status
 */
export function readOrderResult(
  response: Json,
  format: OrderResponseFormat,
  status: OrderStatus,
): OrderResult {
  const { psp, statusProperty, reasonCode, reasonMessage, statusKey, properties = [] } = format;
  const word = response.string(statusProperty);
  const metadata = {
    ...(statusKey !== undefined && createPspMetadata(psp, { [statusKey]: word })),
    ...pickProperties(psp, response, properties),
  };
  return createOrderResult({
    id: response.string('id'),
    status,
    reasonCode: (reasonCode && readText(response, ...reasonCode)) ?? word,
    reasonMessage: reasonMessage && readText(response, ...reasonMessage),
    metadata: statusKey === undefined && properties.length === 0 ? undefined : metadata,
  });
}
