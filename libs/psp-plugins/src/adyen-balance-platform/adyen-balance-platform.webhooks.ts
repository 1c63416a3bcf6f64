/** Verifies webhooks. `HmacSignature` is the base64 HMAC-SHA256 of the raw body; the keys are hexadecimal. Source: Adyen's page "Verify HMAC signatures". */
import { parseWebhookEvent, verifyHmac } from '@tributary/connector-api';
import type { Stream, WebhookRequest } from '@tributary/connector-api';

/** The streams that an event affects, by the beginning of its type. */
const STREAMS_BY_EVENT: readonly (readonly [prefix: string, streams: Stream[]])[] = [
  ['balancePlatform.transfer.', ['transactions', 'beneficiaries']],
  ['balancePlatform.transaction.', ['transactions']],
  ['balancePlatform.accountHolder.', ['accounts']],
  ['balancePlatform.balanceAccount.', ['accounts', 'transactions']],
];

/**
 * Verifies a webhook and returns the streams that it affects. A webhook has no signed time, so an old one can be sent again: it only starts a pull.
 * @throws PspError `rejected` when the signature is wrong or missing, or when the body is not an event
 */
export function verifyWebhook({ headers, rawBody }: WebhookRequest, keys: readonly string[] = []): Stream[] {
  verifyHmac({
    header: 'HmacSignature',
    signatures: [headers['hmacsignature'] ?? ''],
    secrets: keys.map((key) => Buffer.from(key, 'hex')),
    signed: [rawBody],
    encoding: 'base64',
  });
  const event = parseWebhookEvent(rawBody, 'type');
  return STREAMS_BY_EVENT.find(([prefix]) => event.startsWith(prefix))?.[1] ?? [];
}
