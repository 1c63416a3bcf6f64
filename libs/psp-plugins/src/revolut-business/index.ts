import { definePlugin } from '@tributary/connector-api';
import { CLIENT_ASSERTION_TYPE, clientAssertion, httpClient, oauth } from '@tributary/connector-api/http';
import { RevolutBusinessClient } from './revolut-business.client.js';
import { RevolutBusinessSettings } from './revolut-business.config.js';
import { RevolutBusinessPsp } from './revolut-business.psp.js';

const DAY = 86_400_000;
/** Divides the limit per minute into this many shorter windows, so that an order never waits long behind a listing. */
const PIECES = 12;

export const revolutBusiness = definePlugin({
  name: 'revolut-business',
  title: 'Revolut Business: accounts, counterparties, transactions, payments and transfers',
  settings: RevolutBusinessSettings,
  // Revolut remembers a request_id for two weeks. The last day is a margin for clock differences and for orders that wait.
  orders: { key: 'uuid', remembersFor: 13 * DAY },
  psp: RevolutBusinessPsp,
  providers: [
    RevolutBusinessClient,
    httpClient(RevolutBusinessSettings, (settings, clock) => ({
      name: 'Revolut',
      baseUrl: settings.url,
      authentication: oauth({
        request: async () => ({
          method: 'POST',
          path: '/auth/token',
          form: {
            grant_type: 'refresh_token',
            refresh_token: settings.refreshToken,
            client_assertion_type: CLIENT_ASSERTION_TYPE,
            client_assertion: await clientAssertion({
              privateKey: settings.privateKey,
              issuer: settings.issuer,
              subject: settings.clientId,
              audience: 'https://revolut.com',
              ...(clock === undefined ? {} : { clock }),
            }),
          },
        }),
      }),
      rateLimit: {
        requests: Math.floor(settings.requestsPerMinute / PIECES) || 1,
        per: settings.requestsPerMinute < PIECES ? 60_000 / settings.requestsPerMinute : 60_000 / PIECES,
      },
      explain: (body) => body.optionalText('message') ?? body.optionalText('error_description'),
      secrets: [settings.refreshToken, settings.privateKey],
    })),
  ],
});
