import { definePlugin } from '@tributary/connector-api';
import { SandboxClient } from './sandbox.client.js';
import { SANDBOX_CLOCK } from './sandbox.clock.js';
import { SandboxSettings } from './sandbox.config.js';
import { SandboxPsp } from './sandbox.psp.js';

export const sandbox = definePlugin({
  name: 'sandbox',
  title: 'A simulated PSP with bad manners, for demos, tests and benchmarks',
  settings: SandboxSettings,
  identifyAccount: ({ seed, journal }) =>
    `seed ${seed}${journal === undefined ? '' : `, journal ${journal}`}`,
  // The window is unlimited, because the sandbox's order journal never forgets an idempotency key.
  orders: { keyFormat: 'uuid', idempotencyWindowMs: Infinity },
  // Balances contain exactly the rows that are visible, and with `listsDays` only the newest rows are listed.
  completeness: ({ listsDays }) => ({
    isComparable: true,
    maxLatenessMs: 0,
    opening: listsDays === 0 ? 'zero' : 'unknown',
  }),
  psp: SandboxPsp,
  providers: [SandboxClient, { provide: SANDBOX_CLOCK, useValue: () => Date.now() }],
});
