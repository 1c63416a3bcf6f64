/**
 * Verifies webhooks. Source: PayPal's guide "Integrate webhooks". PayPal signs `<transmission id>|<time>|<webhook id>|<CRC-32 of the body>`
 * with the key of a certificate, whose URL is in a header. The certificate must come from PayPal's own host, and its chain must end in a
 * trusted root.
 */
import { verify } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  parseTime,
  parseWebhookEvent,
  createWebhookRejection,
  verifyTimestamp,
} from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';
import { SigningCertificates } from '@tributary/connector-api/http';
import type { HttpClock } from '@tributary/connector-api/http';
import type { PaypalSettings } from './paypal.config.js';

/** Events that move money: `PAYMENT.CAPTURE.COMPLETED`, `PAYMENT.PAYOUTS-ITEM.RETURNED`, `CUSTOMER.DISPUTE.CREATED`, … */
const MONEY_EVENT_PATTERN = /^(?:PAYMENT|CUSTOMER\.DISPUTE|RISK\.DISPUTE)\./;
const SIGNATURE_ALGORITHM = 'SHA256withRSA';
/** The hosts of an environment. The certificate of a webhook is on the host with `-m` or on the host without it. */
const PAYPAL_HOST_PATTERN = /^api(?:-m)?\.((?:sandbox\.)?paypal\.com)$/;

/**
 * Creates the source of the certificates. Certificates are downloaded only from PayPal's hosts, or from the host in the setting `url`.
 * @param trustedRoots root certificates in PEM, which only tests set. Default: the root certificates of Node.js
 */
export function createSigningCertificates(
  { url }: Pick<PaypalSettings, 'url'>,
  clock: HttpClock,
  trustedRoots?: string,
): SigningCertificates {
  const { host, origin } = new URL(url);
  const domain = PAYPAL_HOST_PATTERN.exec(host)?.[1];
  return new SigningCertificates({
    name: 'PayPal webhook',
    origins: domain === undefined ? [origin] : [`https://api.${domain}`, `https://api-m.${domain}`],
    path: /^\/v1\/notifications\/certs\/[\w-]+$/,
    commonName: /^messageverificationcerts\.(?:sandbox\.)?paypal\.com$/,
    ...{ trustedRoots, clock },
  });
}

/**
 * Verifies a webhook and returns the streams that it affects.
 * @throws PspError `rejected` when the signature, the certificate or the time is wrong or missing, or when the body is not an event
 * @throws PspError `unavailable` when the certificate cannot be downloaded
 */
export async function verifyWebhook(
  { headers, rawBody }: WebhookRequest,
  { webhookId }: PaypalSettings,
  certificates: SigningCertificates,
  now: number,
): Promise<Stream[]> {
  if (webhookId === undefined) throw createWebhookRejection('the setting "webhookId" is missing');
  const [id, time, signature, url, algorithm] = [
    ...['transmission-id', 'transmission-time', 'transmission-sig', 'cert-url', 'auth-algo'],
  ].map((name) => headers[`paypal-${name}`] ?? '');
  if (algorithm?.toLowerCase() !== SIGNATURE_ALGORITHM.toLowerCase())
    throw createWebhookRejection(`paypal-auth-algo is not ${SIGNATURE_ALGORITHM}`);
  const at = parseTime(time ?? '')?.milliseconds ?? NaN;
  verifyTimestamp({ header: 'paypal-transmission-time', at, now });
  const signed = `${id}|${time}|${webhookId}|${crc32(rawBody)}`;
  const publicKey = await certificates.getPublicKey(url ?? '');
  // Node's decoder ignores invalid characters. So the signature must be identical to the output of Node's encoder.
  const bytes = Buffer.from(signature ?? '', 'base64');
  const isExact = bytes.toString('base64') === signature;
  if (!isExact || !verify('sha256', Buffer.from(signed), publicKey, bytes))
    throw createWebhookRejection('paypal-transmission-sig is not a signature of this body');
  const isMoneyEvent = MONEY_EVENT_PATTERN.test(parseWebhookEvent(rawBody, 'event_type'));
  return isMoneyEvent ? ['transactions', 'accounts'] : [];
}
