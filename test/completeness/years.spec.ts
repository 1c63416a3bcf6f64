/**
 * Tests the completeness check with a year at Mollie and at Revolut, with fakes of their APIs. Late rows, changes of status, fees, refunds
 * and conversions must raise no alarm, and the balances must agree in the end. `COMPLETENESS_ROWS=200000` uses more rows.
 */
import {
  FEED_READER,
  PSP_CLIENT,
  type FeedReader,
  type Plugin,
  type PspClient,
} from '@tributary/connector-api';
import { HTTP_CLOCK } from '@tributary/connector-api/http';
import { NestFactory } from '@nestjs/core';
import { plainToInstance } from 'class-transformer';
import { mollie } from '../../libs/psp-plugins/src/mollie/index.js';
import { FAKE_ACCESS_TOKEN, FakeMollie } from '../../libs/psp-plugins/src/mollie/mollie.fake.js';
import { simulateYear as simulateMollieYear } from '../../libs/psp-plugins/src/mollie/testing/simulate-year.js';
import { revolutBusiness } from '../../libs/psp-plugins/src/revolut-business/index.js';
import { RevolutBusinessFake } from '../../libs/psp-plugins/src/revolut-business/revolut-business.fake.js';
import { simulateYear } from '../../libs/psp-plugins/src/revolut-business/testing/simulate-year.js';
import type { SimulatedRevolut } from '../../libs/psp-plugins/src/revolut-business/testing/simulated-revolut.js';
import { StoredRecordLookup } from '../../apps/gateway/src/mount/stored-record-lookup.js';
import { CompletenessWorld } from './completeness-world.js';

const ROWS = Number(process.env['COMPLETENESS_ROWS'] ?? 2_000);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** The start time of the manual clock. */
const START = Date.UTC(2026, 0, 1);
const STEPS = 36;
const STEP = (365 * DAY) / STEPS;
/** Every fifth step, rows appear late, although the balance already includes them. */
const LATE_STEPS = 5;
const LATENESS = 10 * MINUTE;
const TEST_TIMEOUT_MS = 120_000 + ROWS * 10;

/** The clock of a fake and a plugin, which are created before the `CompletenessWorld`. */
class SharedClock {
  read = () => START;
  now(): number {
    return this.read();
  }
  async sleep(): Promise<void> {
    throw new Error('the plugin waits, although nothing limits its requests');
  }
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function openWorld(plugin: Plugin, given: object, clock: SharedClock): Promise<CompletenessWorld> {
  const settings = plainToInstance(plugin.settings, given);
  const opened: { feedReader?: FeedReader } = {};
  const app = await NestFactory.createApplicationContext(
    {
      module: class Connector {},
      providers: [
        { provide: plugin.settings, useValue: settings },
        { provide: HTTP_CLOCK, useValue: clock },
        {
          provide: FEED_READER,
          useValue: { findLatest: (...args) => opened.feedReader!.findLatest(...args) } satisfies FeedReader,
        },
        { provide: PSP_CLIENT, useClass: plugin.psp },
        ...(plugin.providers ?? []),
      ],
    },
    { logger: false },
  );
  closing.push(() => app.close());
  const world = await CompletenessWorld.open((now) => {
    clock.read = now;
    return app.get<PspClient>(PSP_CLIENT);
  }, plugin.completeness!(settings));
  closing.push(() => world.close());
  opened.feedReader = new StoredRecordLookup('bank', world.harness.store);
  return world;
}

/** Syncs through the year, and expects no alarm. */
async function syncYear(world: CompletenessWorld, beforeStep: (now: number) => void): Promise<void> {
  for (let step = 1; step <= STEPS; step++) {
    beforeStep(START + step * STEP);
    expect(await world.sync(START + step * STEP - world.now)).toEqual([]);
    // The late rows appear while the difference is only suspected and not yet an alarm.
    if (step % LATE_STEPS === 0) expect(await world.sync(2 * LATENESS)).toEqual([]);
    expect(await world.findWarnings()).toEqual([]);
  }
  expect(await world.findDisagreeing()).toEqual([]);
  for (const result of ['healed', 'unchanged'])
    expect(await world.metric('tributary_completeness_rereads_total', { result })).toBeUndefined();
}

const countChecks = async (world: CompletenessWorld, result: string) =>
  (await world.metric('tributary_completeness_checks_total', { result })) ?? 0;

it(
  `a year of ${ROWS} rows at Mollie, in two currencies, with fees, refunds and returns`,
  async () => {
    const clock = new SharedClock();
    const fake = await FakeMollie.start(undefined);
    closing.push(() => fake.close());
    fake.now = () => clock.now();
    const balances = [fake.addBalance('EUR'), fake.addBalance('USD')];
    const planned = balances.map((balance) => {
      simulateMollieYear(fake, balance, ROWS / 2);
      return { balance, rows: balance.journal.rows.splice(0) };
    });
    const world = await openWorld(mollie, { accessToken: FAKE_ACCESS_TOKEN, url: fake.url }, clock);
    await syncYear(world, (now) => {
      for (const { balance, rows } of planned)
        while (rows[0] && rows[0].createdAt + 365 * DAY <= now) {
          const row = rows.shift()!;
          balance.journal.append({ ...row, createdAt: row.createdAt + 365 * DAY });
        }
    });
    expect(planned.map(({ rows }) => rows.length)).toEqual([0, 0]);
    expect(await countChecks(world, 'agreed')).toBeGreaterThanOrEqual(2 * STEPS);
  },
  TEST_TIMEOUT_MS,
);

it(
  `a year of ${ROWS} transactions at Revolut, with late rows, changes of state, fees and conversions`,
  async () => {
    const clock = new SharedClock();
    // The plugin reads rows of the last 30 days again. The syncs of this test are 10 days apart, so the plugin would miss changes of older
    // rows.
    const year = { end: START + 365 * DAY, changesWithinDays: 19, tieGroupSize: 3 };
    const psp = simulateYear({ transactions: ROWS, clock, ...year });
    for (let step = LATE_STEPS; step <= STEPS; step += LATE_STEPS) delayPayment(psp, START + step * STEP);
    const fake = await RevolutBusinessFake.start({ world: psp, clock, tokenLifetimeMs: 40 * MINUTE });
    closing.push(() => fake.server.close());
    const settings = { ...fake.settings, requestsPerMinute: 60_000 };
    const world = await openWorld(revolutBusiness, settings, clock);
    await syncYear(world, () => undefined);
    // The check found the late rows as a difference, and the difference disappeared when the rows arrived.
    expect(await countChecks(world, 'suspect')).toBeGreaterThan(0);
    expect(await countChecks(world, 'agreed')).toBeGreaterThan(STEPS);
  },
  TEST_TIMEOUT_MS,
);

/**
 * Delays the last card payment before a time. The balance at that time includes the payment, but the list contains it only a short time
 * later.
 */
function delayPayment(psp: SimulatedRevolut, at: number): void {
  const created = BigInt(at - LATENESS / 2) * 1000n;
  const late = psp.transactions.findLast(
    ({ type, createdAt }) => type === 'card_payment' && createdAt < created,
  )!;
  Object.assign(late, {
    ...{ createdAt: created, decidedAt: at - LATENESS / 2, outcome: 'completed', revertedAt: undefined },
    visibleFrom: at + LATENESS,
  });
  psp.transactions.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
}
