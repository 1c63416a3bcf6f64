import { definePlugin } from '@tributary/connector-api';
import { SandboxClient } from './sandbox.client.js';
import { SandboxSettings } from './sandbox.config.js';
import { SandboxPsp } from './sandbox.psp.js';
import { SimulatedApi } from './simulator/simulated-api.js';
import { SANDBOX_CLOCK } from './simulator/simulator-clock.js';
import type { Clock } from './simulator/simulator-clock.js';

export const sandbox = definePlugin({
  name: 'sandbox',
  title: 'A simulated PSP with bad manners, for demos, tests and benchmarks',
  settings: SandboxSettings,
  identifyAccount: ({ seed, journal }) =>
    `seed ${seed}${journal === undefined ? '' : `, journal ${journal}`}`,
  // The window is unlimited, because the sandbox's order journal keeps every idempotency key for ever.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: Infinity },
  // Balances contain exactly the visible rows. With `listsDays`, only the newest rows are listed.
  completeness: ({ listsDays }) => ({
    isComparable: true,
    maxLatenessMs: 0,
    opening: listsDays === 0 ? 'zero' : 'unknown',
  }),
  psp: SandboxPsp,
  providers: [
    {
      provide: SandboxClient,
      inject: [SandboxSettings, SANDBOX_CLOCK],
      useFactory: (settings: SandboxSettings, clock: Clock) =>
        new SandboxClient(new SimulatedApi(settings, clock)),
    },
    { provide: SANDBOX_CLOCK, useValue: () => Date.now() },
  ],
});
