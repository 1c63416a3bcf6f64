/**
 * Parses both kinds of Mollie's webhooks. The new webhooks are signed: `X-Mollie-Signature: sha256=<hex>`, the HMAC-SHA256 of the raw body. While
 * a secret is replaced there are two signatures. The signature has no time, so an old webhook can be sent again. It only starts a sync. The
 * classic webhooks are not signed, and contain only the id of the object that changed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { PspError } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import type { MollieSettings } from './mollie.config.js';

const SIGNATURE = 'x-mollie-signature';
/** Events that can appear in a journal: `payment.paid`, `payout.failed`, … */
const MOVES_MONEY =
  /^(?:payment|refund|chargeback|capture|payment-link|balance-transaction|payout|business-account-(?:draft-)?transfer)\./;
/** `id=tr_5B8cwPMGnU6qLbRvo7qEZo` */
const CLASSIC = /^id=[a-z]{1,20}_[A-Za-z0-9]{1,64}$/;

/**
 * Verifies a webhook.
 * @returns the streams to pull
 * @throws PspError `rejected` when the signature or the body is invalid, or when the settings do not accept this kind
 */
export function readWebhook({ headers, rawBody }: WebhookRequest, settings: MollieSettings): Stream[] {
  const signature = headers[SIGNATURE];
  if (signature === undefined) return readClassic(rawBody, settings);
  verify(signature, rawBody, settings.webhookSecrets ?? []);
  return MOVES_MONEY.test(typeOf(rawBody)) ? ['transactions'] : [];
}

function readClassic(rawBody: Buffer, { classicWebhooks }: MollieSettings): Stream[] {
  if (!classicWebhooks) {
    throw refused(`it has no ${SIGNATURE}; classic webhooks are accepted with the setting "classicWebhooks"`);
  }
  if (!CLASSIC.test(rawBody.toString('latin1').trim()))
    throw refused('expected a body like id=tr_…, as classic webhooks have');
  return ['transactions'];
}

function verify(signature: string, rawBody: Buffer, secrets: readonly string[]): void {
  if (secrets.length === 0) throw refused('the setting "webhookSecrets" is missing');
  const given = signature.split(',').map((one) => Buffer.from(one.trim().replace(/^sha256=/, ''), 'hex'));
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(rawBody).digest());
  if (!expected.some((right) => given.some((one) => isSame(one, right))))
    throw refused(`its ${SIGNATURE} is wrong`);
}

function isSame(given: Buffer, right: Buffer): boolean {
  return given.length === right.length && timingSafeEqual(given, right);
}

function typeOf(rawBody: Buffer): string {
  try {
    return Json.parse(rawBody.toString('utf8')).text('type');
  } catch {
    throw refused('its body is no event with a type');
  }
}

function refused(why: string): PspError {
  return new PspError('rejected', `Mollie: the webhook is not accepted: ${why}`);
}
