/** Checks of the verification of webhooks: signature, age, replayed requests and malformed bodies. */
import { STREAMS } from '../../../plugin.js';
import type { Plugin, WebhookRequest } from '../../../plugin.js';
import { expectThat, requireFixturePart, hasMethod } from '../assertions.js';
import type { Check } from '../check.js';
import { expectPspError, expectErrorKind } from '../expect-psp-error.js';
import type { PluginHarness } from '../plugin-harness.js';
import type { WebhookFixture } from '../suite.types.js';
import type { CheckContext } from '../check-context.js';

const DAY = 86_400_000;
const MINUTE = 60_000;
/** A byte order mark. RFC 8259 allows a JSON parser to ignore it, and some libraries write it. */
const UTF8_BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

type Headers = WebhookRequest['headers'];

/** A plugin harness with a webhook fixture. */
interface WebhookHarness {
  harness: PluginHarness;
  fixture: WebhookFixture;
  rawBody: Buffer;
  /** Returns the headers of the event, as the PSP signs it at this time (in ms since 1970). */
  signAt(at: number): Headers;
  deliver(headers: Headers, rawBody?: Buffer): Promise<unknown>;
  expectRejected(headers: Headers, rawBody: Buffer, when: string): Promise<void>;
}

export const WEBHOOK_CHECKS: readonly Check[] = [
  createWebhookCheck('webhooks: the right signature names the streams to pull', async (webhookHarness) => {
    const streams = await webhookHarness.deliver(webhookHarness.signAt(webhookHarness.harness.clock.now()));
    expectThat(
      Array.isArray(streams) && streams.every((stream) => STREAMS.includes(stream as 'accounts')),
      `expected a list of streams, found ${JSON.stringify(streams)}`,
    );
    for (const stream of webhookHarness.fixture.streams) {
      expectThat((streams as unknown[]).includes(stream), `"${stream}" is not among the streams to pull`);
    }
  }),
  createWebhookCheck('webhooks: a signature with another secret is refused', async (webhookHarness) => {
    const { fixture, rawBody, harness } = webhookHarness;
    for (const secret of [`${fixture.secret}x`, 'another secret', '-']) {
      const headers = fixture.sign(rawBody, secret, harness.clock.now());
      await webhookHarness.expectRejected(headers, rawBody, 'a signature with another secret');
    }
  }),
  createWebhookCheck('webhooks: another body than the signed one is refused', async (webhookHarness) => {
    const headers = webhookHarness.signAt(webhookHarness.harness.clock.now());
    const { rawBody } = webhookHarness.fixture;
    for (const body of [`${rawBody} `, rawBody.replace(/\w/, '_'), rawBody.slice(1), '']) {
      await webhookHarness.expectRejected(headers, Buffer.from(body), 'a body that was not signed');
    }
  }),
  createWebhookCheck(
    'webhooks: a signature that is missing or no signature is refused',
    async (webhookHarness) => {
      await webhookHarness.expectRejected({}, webhookHarness.rawBody, 'no headers at all');
      const headers = webhookHarness.signAt(webhookHarness.harness.clock.now());
      for (const [name, value = ''] of Object.entries(headers)) {
        const others = ['', 'nonsense', value.slice(0, -2), value.replace(/[0-9a-f]{2}$/i, '!!')];
        for (const other of [undefined, ...others.filter((text) => text !== value)]) {
          await webhookHarness.expectRejected(
            { ...headers, [name]: other },
            webhookHarness.rawBody,
            `the header ${name}: ${other}`,
          );
        }
      }
    },
  ),
  createWebhookCheck('webhooks: an old signature is refused', async (webhookHarness) => {
    const now = webhookHarness.harness.clock.now();
    await webhookHarness.expectRejected(
      webhookHarness.signAt(now - DAY),
      webhookHarness.rawBody,
      'a signature of yesterday',
    );
    await webhookHarness.expectRejected(
      webhookHarness.signAt(now - 30 * MINUTE),
      webhookHarness.rawBody,
      'a signature of half an hour ago',
    );
    const [old, fresh] = [webhookHarness.signAt(now - DAY), webhookHarness.signAt(now)];
    for (const [name, value] of Object.entries(fresh)) {
      const mixed = { ...old, [name]: value };
      if (Object.entries(fresh).every(([key, other]) => mixed[key] === other)) continue;
      await webhookHarness.expectRejected(
        mixed,
        webhookHarness.rawBody,
        `an old signature with a new ${name}`,
      );
    }
  }),
  createWebhookCheck('webhooks: a replay does no more than the event itself', async (webhookHarness) => {
    const headers = webhookHarness.signAt(webhookHarness.harness.clock.now());
    const first = JSON.stringify(await webhookHarness.deliver(headers));
    const second = JSON.stringify(await webhookHarness.deliver(headers));
    expectThat(first === second, `the event names ${first}, its replay ${second}`);
  }),
  createWebhookCheck(
    'webhooks: a byte order mark before a signed body changes nothing',
    async (webhookHarness) => {
      const { fixture, harness } = webhookHarness;
      const rawBody = Buffer.concat([UTF8_BYTE_ORDER_MARK, webhookHarness.rawBody]);
      const headers = fixture.sign(rawBody, fixture.secret, harness.clock.now());
      const streams = JSON.stringify(await webhookHarness.deliver(headers, rawBody));
      const expected = JSON.stringify(
        await webhookHarness.deliver(webhookHarness.signAt(harness.clock.now())),
      );
      expectThat(streams === expected, `the event names ${expected}, with a byte order mark ${streams}`);
    },
  ),
  createWebhookCheck('webhooks: a signed body that makes no sense is no crash', async (webhookHarness) => {
    const { fixture, harness } = webhookHarness;
    for (const body of ['', 'null', '[]', '{}', '"text"', '{"broken', '\u0000']) {
      const rawBody = Buffer.from(body);
      const headers = fixture.sign(rawBody, fixture.secret, harness.clock.now());
      await webhookHarness
        .deliver(headers, rawBody)
        .catch((thrown: unknown) =>
          expectErrorKind(thrown, ['rejected'], `the body ${JSON.stringify(body)}`),
        );
    }
  }),
];

function createWebhookCheck(name: string, run: (webhookHarness: WebhookHarness) => Promise<void>): Check {
  return {
    name,
    appliesTo: (plugin: Plugin) => hasMethod(plugin, 'webhook'),
    run: async (context) => run(await createWebhookHarness(context)),
  };
}

async function createWebhookHarness(context: CheckContext): Promise<WebhookHarness> {
  const harness = await context.createHarness();
  const fixture = requireFixturePart(harness.fixture.webhook, 'webhook');
  const rawBody: Buffer = Buffer.from(fixture.rawBody);
  const psp = await harness.createPsp();
  const deliver = async (headers: Headers, body = rawBody): Promise<unknown> =>
    psp.webhook!({ headers: lowercaseNames(headers), rawBody: body });
  return {
    harness,
    fixture,
    rawBody,
    deliver,
    signAt: (at) => fixture.sign(rawBody, fixture.secret, at),
    expectRejected: async (headers, body, when) => {
      await expectPspError(() => deliver(headers, body), ['rejected'], when);
    },
  };
}

/** Converts header names to lower case, as the gateway does. */
function lowercaseNames(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
