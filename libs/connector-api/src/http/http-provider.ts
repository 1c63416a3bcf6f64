import type { Provider, Type } from '@nestjs/common';
import { HTTP_CLOCK } from './http-clock.js';
import type { HttpClock } from './http-clock.js';
import type { HttpOptions } from './http-options.js';
import { PspHttp } from './psp-http.js';

/**
 * Provides a `PspHttp` to a plugin's classes, made from the connector's own settings, once per connector:
 * `providers: [httpClient(AcmeSettings, (settings) => ({ name: 'Acme', baseUrl: settings.url, … }))]`.
 * What it keeps (connections, tokens, the rate limit) is that connector's alone.
 */
export function httpClient<Settings extends object>(
  settings: Type<Settings>,
  optionsOf: (settings: Settings, clock: HttpClock | undefined) => HttpOptions,
): Provider {
  return {
    provide: PspHttp,
    inject: [settings, { token: HTTP_CLOCK, optional: true }],
    useFactory: (values: Settings, clock: HttpClock | undefined) => {
      const options = optionsOf(values, clock);
      return new PspHttp(clock === undefined ? options : { ...options, clock });
    },
  };
}
