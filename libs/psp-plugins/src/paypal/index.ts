import { definePlugin } from '@tributary/connector-api';
import {
  createCertificatesProvider,
  createClientCredentialsAuth,
  createHttpProvider,
  encodeBasicCredentials,
  limitPerMinute,
} from '@tributary/connector-api/http';
import { PaypalClient } from './paypal.client.js';
import { PaypalSettings } from './paypal.config.js';
import { PaypalPsp } from './paypal.plugin.js';
import { PLUGIN_NAME } from './paypal.vocabulary.js';
import { createCertificateOptions } from './paypal.webhooks.js';

const HOUR_MS = 3_600_000;

export const paypal = definePlugin({
  name: PLUGIN_NAME,
  title: 'PayPal: balances, transactions, disputes, and payouts to PayPal accounts',
  settings: PaypalSettings,
  identifyAccount: ({ url, accountId }) => `${accountId} at ${url}`,
  // PayPal remembers a `sender_batch_id` for 30 days. One day less is used here, because clocks differ and orders can wait before they are
  // sent.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: 29 * 24 * HOUR_MS, findsOrdersByIdOnly: true },
  // Balances can be three hours late, and transactions, too. The list covers the last three years, so it does not begin with the first
  // transaction.
  completeness: () => ({ isComparable: true, maxLatenessMs: 7 * HOUR_MS, opening: 'unknown' }),
  psp: PaypalPsp,
  providers: [
    PaypalClient,
    createCertificatesProvider(PaypalSettings, createCertificateOptions),
    createHttpProvider(PaypalSettings, ({ clientId, clientSecret, ...settings }) => ({
      name: 'PayPal',
      baseUrl: settings.url,
      authentication: createClientCredentialsAuth({ path: '/v1/oauth2/token', clientId, clientSecret }),
      rateLimit: limitPerMinute(settings.requestsPerMinute),
      extractErrorMessage: (body) =>
        body.optionalString('message') ?? body.optionalString('error_description'),
      secrets: [clientSecret, encodeBasicCredentials(clientId, clientSecret)],
    })),
  ],
});
