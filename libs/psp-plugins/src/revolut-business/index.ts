import { definePlugin } from '@tributary/connector-api';
import {
  CLIENT_ASSERTION_TYPE,
  createClientAssertion,
  createHttpProvider,
  createOAuth,
} from '@tributary/connector-api/http';
import { RevolutBusinessClient } from './revolut-business.client.js';
import { RevolutBusinessSettings } from './revolut-business.config.js';
import { RevolutBusinessPsp } from './revolut-business.psp.js';

const DAY_MS = 86_400_000;
/** Divides the limit per minute into this many shorter windows, so that an order never waits long behind a listing. */
const RATE_LIMIT_WINDOWS_PER_MINUTE = 12;

export const revolutBusiness = definePlugin({
  name: 'revolut-business',
  title: 'Revolut Business: accounts, counterparties, transactions, payments and transfers',
  settings: RevolutBusinessSettings,
  // The client id changes with each renewed certificate, so only the environment is compared.
  identifyAccount: ({ url }) => url,
  // Revolut remembers a request_id for two weeks. The last day is a margin for clock differences and for orders that wait.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: 13 * DAY_MS },
  psp: RevolutBusinessPsp,
  providers: [
    RevolutBusinessClient,
    createHttpProvider(RevolutBusinessSettings, (settings, clock) => ({
      name: 'Revolut',
      baseUrl: settings.url,
      authentication: createOAuth({
        createTokenRequest: async () => ({
          method: 'POST',
          path: '/auth/token',
          form: {
            grant_type: 'refresh_token',
            refresh_token: settings.refreshToken,
            client_assertion_type: CLIENT_ASSERTION_TYPE,
            client_assertion: await createClientAssertion({
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
        requests: Math.floor(settings.requestsPerMinute / RATE_LIMIT_WINDOWS_PER_MINUTE) || 1,
        intervalMs:
          settings.requestsPerMinute < RATE_LIMIT_WINDOWS_PER_MINUTE
            ? 60_000 / settings.requestsPerMinute
            : 60_000 / RATE_LIMIT_WINDOWS_PER_MINUTE,
      },
      extractErrorMessage: (body) =>
        body.optionalString('message') ?? body.optionalString('error_description'),
      secrets: [settings.refreshToken, settings.privateKey],
    })),
  ],
});
