import { spawnSync } from 'node:child_process';
import { readSettings } from './settings.js';

const PAYMENTS = { FORMANCE_PAYMENTS_URL: 'http://payments:8080' };

it('has no settings without the URL of Payments', () => {
  expect(readSettings({ FORMANCE_LEDGER_URL: 'http://ledger:8080' }, [])).toBeUndefined();
});

it('reads the URLs, the commands of the worker, and the options', () => {
  const variables = { ...PAYMENTS, FORMANCE_WORKER_STOP: 'stop', FORMANCE_WORKER_START: 'start' };
  expect(readSettings(variables, ['--only', 'orders,worker', '--worker-stop-seconds', '300'])).toMatchObject({
    paymentsUrl: 'http://payments:8080',
    worker: { stop: 'stop', start: 'start' },
    only: ['orders', 'worker'],
    workerStopMs: 300_000,
  });
});

it('reads an OAuth client with the URL of its Stack', () => {
  const client = {
    FORMANCE_URL: 'http://stack',
    FORMANCE_CLIENT_ID: 'id',
    FORMANCE_CLIENT_SECRET: 'a-secret',
  };
  expect(readSettings({ ...PAYMENTS, ...client }, [])?.client).toEqual({
    stackUrl: 'http://stack',
    id: 'id',
    secret: 'a-secret',
  });
  expect(() => readSettings({ ...PAYMENTS, ...client, FORMANCE_URL: '' }, [])).toThrow(
    'must be set together',
  );
  expect(() => readSettings({ ...PAYMENTS, ...client, FORMANCE_TOKEN: 'a-token' }, [])).toThrow(
    'exclude each other',
  );
});

it('refuses one command without the other, and a number that is none', () => {
  expect(() => readSettings({ ...PAYMENTS, FORMANCE_WORKER_STOP: 'stop' }, [])).toThrow(
    'must be set together',
  );
  expect(() => readSettings(PAYMENTS, ['--orders', 'many'])).toThrow('--orders is "many"; expected a number');
});

it('says that it skips, with exit code 0, if there is no Formance', () => {
  const { status, stdout } = spawnSync(process.execPath, ['test/formance/e2e/run.mjs'], {
    env: { ...process.env, FORMANCE_PAYMENTS_URL: '' },
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^SKIPPED: FORMANCE_PAYMENTS_URL is not set\./),
  });
});
