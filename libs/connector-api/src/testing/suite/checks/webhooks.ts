/** Checks of webhook verification: signature, age, replay and malformed bodies. */
import { STREAMS } from '../../../plugin.js';
import type { Plugin, WebhookRequest } from '../../../plugin.js';
import { expectThat, given, has } from '../assertions.js';
import type { Check } from '../check.js';
import { expectError, expectKind } from '../psp-errors.js';
import type { Scene } from '../scene.js';
import type { WebhookWorld } from '../suite.types.js';
import type { Trial } from '../trial.js';

const DAY = 86_400_000;
const MINUTE = 60_000;

type Headers = WebhookRequest['headers'];

/** A plugin harness with a webhook fixture. */
interface Hook {
  scene: Scene;
  world: WebhookWorld;
  rawBody: Buffer;
  /** Returns the headers of the event, signed by the PSP at this time (ms since 1970). */
  signed(at: number): Headers;
  deliver(headers: Headers, rawBody?: Buffer): Promise<unknown>;
  expectRejected(headers: Headers, rawBody: Buffer, when: string): Promise<void>;
}

export const WEBHOOK_CHECKS: readonly Check[] = [
  check('webhooks: the right signature names the streams to pull', async (hook) => {
    const streams = await hook.deliver(hook.signed(hook.scene.clock.now()));
    expectThat(
      Array.isArray(streams) && streams.every((stream) => STREAMS.includes(stream as 'accounts')),
      `expected a list of streams, found ${JSON.stringify(streams)}`,
    );
    for (const stream of hook.world.streams) {
      expectThat((streams as unknown[]).includes(stream), `"${stream}" is not among the streams to pull`);
    }
  }),
  check('webhooks: a signature with another secret is refused', async (hook) => {
    const { world, rawBody, scene } = hook;
    for (const secret of [`${world.secret}x`, 'another secret', '-']) {
      const headers = world.sign(rawBody, secret, scene.clock.now());
      await hook.expectRejected(headers, rawBody, 'a signature with another secret');
    }
  }),
  check('webhooks: another body than the signed one is refused', async (hook) => {
    const headers = hook.signed(hook.scene.clock.now());
    const { rawBody } = hook.world;
    for (const body of [`${rawBody} `, rawBody.replace(/\w/, '_'), rawBody.slice(1), '']) {
      await hook.expectRejected(headers, Buffer.from(body), 'a body that was not signed');
    }
  }),
  check('webhooks: a signature that is missing or no signature is refused', async (hook) => {
    await hook.expectRejected({}, hook.rawBody, 'no headers at all');
    const headers = hook.signed(hook.scene.clock.now());
    for (const [name, value = ''] of Object.entries(headers)) {
      const others = ['', 'nonsense', value.slice(0, -2), value.replace(/[0-9a-f]{2}$/i, '!!')];
      for (const other of [undefined, ...others.filter((text) => text !== value)]) {
        await hook.expectRejected(
          { ...headers, [name]: other },
          hook.rawBody,
          `the header ${name}: ${other}`,
        );
      }
    }
  }),
  check('webhooks: an old signature is refused', async (hook) => {
    const now = hook.scene.clock.now();
    await hook.expectRejected(hook.signed(now - DAY), hook.rawBody, 'a signature of yesterday');
    await hook.expectRejected(
      hook.signed(now - 30 * MINUTE),
      hook.rawBody,
      'a signature of half an hour ago',
    );
    const [old, fresh] = [hook.signed(now - DAY), hook.signed(now)];
    for (const [name, value] of Object.entries(fresh)) {
      const mixed = { ...old, [name]: value };
      if (Object.entries(fresh).every(([key, other]) => mixed[key] === other)) continue;
      await hook.expectRejected(mixed, hook.rawBody, `an old signature with a new ${name}`);
    }
  }),
  check('webhooks: a replay does no more than the event itself', async (hook) => {
    const headers = hook.signed(hook.scene.clock.now());
    const first = JSON.stringify(await hook.deliver(headers));
    const second = JSON.stringify(await hook.deliver(headers));
    expectThat(first === second, `the event names ${first}, its replay ${second}`);
  }),
  check('webhooks: a signed body that makes no sense is no crash', async (hook) => {
    const { world, scene } = hook;
    for (const body of ['', 'null', '[]', '{}', '"text"', '{"broken', '\u0000']) {
      const rawBody = Buffer.from(body);
      const headers = world.sign(rawBody, world.secret, scene.clock.now());
      await hook
        .deliver(headers, rawBody)
        .catch((thrown: unknown) => expectKind(thrown, ['rejected'], `the body ${JSON.stringify(body)}`));
    }
  }),
];

function check(name: string, run: (hook: Hook) => Promise<void>): Check {
  return {
    name,
    concerns: (plugin: Plugin) => has(plugin, 'webhook'),
    run: async (trial) => run(await openHook(trial)),
  };
}

async function openHook(trial: Trial): Promise<Hook> {
  const scene = await trial.open();
  const world = given(scene.world.webhook, 'webhook');
  const rawBody: Buffer = Buffer.from(world.rawBody);
  const psp = await scene.psp();
  const deliver = async (headers: Headers, body = rawBody): Promise<unknown> =>
    psp.webhook!({ headers: lowerCased(headers), rawBody: body });
  return {
    scene,
    world,
    rawBody,
    deliver,
    signed: (at) => world.sign(rawBody, world.secret, at),
    expectRejected: async (headers, body, when) => {
      await expectError(() => deliver(headers, body), ['rejected'], when);
    },
  };
}

/** Converts header names to lower case, as the gateway does. */
function lowerCased(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
