import { definePlugin } from '@tributary/connector-api';
import { createHttpProvider, createRefreshTokenAuth, limitPerMinute } from '@tributary/connector-api/http';
import { SquareClient } from './square.client.js';
import { SquareSettings } from './square.config.js';
import { SquarePsp } from './square.plugin.js';
import { PLUGIN_NAME } from './square.vocabulary.js';

/**
 * The lifetime of a token that the plugin assumes. Square's tokens are valid for 30 days, or for one day if they are short-lived. Square's
 * response contains the time at which a token expires, but not its lifetime. 12 hours are short enough for both.
 */
const TOKEN_LIFETIME_MS = 12 * 3_600_000;

export const square = definePlugin({
  name: PLUGIN_NAME,
  title: 'Square: locations, bank accounts, payments, refunds, disputes and payouts with their entries',
  settings: SquareSettings,
  // Only the environment is compared. Tokens change when they are renewed, and the settings contain no id of the seller.
  identifyAccount: ({ url }) => url,
  completeness: () => ({ isComparable: false, reason: 'Square has no balance in its API' }),
  psp: SquarePsp,
  providers: [
    SquareClient,
    createHttpProvider(
      SquareSettings,
      ({ applicationSecret = '', webhookSignatureKeys = [], ...settings }) => ({
        name: 'Square',
        baseUrl: settings.url,
        headers: { 'square-version': settings.apiVersion },
        authentication: createRefreshTokenAuth({
          ...{ path: '/oauth2/token', format: 'json', tokenLifetimeMs: TOKEN_LIFETIME_MS },
          // With the authorization code flow, a refresh token stays the same after its use.
          refreshToken: settings.refreshToken ?? '',
          accessToken: settings.accessToken,
          client: { id: settings.applicationId ?? '', secret: applicationSecret, isSentInBody: true },
        }),
        rateLimit: limitPerMinute(settings.requestsPerMinute),
        extractErrorMessage: (body) =>
          [body.optionalString('errors', 0, 'code'), body.optionalString('errors', 0, 'detail')]
            .filter((text) => text !== undefined)
            .join(': '),
        secrets: [settings.accessToken, settings.refreshToken, applicationSecret, ...webhookSignatureKeys],
      }),
    ),
  ],
});
