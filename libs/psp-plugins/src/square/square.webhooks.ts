/**
 * Verifies webhooks. Source: Square's guide "Validate event notifications". The header `x-square-hmacsha256-signature` is an HMAC-SHA256 of
 * the notification URL and the raw body, in Base64. The signature contains no time.
 */
import { parseWebhookEvent, translateOrDefault, verifyHmac } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import type { SquareSettings } from './square.config.js';

/** The streams that an event affects. The key is the part of the event's type before the first dot. */
const STREAMS_BY_SUBJECT: Readonly<Record<string, Stream[]>> = {
  payment: ['transactions'],
  refund: ['transactions'],
  dispute: ['transactions'],
  payout: ['transactions'],
  location: ['accounts'],
  bank_account: ['beneficiaries'],
};

/**
 * Verifies a webhook and returns the streams that it affects.
 * @throws PspError `rejected` if the signature is wrong or missing, or if the body is not an event
 */
export function verifyWebhook(
  { headers, rawBody }: WebhookRequest,
  { webhookSignatureKeys = [], webhookUrl }: SquareSettings,
): Stream[] {
  verifyHmac({
    header: 'x-square-hmacsha256-signature',
    signatures: [headers['x-square-hmacsha256-signature'] ?? ''],
    // Without the notification URL, no signature can be verified. With no secrets, every webhook is rejected.
    secrets: webhookUrl === undefined ? [] : webhookSignatureKeys,
    signed: [webhookUrl ?? '', rawBody],
    encoding: 'base64',
  });
  const [subject = ''] = parseWebhookEvent(rawBody, 'type').split('.', 1);
  return translateOrDefault<Stream[]>(STREAMS_BY_SUBJECT, subject, []);
}
