import { definePlugin } from '@tributary/connector-api';
import { bearer, httpClient } from '@tributary/connector-api/http';
import { ReferenceClient } from './reference.client.js';
import { ReferenceSettings } from './reference.config.js';
import { ReferencePsp } from './reference.psp.js';

/** A plugin for a fictional PSP. The suite's own tests apply mutations to it. */
export const reference = definePlugin({
  name: 'reference',
  title: 'A made-up PSP with everything that a PSP can have',
  settings: ReferenceSettings,
  psp: ReferencePsp,
  orders: { key: { length: 32 }, remembersFor: Infinity },
  providers: [
    ReferenceClient,
    httpClient(ReferenceSettings, ({ url, apiKey }) => ({
      name: 'Reference',
      baseUrl: url,
      authentication: bearer(apiKey),
      explain: (body) => body.optionalText('message'),
    })),
  ],
});
