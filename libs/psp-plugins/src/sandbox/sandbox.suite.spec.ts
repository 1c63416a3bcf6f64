import { CHECKS, describePsp } from '@tributary/connector-api/testing';
import { sandbox } from './index.js';
import { createSandboxFixture } from './testing/suite-fixture.js';

const NO_HTTP =
  'The sandbox is not reached over HTTP; `simulator/order-endpoint.spec.ts` and `sandbox.spec.ts` show its faults.';
const NO_SECRETS = 'The sandbox has no secrets.';

const NO_DISPUTE_ROWS =
  'The simulated PSP shows a dispute as a status of the payment, without separate rows for its money.';
const NO_CONVERSIONS = 'The simulated PSP converts no money.';

describePsp(sandbox, {
  directory: import.meta.dirname,
  settings: {},
  invalidSettings: { seed: [-1, 1.5], start: ['now'], pageSize: [0, 1001] },
  createFixture: createSandboxFixture,
  skip: Object.fromEntries(
    CHECKS.flatMap(({ name }) => {
      if (/^(?:order )?faults: /.test(name)) return [[name, NO_HTTP]];
      if (name.startsWith('movements: a dispute')) return [[name, NO_DISPUTE_ROWS]];
      if (name.startsWith('movements: a conversion')) return [[name, NO_CONVERSIONS]];
      if (/^secrets: not in /.test(name)) return [[name, NO_SECRETS]];
      return [];
    }),
  ),
});
