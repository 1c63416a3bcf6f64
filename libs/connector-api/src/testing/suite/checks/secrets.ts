/** Checks that secrets do not leak into errors, pages, URLs and console output. */
import { inspect } from 'node:util';
import type { FakeRequest } from '../../fake-route.js';
import { expectThat, requireFixturePart } from '../assertions.js';
import type { Check } from '../check.js';
import { expectPspError } from '../expect-psp-error.js';
import type { PluginHarness } from '../plugin-harness.js';
import type { CheckContext } from '../check-context.js';

/** The minimum number of characters of a secret that is searched for. A shorter string can occur by chance. */
const MIN_SECRET_LENGTH = 6;

export const SECRET_CHECKS: readonly Check[] = [
  {
    name: 'secrets: not in errors, even when the PSP repeats them',
    async run(context) {
      for (const status of [400, 401, 403, 429, 500]) {
        const harness = await context.createHarness();
        const { fake, listingRequest, createErrorBody } = requireFixturePart(harness.fixture.http, 'http');
        await harness.addTransaction();
        await harness.pull();
        const secrets = findSentSecrets(requireSecrets(context, harness), fake.requests);
        const body = createErrorBody(`${secrets.join(' and ')} are not accepted`);
        fake.injectFault({ fault: { status, body }, ...listingRequest, times: Infinity });
        const kinds = ['rejected', 'unauthorized', 'rate-limited', 'unavailable'] as const;
        const thrown = await expectPspError(() => harness.pull(), kinds, `${status} at a listing`);
        for (const [text, where] of [
          [thrown.message, 'the message'],
          [thrown.stack ?? '', 'the stack'],
          [inspect(thrown, { depth: 8, showHidden: true }), 'the properties'],
        ] as const) {
          expectNoSecret(secrets, text, `${where} of the error after ${status}`);
        }
      }
    },
  },
  {
    name: 'secrets: not in records, refusals, cursors and addresses',
    async run(context) {
      const harness = await context.createHarness('one');
      const secrets = requireSecrets(context, harness);
      await harness.addHistory();
      await harness.fixture.addMalformedRow?.(harness.clock.now() - 2000);
      const pages = [...(await harness.pull()).pages, ...(await harness.pull('accounts')).pages];
      const text = JSON.stringify(pages, (_, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      );
      expectNoSecret(secrets, text, 'a page of a listing');
      for (const { path, query } of harness.fixture.http?.fake.requests ?? []) {
        expectNoSecret(
          secrets,
          `${path}?${query.toString()}`,
          'the address of a request, which proxies write down',
        );
      }
    },
  },
  {
    name: 'secrets: a plugin prints nothing',
    async run(context) {
      const harness = await context.createHarness();
      await harness.addHistory();
      await harness.fixture.addMalformedRow?.(harness.clock.now() - 2000);
      const printed = await captureConsole(async () => {
        await harness.pull();
        await harness.pull('accounts');
      });
      expectThat(printed.length === 0, `a plugin has no logger, but it printed: ${printed[0]}`);
    },
  },
];

function requireSecrets(context: CheckContext, harness: PluginHarness): string[] {
  const secrets = context.getSecrets(harness).filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  expectThat(
    secrets.length > 0,
    'no secrets are known: give "secrets" (6 characters or more), or skip this check with a reason',
  );
  return secrets;
}

/**
 * Returns the secrets that the plugin sent to the PSP. Only these secrets can be in the PSP's responses. Values of the header
 * `Authorization` are always secret.
 */
function findSentSecrets(known: readonly string[], requests: readonly FakeRequest[]): string[] {
  const sent = requests.map(
    ({ headers, rawBody }) => `${Object.values(headers).join(' ')} ${rawBody.toString()}`,
  );
  const plain = sent.map(
    (text) => `${text} ${decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))}`,
  );
  const credentials = requests.map(({ headers }) => headers.authorization?.replace(/^\S+ /, '') ?? '');
  const secrets = [...known.filter((secret) => plain.some((text) => text.includes(secret))), ...credentials];
  return [...new Set(secrets)].filter((secret) => secret.length >= MIN_SECRET_LENGTH);
}

function expectNoSecret(secrets: readonly string[], text: string, where: string): void {
  const found = secrets.find((secret) => text.includes(secret) || text.includes(encodeURIComponent(secret)));
  expectThat(found === undefined, `${where} has a secret in it (${found?.length} characters long)`);
}

const CONSOLE_METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

async function captureConsole(run: () => Promise<void>): Promise<string[]> {
  const printed: string[] = [];
  const print = (...words: unknown[]) => void printed.push(words.join(' '));
  const real = { ...console };
  for (const method of CONSOLE_METHODS) console[method] = print;
  try {
    await run();
  } finally {
    Object.assign(console, real);
  }
  return printed;
}
