/** Checks that secrets do not leak into errors, pages, URLs and output. */
import { inspect } from 'node:util';
import type { FakeRequest } from '../../fake-route.js';
import { expectThat, given } from '../assertions.js';
import type { Check } from '../check.js';
import { expectError } from '../psp-errors.js';
import type { Scene } from '../scene.js';
import type { Trial } from '../trial.js';

/** Minimum length in characters. Shorter strings occur by chance. */
const SHORTEST = 6;

export const SECRET_CHECKS: readonly Check[] = [
  {
    name: 'secrets: not in errors, even when the PSP repeats them',
    async run(trial) {
      for (const status of [400, 401, 403, 429, 500]) {
        const scene = await trial.open();
        const { fake, listing, error } = given(scene.world.http, 'http');
        await scene.add();
        await scene.pull();
        const secrets = sentSecrets(secretsOf(trial, scene), fake.requests);
        const body = error(`${secrets.join(' and ')} are not accepted`);
        fake.plan({ fault: { status, body }, ...listing, times: Infinity });
        const kinds = ['rejected', 'unauthorized', 'rate-limited', 'unavailable'] as const;
        const thrown = await expectError(() => scene.pull(), kinds, `${status} at a listing`);
        for (const [text, where] of [
          [thrown.message, 'the message'],
          [thrown.stack ?? '', 'the stack'],
          [inspect(thrown, { depth: 8, showHidden: true }), 'the members'],
        ] as const) {
          expectNone(secrets, text, `${where} of the error after ${status}`);
        }
      }
    },
  },
  {
    name: 'secrets: not in records, refusals, cursors and addresses',
    async run(trial) {
      const scene = await trial.open('one');
      const secrets = secretsOf(trial, scene);
      await scene.addHistory();
      await scene.world.addBroken?.(scene.clock.now() - 2000);
      const pages = [...(await scene.pull()).pages, ...(await scene.pull('accounts')).pages];
      const text = JSON.stringify(pages, (_, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
      expectNone(secrets, text, 'a page of a listing');
      for (const { path, query } of scene.world.http?.fake.requests ?? []) {
        expectNone(
          secrets,
          `${path}?${query.toString()}`,
          'the address of a request, which proxies write down',
        );
      }
    },
  },
  {
    name: 'secrets: a plugin prints nothing',
    async run(trial) {
      const scene = await trial.open();
      await scene.addHistory();
      await scene.world.addBroken?.(scene.clock.now() - 2000);
      const printed = await collectOutput(async () => {
        await scene.pull();
        await scene.pull('accounts');
      });
      expectThat(printed.length === 0, `a plugin has no logger, but it printed: ${printed[0]}`);
    },
  },
];

function secretsOf(trial: Trial, scene: Scene): string[] {
  const secrets = trial.secrets(scene).filter((secret) => secret.length >= SHORTEST);
  expectThat(
    secrets.length > 0,
    'no secrets are known: give "secrets" (6 characters or more), or skip this check with a reason',
  );
  return secrets;
}

/** Returns the secrets that the plugin sent to the PSP, because a PSP can repeat only those. `Authorization` values are always secret. */
function sentSecrets(known: readonly string[], requests: readonly FakeRequest[]): string[] {
  const sent = requests.map(
    ({ headers, rawBody }) => `${Object.values(headers).join(' ')} ${rawBody.toString()}`,
  );
  const plain = sent.map(
    (text) => `${text} ${decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))}`,
  );
  const credentials = requests.map(({ headers }) => headers.authorization?.replace(/^\S+ /, '') ?? '');
  const secrets = [...known.filter((secret) => plain.some((text) => text.includes(secret))), ...credentials];
  return [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST);
}

function expectNone(secrets: readonly string[], text: string, where: string): void {
  const found = secrets.find((secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)));
  expectThat(found === undefined, `${where} has a secret in it (${found?.length} characters long)`);
}

const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

async function collectOutput(run: () => Promise<void>): Promise<string[]> {
  const printed: string[] = [];
  const print = (...words: unknown[]) => void printed.push(words.join(' '));
  const real = { ...console };
  for (const method of METHODS) console[method] = print;
  try {
    await run();
  } finally {
    Object.assign(console, real);
  }
  return printed;
}
