import type { Provider, Type } from '@nestjs/common';
import { HTTP_CLOCK } from './http-clock.js';
import type { HttpClock } from './http-clock.js';
import type { HttpOptions } from './http-options.js';
import { PspHttp } from './psp-http.js';

/**
 * Creates a Nest provider of `PspHttp` for the `providers` of a plugin:
 * `createHttpProvider(AcmeSettings, (settings) => ({ name: 'Acme', baseUrl: settings.url, …
 * }))`. Each connector gets its own instance, made from its own settings. Connectors do not share connections, tokens or rate limits.
 */
export function createHttpProvider<Settings extends object>(
  settings: Type<Settings>,
  createOptions: (settings: Settings, clock: HttpClock | undefined) => HttpOptions,
): Provider {
  return {
    provide: PspHttp,
    inject: [settings, { token: HTTP_CLOCK, optional: true }],
    useFactory: (values: Settings, clock: HttpClock | undefined) => {
      const options = createOptions(values, clock);
      return new PspHttp(clock === undefined ? options : { ...options, clock });
    },
  };
}
