import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  serializeAccount,
  serializeBeneficiary,
  isRejectedRecord,
  PSP_CLIENT,
  PspError,
  serializeTransaction,
  type Cursor,
  type Page,
  type PspClient,
  type Transaction,
} from '@tributary/connector-api';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { findPlugin, plugins } from '../index.js';
import { sandbox } from './index.js';
import { SandboxClient } from './sandbox.client.js';
import { SimulatedApi } from './simulator/simulated-api.js';
import { SANDBOX_CLOCK } from './simulator/simulator-clock.js';
import { SandboxSettings } from './sandbox.config.js';
import { SandboxPsp } from './sandbox.plugin.js';
import { createTransactionId } from './simulator/response-rows.js';
import { ActivitySimulator } from './simulator/activity-simulator.js';
import {
  collectPages,
  collectItems,
  collectRecords,
  MINUTE_MS,
  FAULTY_SETTINGS,
  createPsp,
  createSettings,
  START_TIME_MS,
} from './testing/sandbox-setup.js';

const version = ({ id, status }: Transaction) => `${id} ${status}`;
/** The number of rows of the longest listing. `npm run soak` lists a million. */
const LISTED_ROWS = Number(process.env['SANDBOX_ROWS'] ?? 300_000);

/** Creates a random generator that is independent of the random generator of the simulator. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

describe('what the sandbox lists', () => {
  test('is the same for equal settings, and another for another seed', async () => {
    const list = (seed: number) =>
      collectPages(
        createPsp(createSettings({ ...FAULTY_SETTINGS, seed }), () => START_TIME_MS + 90_000).transactions(),
      );
    expect(await list(1)).toEqual(await list(1));
    const [one, other] = [await list(1), await list(2)];
    expect(one).not.toEqual(other);
  });

  test('has as many rows as were asked for, oldest first, each id once', async () => {
    for (const newestFirst of [true, false]) {
      const settings = createSettings({
        ...FAULTY_SETTINGS,
        newestFirst,
        activityPerMinute: 0,
        transactions: 1234,
      });
      const rows = await collectRecords(createPsp(settings, () => START_TIME_MS + MINUTE_MS).transactions());
      expect(rows).toHaveLength(1234);
      expect(new Set(rows.map(({ id }) => id)).size).toBe(1234);
      const times = rows.map(({ createdAt }) => createdAt);
      expect(times).toEqual([...times].sort());
    }
  });

  test('grows by the activity, and by nothing when that is 0', async () => {
    const count = async (activityPerMinute: number, minutes: number) => {
      const settings = createSettings({
        transactions: 10,
        activityPerMinute,
        lateRows: 0,
        sameTimestamps: 0,
      });
      return (
        await collectItems(createPsp(settings, () => START_TIME_MS + minutes * MINUTE_MS - 1).transactions())
      ).length;
    };
    expect(await count(0, 60)).toBe(10);
    expect(await count(0.5, 60)).toBe(10 + 30);
    expect(await count(7, 60)).toBe(10 + 420);
    expect(await count(90_000, 0.5)).toBe(10 + 45_000);
  });

  test('is realistic: every type and currency, refunds and fees that name their original', async () => {
    const settings = createSettings({ transactions: 3000, activityPerMinute: 0 });
    const rows = await collectRecords(
      createPsp(settings, () => START_TIME_MS + 60 * MINUTE_MS).transactions(),
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    expect(new Set(rows.map(({ type }) => type))).toEqual(new Set(['PAYIN', 'PAYOUT', 'TRANSFER', 'OTHER']));
    expect(new Set(rows.map(({ amount }) => amount.asset))).toEqual(
      new Set(['EUR/2', 'USD/2', 'JPY', 'BHD/3']),
    );
    const refunds = rows.filter(({ status }) => status === 'REFUNDED');
    expect(refunds.length).toBeGreaterThan(50);
    for (const refund of refunds) {
      const original = byId.get(refund.relatedTransactionId ?? '');
      if (refund.relatedTransactionId === undefined) continue; // The original transaction is older than the history, so it is not listed.
      expect(original).toMatchObject({ type: refund.type, status: 'SUCCEEDED' });
      expect(original!.amount.asset).toBe(refund.amount.asset);
      expect(refund.amount.amount <= original!.amount.amount).toBe(true);
    }
    expect(refunds.filter((refund) => refund.relatedTransactionId !== undefined).length).toBeGreaterThan(50);
    for (const fee of rows.filter(({ type }) => type === 'OTHER')) {
      expect(['PAYIN', 'PAYOUT', undefined]).toContain(byId.get(fee.relatedTransactionId ?? '')?.type);
    }
    const statuses = new Set(rows.map(({ status }) => status));
    for (const status of ['FAILED', 'CANCELLED', 'EXPIRED', 'DISPUTE_WON', 'DISPUTE_LOST'] as const) {
      expect(statuses).toContain(status);
    }
  });

  test('can be served, every record of every stream, and needs encoding as often as it is asked to', async () => {
    const settings = createSettings({ ...FAULTY_SETTINGS, oddIds: 0.3, accounts: 100, beneficiaries: 100 });
    const psp = createPsp(settings, () => START_TIME_MS + 5 * MINUTE_MS);
    const transactions = (await collectRecords(psp.transactions())).map((row) => serializeTransaction(row));
    const accounts = (await collectRecords(psp.accounts())).map(serializeAccount);
    const beneficiaries = (await collectRecords(psp.beneficiaries())).map(serializeBeneficiary);
    for (const records of [transactions, accounts, beneficiaries]) {
      const encoded = records.filter(({ id }) => id.includes('~')).length / records.length;
      expect(encoded).toBeGreaterThan(0.15);
      expect(encoded).toBeLessThan(0.45);
    }
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(100);
    expect(new Set(beneficiaries.map(({ id }) => id)).size).toBe(100);
  });

  test('has IBANs with check digits that are right', async () => {
    const psp = createPsp(createSettings({ beneficiaries: 250 }), () => START_TIME_MS);
    for (const { metadata } of await collectRecords(psp.beneficiaries())) {
      const iban = metadata?.['com.formance.spec/owner/iban'] ?? '';
      expect(iban).toMatch(/^DE\d{20}$/);
      const digits = `${iban.slice(4)}1314${iban.slice(2, 4)}`;
      expect(BigInt(digits) % 97n).toBe(1n);
    }
  });
});

describe('a listing', () => {
  test('goes on from every cursor it ever returned', async () => {
    const settings = createSettings({ ...FAULTY_SETTINGS, accounts: 20, beneficiaries: 23 });
    const psp = createPsp(settings, () => START_TIME_MS + 5 * MINUTE_MS);
    const resume = async <T extends { id: string }>(list: (since?: Cursor) => AsyncIterable<Page<T>>) => {
      const pages = await collectPages(list());
      const all = pages.flatMap(({ items }) => items);
      expect(pages.length).toBeGreaterThan(2);
      for (const [index, { cursor }] of pages.entries()) {
        const had = pages.slice(0, index + 1).flatMap(({ items }) => items);
        const rest = await collectItems(list(cursor));
        expect(new Set([...had, ...rest].map(({ id }) => id))).toEqual(new Set(all.map(({ id }) => id)));
      }
      return all.length;
    };
    expect(await resume((since) => psp.transactions(since))).toBeGreaterThan(500);
    expect(await resume((since) => psp.accounts(since))).toBe(20);
    expect(await resume((since) => psp.beneficiaries(since))).toBe(23);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'loses no version while time moves, listings break off and the PSP fails (seed %i)',
    async (seed) => {
      const chance = createRandom(seed * 7919);
      const settings = createSettings({
        ...FAULTY_SETTINGS,
        seed,
        newestFirst: seed % 2 === 1,
        outages: 0.3,
      });
      let time = START_TIME_MS - 30_000;
      const psp = createPsp(settings, () => (time += Math.floor(chance() * 400)));
      const simulator = new ActivitySimulator(settings);
      const delivered = new Set<string>();
      const complete: { from: number; to: number }[] = [];
      let cursor: Cursor | undefined;
      let failures = 0;
      while (time < START_TIME_MS + 8 * MINUTE_MS) {
        const from = time;
        const breakOff = chance() < 0.3 ? Math.floor(chance() * 4) : Infinity;
        try {
          let pages = 0;
          for await (const page of psp.transactions(cursor)) {
            for (const item of page.items) if (!isRejectedRecord(item)) delivered.add(version(item));
            cursor = page.cursor;
            if (++pages > breakOff) break;
          }
          if (pages <= breakOff) complete.push({ from, to: time });
        } catch (error) {
          expect(error).toBeInstanceOf(PspError);
          time += (error as PspError).details.retryAfterMs ?? 1000;
          failures += 1;
        }
        time += Math.floor(chance() * 8000);
      }
      expect(failures).toBeGreaterThan(3);
      expect(complete.length).toBeGreaterThan(10);

      const last = complete.at(-1)!;
      const missing: string[] = [];
      const possible = new Set<string>();
      const contractWord = new Map([
        ['completed', 'SUCCEEDED'],
        ['disputed', 'DISPUTE'],
      ]);
      let brief = 0;
      for (let number = 0; number < simulator.countCreatedBy(time); number++) {
        const life = simulator.getStateHistory(number);
        for (const [index, { state, at }] of life.entries()) {
          const name = `${createTransactionId(settings, number)} ${contractWord.get(state) ?? state.toUpperCase()}`;
          const until = life[index + 1]?.at ?? Infinity;
          possible.add(name);
          // The version was visible during a whole completed listing. Therefore this listing must contain the version.
          const due = complete.some(({ from, to }) => at <= from && until > to);
          if (due && !delivered.has(name)) missing.push(name);
          if (!due && at <= last.from) brief += 1;
        }
      }
      expect(missing).toEqual([]);
      expect([...delivered].filter((name) => !possible.has(name))).toEqual([]);
      // Most versions must have been visible that long. Otherwise the test would check almost nothing.
      expect(brief).toBeLessThan(possible.size / 2);
      expect(delivered.size).toBeGreaterThan(900);
    },
  );

  test('costs what is new, and what is not final yet', async () => {
    for (const transactions of [1000, 50_000]) {
      const settings = createSettings({ ...FAULTY_SETTINGS, transactions, activityPerMinute: 30 });
      let time = START_TIME_MS + 10 * MINUTE_MS;
      let calls = 0;
      const client = new SandboxClient(new SimulatedApi(settings, () => (calls++, time)));
      const psp = new SandboxPsp(settings, client, () => time);
      const cursor = (await collectPages(psp.transactions())).at(-1)!.cursor;
      time += MINUTE_MS;
      calls = 0;
      const items = await collectItems(psp.transactions(cursor));
      // One minute of rows is new, and one minute of rows can still change. These are 60 rows, in pages of 7.
      expect(items.length).toBeGreaterThan(30);
      expect(items.length).toBeLessThanOrEqual(80);
      expect(calls).toBeLessThan(25);
    }
  });

  test('survives more rows in one second than it would like to hold', async () => {
    const settings = createSettings({
      transactions: 0,
      activityPerMinute: 60_000,
      lateRows: 0,
      pageSize: 10,
    });
    const rows = await collectRecords(createPsp(settings, () => START_TIME_MS + 2999).transactions());
    expect(rows).toHaveLength(3000);
  });

  test('of a PSP that forgets has what is still listed, and says what may be missing after a long pause', async () => {
    for (const newestFirst of [true, false]) {
      const settings = createSettings({
        ...FAULTY_SETTINGS,
        newestFirst,
        activityPerMinute: 1,
        transactions: 0,
        listsDays: 1,
      });
      const day = 1440 * MINUTE_MS;
      let time = START_TIME_MS + 30 * day;
      const psp = createPsp(settings, () => (time += 10));
      const pages = await collectPages(psp.transactions());
      expect(pages.flatMap(({ warnings = [] }) => warnings)).toEqual([]);
      const count = pages.flatMap(({ items }) => items).length;
      expect(Math.abs(count - 1440)).toBeLessThan(20);
      const { cursor } = pages.at(-1)!;

      time += day / 2;
      const soon = await collectPages(psp.transactions(cursor));
      expect(soon.flatMap(({ warnings = [] }) => warnings)).toEqual([]);
      time += day;
      const late = (await collectPages(psp.transactions(cursor))).flatMap(({ warnings = [] }) => warnings);
      expect(new Set(late.map(({ id }) => id)).size).toBe(1);
      expect(late[0]!.message).toMatch(
        /^transactions between 2026-11-30T23:59.* and 2026-12-01T12:.* may be missing/,
      );
    }
  });

  test('of a PSP where nothing happens moves its cursor once an hour, so that a pause is not taken for a gap', async () => {
    const settings = createSettings({ transactions: 10, activityPerMinute: 0.0001, listsDays: 2 });
    let time = START_TIME_MS + MINUTE_MS;
    const psp = createPsp(settings, () => time);
    let cursor = (await collectPages(psp.transactions())).at(-1)!.cursor;
    let [moves, rows] = [0, 0];
    for (let minutes = 0; minutes < 20 * 1440; minutes += 10, time += 10 * MINUTE_MS) {
      for (const page of await collectPages(psp.transactions(cursor))) {
        expect(page.warnings).toEqual([]);
        if (page.cursor !== cursor) moves += 1;
        rows += page.items.length;
        cursor = page.cursor;
      }
    }
    expect(rows).toBeGreaterThan(0);
    expect(moves).toBeGreaterThan(19 * 24);
    expect(moves).toBeLessThan(21 * 24);
  });

  test('says so when the cursor is not its own', async () => {
    const psp = createPsp(createSettings({}), () => START_TIME_MS);
    for (const cursor of ['', 'x', '1/2/3', '12', 'page=2']) {
      await expect(collectPages(psp.transactions(cursor))).rejects.toThrow(
        'was not written by the plugin sandbox',
      );
    }
    await expect(collectPages(psp.accounts('-1'))).rejects.toThrow('was not written by the plugin sandbox');
  });

  test(`of ${LISTED_ROWS} rows holds a thousand of them at most, and memory stays flat`, async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const settings = createSettings({ transactions: LISTED_ROWS, activityPerMinute: 0 });
    const psp = createPsp(settings, () => START_TIME_MS + 60 * MINUTE_MS);
    let rows = 0;
    let longest = 0;
    let early: number | undefined;
    const begun = performance.now();
    for await (const { items } of psp.transactions()) {
      rows += items.length;
      longest = Math.max(longest, items.length);
      if (early === undefined && rows > 50_000) {
        collect();
        early = process.memoryUsage().heapUsed;
      }
    }
    const seconds = (performance.now() - begun) / 1000;
    collect();
    const growth = (process.memoryUsage().heapUsed - early!) / 2 ** 20;
    console.log(
      `sandbox: ${rows} rows listed at ${Math.round(rows / seconds)} rows/s, heap grew by ${growth.toFixed(1)} MiB`,
    );
    expect(rows).toBe(LISTED_ROWS);
    expect(longest).toBeLessThanOrEqual(1000);
    expect(growth).toBeLessThan(20);
  }, 300_000);
});

describe('the plugin', () => {
  test('is in the list, once, and found by its name only', () => {
    expect(findPlugin('sandbox')).toBe(sandbox);
    expect(findPlugin('Sandbox')).toBeUndefined();
    expect(findPlugin('constructor')).toBeUndefined();
    expect(new Set(plugins.map(({ name }) => name)).size).toBe(plugins.length);
  });

  test('is put together by Nest, and its clock can be replaced', async () => {
    @Module({
      providers: [
        { provide: SandboxSettings, useValue: createSettings({ transactions: 5, activityPerMinute: 0 }) },
        ...(sandbox.providers ?? []),
        { provide: SANDBOX_CLOCK, useValue: () => START_TIME_MS },
        { provide: PSP_CLIENT, useClass: sandbox.psp },
      ],
    })
    class ConnectorModule {}
    const context = await NestFactory.createApplicationContext(ConnectorModule, { logger: false });
    const psp = context.get<PspClient>(PSP_CLIENT);
    expect(await collectRecords(psp.transactions())).toHaveLength(5);
    expect((await psp.balances!('acc-1')).at).toBe('2026-11-01T00:00:00.000Z');
    await context.close();
  });

  test('takes its defaults, and refuses settings that make no sense', () => {
    const wrong = (given: object) =>
      validateSync(plainToInstance(SandboxSettings, given)).map(({ property }) => property);
    expect(wrong({})).toEqual([]);
    expect(wrong({ seed: -1, accounts: 0, pageSize: 1001 })).toEqual(['seed', 'accounts', 'pageSize']);
    expect(wrong({ poisonRows: 1.1, outages: '0.5', latency: '50ms' })).toHaveLength(3);
    for (const start of ['2026-02-30T00:00:00Z', '2026-11-01', '2026-11-01T00:00:00+01:00', 'now', 5]) {
      expect(wrong({ start })).toEqual(['start']);
    }
  });
});
