/**
 * Verifies webhooks. `Webhook-Signature` is the HMAC-SHA256 of the raw body, in hex. It contains no time, so an old webhook can be sent again: it only
 * starts a sync. Source: GoCardless' official libraries.
 */
import { rejectWebhook, verifyHmac } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import { EVENT_LINKS } from './gocardless.vocabulary.js';

const SIGNATURE_HEADER = 'webhook-signature';
/** Events of objects that move money. */
const MONEY_TYPES: readonly string[] = [...Object.keys(EVENT_LINKS), 'payment_account_transactions'];

/**
 * Verifies a webhook, which contains up to 250 events.
 * @returns the streams to pull
 * @throws PspError `rejected` when the signature is wrong or missing, or when the body contains no events
 */
export function parseWebhook(
  { headers, rawBody }: WebhookRequest,
  secrets: readonly string[] = [],
): Stream[] {
  verifyHmac({
    header: SIGNATURE_HEADER,
    signatures: [headers[SIGNATURE_HEADER] ?? ''],
    secrets,
    signed: [rawBody],
  });
  const types = parseEventTypes(rawBody);
  const streams: Stream[] = types.some((type) => MONEY_TYPES.includes(type)) ? ['transactions'] : [];
  return types.includes('creditors') ? [...streams, 'accounts'] : streams;
}

function parseEventTypes(rawBody: Buffer): string[] {
  try {
    const events = Json.parse(rawBody.toString('utf8')).array('events');
    return events.map((event) => event.scalar('resource_type') ?? '');
  } catch {
    throw rejectWebhook('the body is no JSON object with a list "events"');
  }
}
