import { definePlugin } from '@tributary/connector-api';
import {
  createErrorMessageReader,
  createHeaderAuth,
  createHttpProvider,
  limitPerMinute,
} from '@tributary/connector-api/http';
import { AdyenBalancePlatformClient } from './adyen-balance-platform.client.js';
import { AdyenBalancePlatformSettings } from './adyen-balance-platform.config.js';
import { AdyenBalancePlatformPsp } from './adyen-balance-platform.plugin.js';
import { PLUGIN_NAME } from './adyen-balance-platform.vocabulary.js';

const DAY_MS = 86_400_000;

export const adyenBalancePlatform = definePlugin({
  name: PLUGIN_NAME,
  title: 'Adyen Balance Platform: balance accounts, transfers and their bookings, payouts',
  settings: AdyenBalancePlatformSettings,
  identifyAccount: ({ url, balancePlatform }) => `${balancePlatform} at ${url}`,
  // Adyen's page "API idempotency": a key is valid for at least 31 days. Fewer days are relied on, because an older order is found by its reference.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: 6 * DAY_MS },
  // Without the setting `since`, the listing begins before the Transfers API existed, so every account began with zero.
  completeness: ({ balance, since }) =>
    balance === 'booked'
      ? {
          isComparable: true,
          opening: since === new AdyenBalancePlatformSettings().since ? 'zero' : 'unknown',
        }
      : { isComparable: false, reason: 'the available balance is without reserved money that is not booked' },
  psp: AdyenBalancePlatformPsp,
  providers: [
    AdyenBalancePlatformClient,
    createHttpProvider(AdyenBalancePlatformSettings, (settings) => ({
      name: 'Adyen',
      baseUrl: settings.url,
      authentication: createHeaderAuth('x-api-key', settings.apiKey),
      rateLimit: limitPerMinute(settings.requestsPerMinute),
      extractErrorMessage: createErrorMessageReader({
        ...{ message: ['detail'], details: ['invalidFields'], properties: ['message'] },
      }),
      secrets: [settings.apiKey, ...(settings.webhookKeys ?? [])],
    })),
  ],
});
