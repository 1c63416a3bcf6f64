import { definePlugin } from '@tributary/connector-api';
import { SandboxClient } from './sandbox.client.js';
import { SandboxSettings } from './sandbox.config.js';
import { SandboxPsp } from './sandbox.plugin.js';
import { SimulatedApi } from './simulator/simulated-api.js';
import { SANDBOX_CLOCK } from './simulator/simulator-clock.js';
import type { SandboxClock } from './simulator/simulator-clock.js';

export const sandbox = definePlugin({
  name: 'sandbox',
  title: 'A simulated PSP with configurable faults, for demos, tests and benchmarks',
  settings: SandboxSettings,
  identifyAccount: ({ seed, journal }) =>
    `seed ${seed}${journal === undefined ? '' : `, journal ${journal}`}`,
  // The idempotency window is unlimited, because the sandbox keeps every idempotency key for ever in its journal of orders.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: Infinity },
  // The balances contain exactly the rows that are visible. With `listsDays`, older rows are not listed, so the opening balance is unknown.
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
      useFactory: (settings: SandboxSettings, clock: SandboxClock) =>
        new SandboxClient(new SimulatedApi(settings, clock)),
    },
    { provide: SANDBOX_CLOCK, useValue: () => Date.now() },
  ],
});
