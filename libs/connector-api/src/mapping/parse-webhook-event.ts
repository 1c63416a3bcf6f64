import { Json } from '../http/json-accessors.js';
import { createWebhookRejection } from './webhook-signature.js';

/**
 * Returns a string from the body of a webhook, e.g. the name of the event: `parseWebhookEvent(rawBody, 'event')`.
 * @throws PspError `rejected` if the body is not a JSON object with this property
 */
export function parseWebhookEvent(rawBody: Buffer, property: string): string {
  try {
    return Json.parse(rawBody.toString('utf8')).string(property);
  } catch {
    throw createWebhookRejection(`the body is no JSON object with a text ${JSON.stringify(property)}`);
  }
}

/**
 * Returns a text of each event in the body of a webhook that contains several events: `parseWebhookEvents(rawBody, 'events', 'resource_type')`. An event without
 * the property is left out.
 * @throws PspError `rejected` if the body is not a JSON object with this list
 */
export function parseWebhookEvents(rawBody: Buffer, list: string, property: string): string[] {
  try {
    const events = Json.parse(rawBody.toString('utf8')).array(list);
    return events.map((event) => event.scalar(property)).filter((word) => word !== undefined);
  } catch {
    throw createWebhookRejection(`the body is no JSON object with a list ${JSON.stringify(list)}`);
  }
}
