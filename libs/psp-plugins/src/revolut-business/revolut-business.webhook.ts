/**
 * Webhooks, version 2. Source: Revolut's guide "Verify the payload signature": `Revolut-Signature` is a list of `v1=<hex>`, one for each
 * secret that is valid at the time, of HMAC-SHA256 over `v1.<Revolut-Request-Timestamp>.<raw body>`; the timestamp is in milliseconds.
 */
import { PspError } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE = 5 * 60_000;

/** @param now milliseconds. @throws PspError `rejected` */
export function verifyWebhook({ headers, rawBody }: WebhookRequest, secret: string, now: number): void {
  const timestamp = headers['revolut-request-timestamp'] ?? '';
  const signatures = headers['revolut-signature'] ?? '';
  if (!/^\d{1,15}$/.test(timestamp))
    throw rejected('Revolut-Request-Timestamp is missing, or no whole number');
  const expected = createHmac('sha256', secret).update(`v1.${timestamp}.`).update(rawBody).digest();
  const isSigned = signatures.split(',').some((signature) => isEqual(signature.trim(), expected));
  if (!isSigned)
    throw rejected(
      'Revolut-Signature is missing, or no signature of this body with the secret of the settings',
    );
  if (Math.abs(now - Number(timestamp)) > TOLERANCE) {
    throw rejected(`Revolut-Request-Timestamp ${timestamp} is more than five minutes from now`);
  }
}

/** @returns the streams that an event is about. @throws PspError `rejected` for a body that is no event */
export function readEvent(rawBody: Buffer): Stream[] {
  const event = eventOf(rawBody);
  // A payout link moves no money until somebody claims it; then there is a transaction.
  return event.startsWith('Transaction') ? ['transactions', 'accounts'] : [];
}

function eventOf(rawBody: Buffer): string {
  try {
    return Json.parse(rawBody.toString('utf8')).text('event');
  } catch {
    throw rejected('the body is no JSON object with an "event"');
  }
}

function isEqual(signature: string, expected: Buffer): boolean {
  const [, hex] = /^v1=([0-9a-f]{64})$/i.exec(signature) ?? [];
  return hex !== undefined && timingSafeEqual(Buffer.from(hex, 'hex'), expected);
}

function rejected(why: string): PspError {
  return new PspError('rejected', `Revolut: a webhook is refused: ${why}`);
}
