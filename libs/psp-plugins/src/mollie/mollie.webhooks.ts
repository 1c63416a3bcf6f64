/**
 * Verifies and parses both kinds of Mollie's webhooks.
 *
 * The new webhooks are signed: `X-Mollie-Signature: sha256=<hex>` is the HMAC-SHA256 of the raw body. While a secret is being replaced,
 * there are two signatures. The signature contains no time, so an old webhook can be sent again; this only starts a pull. The classic
 * webhooks are not signed, and contain only the id of the changed object.
 */
import { parseWebhookEvent, createWebhookRejection, verifyHmac } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import type { MollieSettings } from './mollie.config.js';

const SIGNATURE_HEADER = 'x-mollie-signature';
/** Matches the events that can appear in a journal: `payment.paid`, `payout.failed`, … */
const MONEY_EVENT_PATTERN =
  /^(?:payment|refund|chargeback|capture|payment-link|balance-transaction|payout|business-account-(?:draft-)?transfer)\./;
/** Matches the body of a classic webhook: `id=tr_5B8cwPMGnU6qLbRvo7qEZo`. */
const CLASSIC_BODY_PATTERN = /^id=[a-z]{1,20}_[A-Za-z0-9]{1,64}$/;

/**
 * Verifies a webhook.
 * @returns the streams to pull
 * @throws PspError `rejected` if the signature or the body is invalid, or if the settings do not accept this kind of webhook
 */
export function verifyWebhook({ headers, rawBody }: WebhookRequest, settings: MollieSettings): Stream[] {
  const signature = headers[SIGNATURE_HEADER];
  if (signature === undefined) return parseClassicWebhook(rawBody, settings);
  const { webhookSecrets: secrets } = settings;
  if (secrets === undefined) throw createWebhookRejection('the setting "webhookSecrets" is missing');
  const signatures = signature.split(',').map((one) => one.trim().replace(/^sha256=/, ''));
  verifyHmac({ header: SIGNATURE_HEADER, signatures, secrets, signed: [rawBody] });
  return MONEY_EVENT_PATTERN.test(parseWebhookEvent(rawBody, 'type')) ? ['transactions'] : [];
}

function parseClassicWebhook(rawBody: Buffer, { classicWebhooks }: MollieSettings): Stream[] {
  if (!classicWebhooks) {
    throw createWebhookRejection(
      `it has no ${SIGNATURE_HEADER}; classic webhooks are accepted with the setting "classicWebhooks"`,
    );
  }
  if (CLASSIC_BODY_PATTERN.test(rawBody.toString('latin1').trim())) return ['transactions'];
  throw createWebhookRejection('expected a body like id=tr_…, as classic webhooks have');
}
