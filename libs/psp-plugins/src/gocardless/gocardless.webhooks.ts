/**
 * Verifies webhooks. `Webhook-Signature` is the HMAC-SHA256 of the raw body, in hex. It contains no time, so an old webhook can be sent again: it only
 * starts a sync. Source: GoCardless' official libraries.
 */
import { parseWebhookEvents, translateOrDefault, verifyHmac } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { WEBHOOK_STREAMS } from './gocardless.vocabulary.js';

const SIGNATURE_HEADER = 'webhook-signature';

/**
 * Verifies a webhook, which contains up to 250 events.
 * @returns the streams to pull
 * @throws PspError `rejected` when the signature is wrong or missing, or when the body contains no events
 */
export function verifyWebhook({ headers, rawBody }: WebhookRequest, secrets: readonly string[] = []) {
  const signatures = [headers[SIGNATURE_HEADER] ?? ''];
  verifyHmac({ header: SIGNATURE_HEADER, signatures, secrets, signed: [rawBody] });
  const types = parseWebhookEvents(rawBody, 'events', 'resource_type');
  return [...new Set(types.flatMap((type) => translateOrDefault<Stream | []>(WEBHOOK_STREAMS, type, [])))];
}
