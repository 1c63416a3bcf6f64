import { definePlugin } from '@tributary/connector-api';
import { createBearerAuth, createHttpProvider, createRefreshTokenAuth } from '@tributary/connector-api/http';
import type { Authentication } from '@tributary/connector-api/http';
import { MollieClient } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import { MolliePsp } from './mollie.psp.js';

export const mollie = definePlugin({
  name: 'mollie',
  title: 'Mollie: balances, business accounts, and every movement of their journals',
  settings: MollieSettings,
  // Mollie's document says that it recognizes a repeated key, but not for how long. So a repeat is only sent within 15 minutes. See README.md.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: 15 * 60_000 },
  completeness: ({ balance }) =>
    balance === 'available'
      ? { isComparable: true, opening: 'zero' }
      : {
          isComparable: false,
          reason: 'the setting "balance: available-and-pending" serves money that is not in a journal yet',
        },
  psp: MolliePsp,
  providers: [
    MollieClient,
    createHttpProvider(MollieSettings, (settings) => ({
      name: 'Mollie',
      baseUrl: settings.url,
      authentication: createAuthentication(settings),
      extractErrorMessage: (body) => {
        const field = body.optionalString('field');
        return body.string('detail') + (field === undefined ? '' : ` (field ${field})`);
      },
      secrets: [settings.accessToken, settings.refreshToken, settings.clientSecret]
        .concat(settings.webhookSecrets)
        .filter((secret) => secret !== undefined),
    })),
  ],
});

/** Returns the configured access token, or OAuth with the refresh token. The refresh token does not expire and stays the same when it is used. */
function createAuthentication({
  accessToken,
  refreshToken,
  clientId = '',
  clientSecret = '',
}: MollieSettings): Authentication {
  if (accessToken !== undefined || refreshToken === undefined) return createBearerAuth(accessToken ?? '');
  const client = { id: clientId, secret: clientSecret };
  return createRefreshTokenAuth({ path: '/oauth2/tokens', refreshToken, client, format: 'json' });
}
