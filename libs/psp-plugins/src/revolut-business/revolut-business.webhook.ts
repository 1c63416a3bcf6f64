/**
 * Verifies webhooks, version 2. Source: Revolut's guide "Verify the payload signature". `Revolut-Signature` is a list of `v1=<hex>`, one for each
 * secret that is currently valid: HMAC-SHA256 over `v1.<Revolut-Request-Timestamp>.<raw body>`. The timestamp is in milliseconds.
 */
import { PspError, verifyHmac, verifyTimestamp } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';

/**
 * Verifies signature and timestamp.
 * @param now milliseconds since 1970
 * @throws PspError `rejected` when one of them is missing or wrong
 */
export function verifyWebhook({ headers, rawBody }: WebhookRequest, secret: string, now: number): void {
  const timestamp = headers['revolut-request-timestamp'] ?? '';
  const signatures = (headers['revolut-signature'] ?? '').split(',').map((one) => one.trim());
  verifyHmac({
    header: 'Revolut-Signature',
    signatures: signatures.filter((one) => one.startsWith('v1=')).map((one) => one.slice('v1='.length)),
    secrets: [secret],
    signed: [`v1.${timestamp}.`, rawBody],
  });
  const at = /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : NaN;
  verifyTimestamp({ header: 'Revolut-Request-Timestamp', at, now });
}

/**
 * Returns the streams that an event affects.
 * @throws PspError `rejected` when the body is not an event
 */
export function parseEventStreams(rawBody: Buffer): Stream[] {
  const event = parseEventName(rawBody);
  // A payout link moves no money until it is claimed. Then there is a transaction event.
  return event.startsWith('Transaction') ? ['transactions', 'accounts'] : [];
}

function parseEventName(rawBody: Buffer): string {
  try {
    return Json.parse(rawBody.toString('utf8')).string('event');
  } catch {
    throw createRejectedError('the body is no JSON object with an "event"');
  }
}

function createRejectedError(reason: string): PspError {
  return new PspError('rejected', `Revolut: a webhook is refused: ${reason}`);
}
