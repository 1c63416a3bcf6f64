import { definePlugin } from '@tributary/connector-api';
import { SandboxClient } from './sandbox.client.js';
import { CLOCK } from './sandbox.clock.js';
import { SandboxSettings } from './sandbox.config.js';
import { SandboxPsp } from './sandbox.psp.js';

export const sandbox = definePlugin({
  name: 'sandbox',
  title: 'A simulated PSP with bad manners, for demos, tests and benchmarks',
  settings: SandboxSettings,
  // The journal keeps all orders.
  orders: { key: 'uuid', remembersFor: Infinity },
  psp: SandboxPsp,
  providers: [SandboxClient, { provide: CLOCK, useValue: () => Date.now() }],
});
