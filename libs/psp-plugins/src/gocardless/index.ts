import { definePlugin } from '@tributary/connector-api';
import {
  createBearerAuth,
  createErrorMessageReader,
  createHttpProvider,
  limitPerMinute,
} from '@tributary/connector-api/http';
import { GocardlessClient } from './gocardless.client.js';
import { GocardlessSettings } from './gocardless.config.js';
import { GocardlessPsp } from './gocardless.plugin.js';
import { PLUGIN_NAME } from './gocardless.vocabulary.js';

/** The version of the API that this plugin was written for. Every request names it. */
const API_VERSION = '2015-07-06';
const FEES_REASON =
  'GoCardless deducts a fee from a balance when a payment is confirmed, and lists the fee only with the payout';

export const gocardless = definePlugin({
  name: PLUGIN_NAME,
  title: 'GoCardless: payments, refunds, payouts with all their items, payment accounts, outbound payments',
  settings: GocardlessSettings,
  // Access tokens are replaced, and the settings do not name the organisation, so only the environment is compared.
  identifyAccount: ({ url }) => url,
  // GoCardless says that it forgets idempotency keys, but not when. So a repeat is only sent within 15 minutes. See README.md.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: 15 * 60_000 },
  completeness: () => ({ isComparable: false, reason: FEES_REASON }),
  psp: GocardlessPsp,
  providers: [
    GocardlessClient,
    createHttpProvider(GocardlessSettings, (settings) => ({
      name: 'GoCardless',
      baseUrl: settings.url,
      authentication: createBearerAuth(settings.accessToken),
      headers: { 'gocardless-version': API_VERSION },
      rateLimit: limitPerMinute(settings.requestsPerMinute),
      extractErrorMessage: createErrorMessageReader({
        ...{ message: ['error', 'message'], details: ['error', 'errors'], properties: ['field', 'message'] },
      }),
      secrets: [settings.accessToken, settings.signingKey, ...(settings.webhookSecrets ?? [])],
    })),
  ],
});
