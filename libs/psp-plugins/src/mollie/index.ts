import { definePlugin } from '@tributary/connector-api';
import { createHttpProvider, createRefreshTokenAuth } from '@tributary/connector-api/http';
import { MollieClient } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import { MolliePsp } from './mollie.plugin.js';

const HELD_MONEY_REASON =
  'the setting "balance: available-and-pending" serves money that is not in a journal yet';

export const mollie = definePlugin({
  name: 'mollie',
  title: 'Mollie: balances, business accounts, and every movement of their journals',
  settings: MollieSettings,
  // Only the environment is compared. Tokens change when they are renewed, and the settings do not contain the id of the organisation.
  identifyAccount: ({ url, testmode }) => (testmode ? `${url}, test data` : url),
  // Mollie's document states that Mollie recognises a repeated key, but not for how long. Therefore a request is repeated only within 15
  // minutes. See README.md.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: 15 * 60_000 },
  completeness: ({ balance }) =>
    balance === 'available'
      ? { isComparable: true, opening: 'zero' }
      : { isComparable: false, reason: HELD_MONEY_REASON },
  psp: MolliePsp,
  providers: [
    MollieClient,
    createHttpProvider(MollieSettings, ({ clientSecret = '', webhookSecrets = [], ...settings }) => ({
      name: 'Mollie',
      baseUrl: settings.url,
      authentication: createRefreshTokenAuth({
        path: '/oauth2/tokens',
        format: 'json',
        // The refresh token does not expire and does not change when it is used.
        refreshToken: settings.refreshToken ?? '',
        accessToken: settings.accessToken,
        client: { id: settings.clientId ?? '', secret: clientSecret },
      }),
      extractErrorMessage: (body) => {
        const field = body.optionalString('field');
        return body.string('detail') + (field === undefined ? '' : ` (field ${field})`);
      },
      secrets: [settings.accessToken, settings.refreshToken, clientSecret, ...webhookSecrets],
    })),
  ],
});
