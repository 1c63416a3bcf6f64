import { definePlugin } from '@tributary/connector-api';
import { createHttpProvider, createRefreshTokenAuth, limitPerMinute } from '@tributary/connector-api/http';
import { RevolutBusinessClient } from './revolut-business.client.js';
import { RevolutBusinessSettings } from './revolut-business.config.js';
import { RevolutBusinessPsp } from './revolut-business.plugin.js';
import { PLUGIN_NAME } from './revolut-business.vocabulary.js';

const DAY_MS = 86_400_000;

export const revolutBusiness = definePlugin({
  name: PLUGIN_NAME,
  title: 'Revolut Business: accounts, counterparties, transactions, payments and transfers',
  settings: RevolutBusinessSettings,
  // Only the environment is compared, because the client id changes whenever the certificate is renewed.
  identifyAccount: ({ url }) => url,
  // Revolut recognises a request_id for two weeks. One day less is used, as a margin for differences between clocks and for orders that
  // wait.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: 13 * DAY_MS },
  // Without the setting `since`, the listing begins before Revolut Business existed. So it contains every movement, and every account began
  // with a balance of zero.
  completeness: ({ since }) => ({
    isComparable: true,
    opening: since === new RevolutBusinessSettings().since ? 'zero' : 'unknown',
  }),
  psp: RevolutBusinessPsp,
  providers: [
    RevolutBusinessClient,
    createHttpProvider(RevolutBusinessSettings, (settings) => ({
      name: 'Revolut',
      baseUrl: settings.url,
      authentication: createRefreshTokenAuth({
        path: '/auth/token',
        refreshToken: settings.refreshToken,
        client: {
          id: settings.clientId,
          privateKey: settings.privateKey,
          issuer: settings.issuer,
          audience: 'https://revolut.com',
        },
      }),
      rateLimit: limitPerMinute(settings.requestsPerMinute),
      extractErrorMessage: (body) =>
        body.optionalString('message') ?? body.optionalString('error_description'),
      secrets: [settings.refreshToken, settings.privateKey],
    })),
  ],
});
