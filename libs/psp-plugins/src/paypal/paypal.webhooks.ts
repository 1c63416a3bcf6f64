/**
 * Verifies webhooks. Source: PayPal's guide "Integrate webhooks". PayPal signs `<transmission id>|<time>|<webhook id>|<CRC-32 of the body>`
 * with the key of a certificate, whose URL is in a header. The certificate must come from PayPal's own host, and its chain must end in a
 * trusted root.
 */
import { crc32 } from 'node:zlib';
import {
  parseTime,
  parseWebhookEvent,
  createWebhookRejection,
  verifyTimestamp,
} from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import type { PaypalContext } from './paypal.client.js';
import type { PaypalSettings } from './paypal.config.js';

/** Events that move money: `PAYMENT.CAPTURE.COMPLETED`, `PAYMENT.PAYOUTS-ITEM.RETURNED`, `CUSTOMER.DISPUTE.CREATED`, … */
const MONEY_EVENT_PATTERN = /^(?:PAYMENT|CUSTOMER\.DISPUTE|RISK\.DISPUTE)\./;
const SIGNATURE_ALGORITHM = 'SHA256withRSA';
/** The hosts of an environment. The certificate of a webhook is on the host with `-m` or on the host without it. */
const PAYPAL_HOST_PATTERN = /^api(?:-m)?\.((?:sandbox\.)?paypal\.com)$/;

/** Describes the certificates. They are downloaded only from PayPal's hosts, or from the host in the setting `url`. */
export function createCertificateOptions({ url }: Pick<PaypalSettings, 'url'>) {
  const { host, origin } = new URL(url);
  const domain = PAYPAL_HOST_PATTERN.exec(host)?.[1];
  return {
    name: 'PayPal webhook',
    origins: domain === undefined ? [origin] : [`https://api.${domain}`, `https://api-m.${domain}`],
    path: /^\/v1\/notifications\/certs\/[\w-]+$/,
    commonName: /^messageverificationcerts\.(?:sandbox\.)?paypal\.com$/,
  };
}

/**
 * Verifies a webhook and returns the streams that it affects.
 * @throws PspError `rejected` when the signature, the certificate or the time is wrong or missing, or when the body is not an event
 * @throws PspError `unavailable` when the certificate cannot be downloaded
 */
export async function verifyWebhook(
  { headers, rawBody }: WebhookRequest,
  { settings: { webhookId }, certificates, clock }: PaypalContext,
): Promise<Stream[]> {
  if (webhookId === undefined) throw createWebhookRejection('the setting "webhookId" is missing');
  const readHeader = (name: string) => headers[`paypal-${name}`] ?? '';
  if (readHeader('auth-algo').toLowerCase() !== SIGNATURE_ALGORITHM.toLowerCase())
    throw createWebhookRejection(`paypal-auth-algo is not ${SIGNATURE_ALGORITHM}`);
  const time = readHeader('transmission-time');
  const at = parseTime(time)?.milliseconds ?? NaN;
  verifyTimestamp({ header: 'paypal-transmission-time', at, now: clock.now() });
  await certificates.verifySignature({
    header: 'paypal-transmission-sig',
    signature: readHeader('transmission-sig'),
    signed: `${readHeader('transmission-id')}|${time}|${webhookId}|${crc32(rawBody)}`,
    certificateUrl: readHeader('cert-url'),
  });
  const isMoneyEvent = MONEY_EVENT_PATTERN.test(parseWebhookEvent(rawBody, 'event_type'));
  return isMoneyEvent ? ['transactions', 'accounts'] : [];
}
