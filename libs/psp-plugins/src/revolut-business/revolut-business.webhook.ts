/**
 * Verifies webhooks, version 2. Source: Revolut's guide "Verify the payload signature". `Revolut-Signature` is a list of `v1=<hex>`, one for each
 * secret that is currently valid: HMAC-SHA256 over `v1.<Revolut-Request-Timestamp>.<raw body>`. The timestamp is in milliseconds.
 */
import { PspError } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import { createHmac, timingSafeEqual } from 'node:crypto';

const MAX_TIMESTAMP_DIFFERENCE_MS = 5 * 60_000;

/**
 * Verifies signature and timestamp.
 * @param now milliseconds since 1970
 * @throws PspError `rejected` when one of them is missing or wrong
 */
export function verifyWebhook({ headers, rawBody }: WebhookRequest, secret: string, now: number): void {
  const timestamp = headers['revolut-request-timestamp'] ?? '';
  const signatures = headers['revolut-signature'] ?? '';
  if (!/^\d{1,15}$/.test(timestamp))
    throw createRejectedError('Revolut-Request-Timestamp is missing, or no whole number');
  const expected = createHmac('sha256', secret).update(`v1.${timestamp}.`).update(rawBody).digest();
  const isSigned = signatures.split(',').some((signature) => isSignatureEqual(signature.trim(), expected));
  if (!isSigned)
    throw createRejectedError(
      'Revolut-Signature is missing, or no signature of this body with the secret of the settings',
    );
  if (Math.abs(now - Number(timestamp)) > MAX_TIMESTAMP_DIFFERENCE_MS) {
    throw createRejectedError(`Revolut-Request-Timestamp ${timestamp} is more than five minutes from now`);
  }
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

function isSignatureEqual(signature: string, expected: Buffer): boolean {
  const [, hex] = /^v1=([0-9a-f]{64})$/i.exec(signature) ?? [];
  return hex !== undefined && timingSafeEqual(Buffer.from(hex, 'hex'), expected);
}

function createRejectedError(reason: string): PspError {
  return new PspError('rejected', `Revolut: a webhook is refused: ${reason}`);
}
