import { Json } from '../http/json-accessors.js';
import { rejectWebhook } from './webhook-signature.js';

/**
 * Returns a string from the body of a webhook, e.g. the name of the event: `parseWebhookEvent(rawBody, 'event')`.
 * @throws PspError `rejected` if the body is not a JSON object with this property
 */
export function parseWebhookEvent(rawBody: Buffer, property: string): string {
  try {
    return Json.parse(rawBody.toString('utf8')).string(property);
  } catch {
    throw rejectWebhook(`the body is no JSON object with a text ${JSON.stringify(property)}`);
  }
}
