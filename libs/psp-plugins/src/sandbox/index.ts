import { definePlugin } from '@tributary/connector-api';
import { CLOCK, SandboxClient } from './sandbox.client.js';
import { SandboxSettings } from './sandbox.config.js';
import { SandboxPsp } from './sandbox.psp.js';

export const sandbox = definePlugin({
  name: 'sandbox',
  title: 'A simulated PSP with bad manners, for demos, tests and benchmarks',
  settings: SandboxSettings,
  // Its journal forgets nothing.
  orders: { key: 'uuid', remembersFor: Infinity },
  psp: SandboxPsp,
  providers: [SandboxClient, { provide: CLOCK, useValue: () => Date.now() }],
});
