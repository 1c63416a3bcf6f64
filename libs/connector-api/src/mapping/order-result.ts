/** Builds the result of an order from the PSP's response. */
import type { Json, JsonPath } from '../http/json-accessors.js';
import type { OrderResult, OrderStatus } from '../order.types.js';
import type { Metadata } from '../record.types.js';
import { createPspMetadata, pickProperties, readText } from './pick-metadata.js';

export interface OrderResultFields {
  /** The PSP's id of the order. */
  id: string;
  /** See `translateWord` and `translateOrDefault`. */
  status: OrderStatus;
  /** The PSP's code for the reason. It is served only for an order that failed or was returned. */
  reasonCode: string;
  /** The PSP's message about the reason. */
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

/** The names of the properties from which an order is read in a response of the PSP. Its id is always read from `id`. */
export interface OrderResponseFormat {
  /** The plugin's name, for the keys of the metadata. */
  psp: string;
  /** The property with the PSP's word for the status. If the response contains no other reason of a failure, this word is the reason. */
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
 * @param status the meaning of the PSP's word for the status, see `translateOrDefault`
 * @throws InvalidRecordError if the response has no id or no word for the status
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
