/**
 * Verifies webhooks, version 2. Source: Revolut's guide "Verify the payload signature". The header `Revolut-Signature` is a list of
 * `v1=<hex>`, one for each secret that is valid now. Each is the HMAC-SHA256 of `v1.<Revolut-Request-Timestamp>.<raw body>`. The timestamp
 * is in milliseconds.
 */
import { parseWebhookEvent, verifyHmac, verifyTimestamp } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';

const SIGNATURE_PATTERN = /^v1=(.*)$/;

/**
 * Verifies a webhook and returns the streams that it affects.
 * @param now the current time in milliseconds since 1970
 * @throws PspError `rejected` if the signature or the time is wrong or missing, or if the body is not an event
 */
export function verifyWebhook(
  { headers, rawBody }: WebhookRequest,
  secret: string | undefined,
  now: number,
): Stream[] {
  const timestamp = headers['revolut-request-timestamp'] ?? '';
  verifyHmac({
    header: 'Revolut-Signature',
    signatures: (headers['revolut-signature'] ?? '')
      .split(',')
      .map((one) => SIGNATURE_PATTERN.exec(one.trim())?.[1] ?? ''),
    secrets: [secret],
    signed: [`v1.${timestamp}.`, rawBody],
  });
  const at = /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : NaN;
  verifyTimestamp({ header: 'Revolut-Request-Timestamp', at, now });
  // Other events, e.g. that of a payout link, move no money. When a payout link is claimed, a transaction event follows.
  const isMoneyEvent = parseWebhookEvent(rawBody, 'event').startsWith('Transaction');
  return isMoneyEvent ? ['transactions', 'accounts'] : [];
}
