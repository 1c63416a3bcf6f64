import { definePlugin } from '@tributary/connector-api';
import { createBearerAuth, createHttpProvider } from '@tributary/connector-api/http';
import { ReferenceClient } from './reference.client.js';
import { ReferenceSettings } from './reference.config.js';
import { ReferencePsp } from './reference.plugin.js';

/**
 * A plugin for a fictional PSP. The tests of the test suite change this plugin by typical mistakes (mutations), and check that the suite
 * detects them.
 */
export const referencePlugin = definePlugin({
  name: 'reference',
  title: 'A made-up PSP with everything that a PSP can have',
  settings: ReferenceSettings,
  psp: ReferencePsp,
  orders: { keyFormat: 'uuid', idempotencyWindowMs: Infinity },
  providers: [
    ReferenceClient,
    createHttpProvider(ReferenceSettings, ({ url, apiKey }) => ({
      name: 'Reference',
      baseUrl: url,
      authentication: createBearerAuth(apiKey),
      extractErrorMessage: (body) => body.optionalString('message'),
    })),
  ],
});
