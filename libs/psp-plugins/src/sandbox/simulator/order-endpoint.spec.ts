import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Order, OrderStatus } from '@tributary/connector-api';
import { ORDER_FATES, ORDER_FAULTS, type OrderFate, type OrderFault } from './order-faults.js';
import {
  ORDER_DELAY_MS,
  createJournalPathGenerator,
  createKey,
  createOrder,
  submitForOutcome,
  submitOrder,
  QUIET_SETTINGS,
} from '../testing/order-fixtures.js';
import { readPaymentsByReference, readAttempts, readPayments } from '../testing/read-order-journal.js';
import {
  collectRecords,
  MINUTE_MS,
  createPsp,
  createSettings,
  START_TIME_MS,
} from '../testing/sandbox-setup.js';

const directory = mkdtempSync(join(tmpdir(), 'sandbox-orders-'));
afterAll(() => rmSync(directory, { recursive: true }));
const newJournal = createJournalPathGenerator(directory);

test('without a journal the sandbox takes no orders', () => {
  const psp = createPsp(createSettings({}), () => START_TIME_MS);
  expect([psp.createPayout, psp.createTransfer, psp.findOrder]).toEqual([undefined, undefined, undefined]);
});

describe('a fault', () => {
  const EXPECTED: Record<
    OrderFault,
    { first: string; found?: OrderStatus; later?: OrderStatus; repeat: string }
  > = {
    none: { first: 'SUCCEEDED', found: 'SUCCEEDED', later: 'SUCCEEDED', repeat: 'SUCCEEDED' },
    'answers-late': { first: 'SUCCEEDED', found: 'SUCCEEDED', later: 'SUCCEEDED', repeat: 'SUCCEEDED' },
    'answer-lost': {
      first: 'unknown-outcome',
      found: 'SUCCEEDED',
      later: 'SUCCEEDED',
      repeat: 'SUCCEEDED',
    },
    'unavailable-after': {
      first: 'unavailable',
      found: 'SUCCEEDED',
      later: 'SUCCEEDED',
      repeat: 'SUCCEEDED',
    },
    'executes-later': { first: 'unknown-outcome', later: 'SUCCEEDED', repeat: 'PENDING' },
    lost: { first: 'unknown-outcome', repeat: 'unknown-outcome' },
    unavailable: { first: 'unavailable', repeat: 'unavailable' },
    'rate-limited': { first: 'rate-limited', repeat: 'rate-limited' },
    unauthorized: { first: 'unauthorized', repeat: 'unauthorized' },
    rejected: { first: 'rejected', repeat: 'rejected' },
  };

  test.each(ORDER_FAULTS)('%s does what docs/guides/sandbox.md says, and never pays twice', async (fault) => {
    const journal = newJournal();
    const settings = createSettings({ ...QUIET_SETTINGS, journal, orderDelay: 20 });
    let time = START_TIME_MS;
    const psp = () => createPsp(settings, () => time);
    const order = createOrder(1, { metadata: { 'sandbox/fault': fault } });
    const expected = EXPECTED[fault];

    const begun = performance.now();
    expect(await submitForOutcome(psp(), order)).toBe(expected.first);
    if (fault === 'answers-late') expect(performance.now() - begun).toBeGreaterThan(18);
    expect((await psp().findOrder!(order))?.status).toBe(expected.found);
    expect(await submitForOutcome(psp(), order)).toBe(expected.repeat);
    const listed = async () =>
      (await collectRecords(psp().transactions())).map(({ orderKey, status }) => [orderKey, status]);
    expect(await listed()).toEqual(expected.found ? [[order.idempotencyKey, 'SUCCEEDED']] : []);

    time += 20;
    expect((await psp().findOrder!(order))?.status).toBe(expected.later);
    expect(await listed()).toEqual(expected.later ? [[order.idempotencyKey, 'SUCCEEDED']] : []);
    const made = readPayments(journal, time);
    expect(made.map(({ reference, status }) => [reference, status])).toEqual(
      expected.later ? [['salary 1', 'SUCCEEDED']] : [],
    );
    expect((await collectRecords(psp().transactions())).map(({ id }) => id)).toEqual(
      made.map(({ id }) => id),
    );
  });

  test('applies to one attempt after the other, from any gateway, and the last fault stays', async () => {
    const journal = newJournal();
    const settings = createSettings({ ...QUIET_SETTINGS, journal });
    const order = createOrder(1, { metadata: { 'sandbox/fault': 'rate-limited, unauthorized,lost , none' } });
    const outcomes: string[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      outcomes.push(
        await submitForOutcome(
          createPsp(settings, () => START_TIME_MS + attempt),
          order,
        ),
      );
    }
    expect(outcomes).toEqual([
      'rate-limited',
      'unauthorized',
      'unknown-outcome',
      'SUCCEEDED',
      'SUCCEEDED',
      'SUCCEEDED',
    ]);
    expect(readAttempts(journal).map(({ fault }) => fault)).toEqual([
      'rate-limited',
      'unauthorized',
      'lost',
      'none',
    ]);
  });

  test('that rejects an order rejects it for ever, and the faults of later attempts have no effect', async () => {
    const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
    const order = createOrder(1, { metadata: { 'sandbox/fault': 'unavailable, rejected, none' } });
    const outcomes: string[] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      outcomes.push(
        await submitForOutcome(
          createPsp(settings, () => START_TIME_MS),
          order,
        ),
      );
    }
    expect(outcomes).toEqual(['unavailable', 'rejected', 'rejected', 'rejected']);
    // Simulates a second process that wrote a line with the same key at the same moment. The earlier line decides.
    const line = JSON.stringify({ ...readAttempts(settings.journal!)[1], fault: 'none' });
    appendFileSync(settings.journal!, `${line}\n`);
    expect(
      await submitForOutcome(
        createPsp(settings, () => START_TIME_MS),
        order,
      ),
    ).toBe('rejected');
    expect(await createPsp(settings, () => START_TIME_MS).findOrder!(order)).toBeUndefined();
    expect(await collectRecords(createPsp(settings, () => START_TIME_MS).transactions())).toEqual([]);
    expect(readPayments(settings.journal!, Infinity)).toEqual([]);
  });

  test('says when to come back', async () => {
    const psp = createPsp(createSettings({ ...QUIET_SETTINGS, journal: newJournal() }), () => START_TIME_MS);
    const limited = createOrder(1, { metadata: { 'sandbox/fault': 'rate-limited', 'sandbox/after': '700' } });
    await expect(submitOrder(psp, limited)).rejects.toMatchObject({
      details: { retryAfterMs: 700, status: 429 },
    });
  });

  test('comes by chance as often as the settings say, the same in every process', async () => {
    const meet = async (seed: number) => {
      const settings = createSettings({
        ...QUIET_SETTINGS,
        seed,
        journal: newJournal(),
        orderFaults: 0.5,
        orderFates: 0.4,
        orderDelay: 0,
      });
      const outcomes: string[] = [];
      for (let number = 0; number < 200; number++) {
        outcomes.push(
          await submitForOutcome(
            createPsp(settings, () => START_TIME_MS),
            createOrder(number),
          ),
        );
      }
      return { outcomes, attempts: readAttempts(settings.journal!) };
    };
    const { outcomes, attempts } = await meet(1);
    const share = (counts: boolean[]) => counts.filter(Boolean).length / counts.length;
    expect(Math.abs(share(attempts.map(({ fault }) => fault !== 'none')) - 0.5)).toBeLessThan(0.1);
    expect(Math.abs(share(attempts.map(({ fate }) => fate !== 'succeeds')) - 0.4)).toBeLessThan(0.1);
    expect(new Set(attempts.map(({ fault }) => fault))).toEqual(new Set(ORDER_FAULTS));
    expect(new Set(attempts.map(({ fate }) => fate))).toEqual(new Set(ORDER_FATES));
    expect((await meet(1)).outcomes).toEqual(outcomes);
    expect((await meet(2)).outcomes).not.toEqual(outcomes);
  });
});

describe('a fate', () => {
  const EXPECTED: Record<OrderFate, { answer: OrderStatus; end: OrderStatus; listed: string[] }> = {
    succeeds: { answer: 'SUCCEEDED', end: 'SUCCEEDED', listed: ['SUCCEEDED'] },
    settles: { answer: 'PENDING', end: 'SUCCEEDED', listed: ['PENDING', 'SUCCEEDED'] },
    fails: { answer: 'PENDING', end: 'FAILED', listed: ['PENDING', 'FAILED'] },
    'fails-at-once': { answer: 'FAILED', end: 'FAILED', listed: ['FAILED'] },
    'stays-pending': { answer: 'PENDING', end: 'PENDING', listed: ['PENDING'] },
    returns: { answer: 'SUCCEEDED', end: 'RETURNED', listed: ['SUCCEEDED', 'REFUNDED of it'] },
  };

  test.each(ORDER_FATES)(
    '%s is told alike by the answer, by a look at it, by the listing and by the journal',
    async (fate) => {
      const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
      let time = START_TIME_MS + 123;
      const psp = createPsp(settings, () => time);
      const order = createOrder(1, { metadata: { 'sandbox/fate': fate } });
      const { answer, end, listed } = EXPECTED[fate];
      const { id, status } = await submitOrder(psp, order);
      expect(status).toBe(answer);

      const seen = new Set<string>();
      for (; time <= START_TIME_MS + 123 + ORDER_DELAY_MS + 1000; time += 500) {
        const found = await psp.findOrder!(order);
        const over = time >= START_TIME_MS + 123 + ORDER_DELAY_MS;
        expect(found).toMatchObject({ id, status: over ? end : answer });
        expect(found?.reason?.code).toBe(
          found?.status === 'FAILED'
            ? 'account_blocked'
            : found?.status === 'RETURNED'
              ? 'account_closed'
              : undefined,
        );
        expect(await submitOrder(psp, order)).toEqual(found);
        expect(readPayments(settings.journal!, time)).toMatchObject([{ id, status: found!.status }]);
        for (const row of await collectRecords(psp.transactions())) {
          expect(row).toMatchObject({
            type: 'PAYOUT',
            amount: order.amount,
            // The money of a return moves in the opposite direction.
            sourceAccountId: row.id === id ? 'acc-1' : 'ben-2',
            destinationAccountId: row.id === id ? 'ben-2' : 'acc-1',
            metadata: { 'com.sandbox.spec/reference': 'salary 1' },
          });
          if (row.id === id)
            expect([row.createdAt, row.orderKey]).toEqual(['2026-11-01T00:00:00.000Z', order.idempotencyKey]);
          else expect([row.relatedTransactionId, row.orderKey]).toEqual([id, undefined]);
          seen.add(row.id === id ? row.status : `${row.status} of it`);
        }
        const held = (await psp.balances('acc-1')).amounts.find(({ asset }) => asset === 'EUR/2')!.amount;
        expect(held).toBe(found?.status === 'SUCCEEDED' ? -1234n : 0n);
      }
      expect([...seen]).toEqual(listed);
      expect(readPayments(settings.journal!, Infinity)).toMatchObject([{ status: end }]);
    },
  );

  test('that would change a row after the PSP promised it to be final is rejected', async () => {
    const psp = createPsp(
      createSettings({ ...QUIET_SETTINGS, journal: newJournal(), changesWithin: 5000 }),
      () => START_TIME_MS,
    );
    const order = (after: number) =>
      createOrder(after, { metadata: { 'sandbox/fate': 'fails', 'sandbox/after': String(after) } });
    await expect(submitOrder(psp, order(4001))).rejects.toThrow(
      'changes after 4000 ms at the latest, not after 4001 ms',
    );
    expect(await submitForOutcome(psp, order(4000))).toBe('PENDING');
  });
});

describe('one key', () => {
  test('is one payment, another key is another, and a reference tells how often money left', async () => {
    const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
    const first = await submitOrder(
      createPsp(settings, () => START_TIME_MS),
      createOrder(1),
    );
    expect(
      await submitOrder(
        createPsp(settings, () => START_TIME_MS + 9 * MINUTE_MS),
        createOrder(1),
      ),
    ).toEqual(first);
    expect(
      (
        await submitOrder(
          createPsp(settings, () => START_TIME_MS),
          createOrder(2, { reference: 'salary 1' }),
        )
      ).id,
    ).not.toBe(first.id);
    const made = readPaymentsByReference(settings.journal!, START_TIME_MS);
    expect(made.get('salary 1')!.map(({ key }) => key)).toEqual([createKey(1), createKey(2)]);
    expect(made.size).toBe(1);
  });

  test('of another order is rejected', async () => {
    const psp = createPsp(createSettings({ ...QUIET_SETTINGS, journal: newJournal() }), () => START_TIME_MS);
    await submitOrder(psp, createOrder(1));
    await expect(submitOrder(psp, createOrder(1, { destinationAccountId: 'ben-1' }))).rejects.toMatchObject({
      kind: 'rejected',
      message: 'the sandbox rejects the order: the key was used for another order',
    });
  });

  test('pays once when twenty send it at the same moment', async () => {
    const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
    const senders = Array.from({ length: 20 }, (_, index) =>
      createPsp(settings, () => START_TIME_MS + index),
    );
    const answers = await Promise.all(senders.map((psp) => submitOrder(psp, createOrder(1))));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(readAttempts(settings.journal!)).toHaveLength(1);
  });

  test('that two processes wrote at the same moment is the payment of the first line', async () => {
    const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
    const psp = createPsp(settings, () => START_TIME_MS + MINUTE_MS);
    await submitOrder(psp, createOrder(1));
    const [line] = readFileSync(settings.journal!, 'utf8').split('\n');
    appendFileSync(
      settings.journal!,
      `${JSON.stringify({ ...JSON.parse(line!), fate: 'fails', at: START_TIME_MS })}\n`,
    );
    expect((await psp.findOrder!(createOrder(1)))?.status).toBe('SUCCEEDED');
    expect(await collectRecords(psp.transactions())).toHaveLength(1);
    expect(readPayments(settings.journal!, Infinity)).toHaveLength(1);
  });
});

describe('an order that can never be paid', () => {
  test.each<[string, Partial<Order>]>([
    ['from an account that does not exist', { sourceAccountId: 'acc-9' }],
    ['from a beneficiary', { sourceAccountId: 'ben-1' }],
    ['to a beneficiary that does not exist', { destinationAccountId: 'ben-9' }],
    ['to an account, as a payout', { destinationAccountId: 'acc-2' }],
    ['to a beneficiary, as a transfer', { kind: 'TRANSFER', destinationAccountId: 'ben-1' }],
    ['to itself', { kind: 'TRANSFER', destinationAccountId: 'acc-1' }],
    ['in a currency that no account holds', { amount: { amount: 1n, asset: 'SEK/2' } }],
    ['in a currency that does not exist', { amount: { amount: 1n, asset: 'XQX/2' } }],
    ['in another precision', { amount: { amount: 1n, asset: 'EUR/3' } }],
    ['of nothing', { amount: { amount: 0n, asset: 'EUR/2' } }],
    ['of less than nothing', { amount: { amount: -1n, asset: 'EUR/2' } }],
    ['with an unknown fault', { metadata: { 'sandbox/fault': 'none, explodes' } }],
    ['with an unknown fate', { metadata: { 'sandbox/fate': '' } }],
    ['with a delay that is none', { metadata: { 'sandbox/after': '1s' } }],
  ])('%s is rejected, and leaves no trace', async (_, wrong) => {
    const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
    const psp = createPsp(settings, () => START_TIME_MS);
    expect(await submitForOutcome(psp, createOrder(1, wrong))).toBe('rejected');
    expect(readAttempts(settings.journal!)).toEqual([]);
    expect(await psp.findOrder!(createOrder(1, wrong))).toBeUndefined();
  });

  test('is not one that is large, or a transfer: both accounts change, to the last unit', async () => {
    const psp = createPsp(createSettings({ ...QUIET_SETTINGS, journal: newJournal() }), () => START_TIME_MS);
    const amount = { amount: 10n ** 30n + 1n, asset: 'BHD/3' };
    await submitOrder(psp, createOrder(1, { kind: 'TRANSFER', amount, destinationAccountId: 'acc-3' }));
    const held = async (account: string) =>
      (await psp.balances(account)).amounts.find(({ asset }) => asset === 'BHD/3')!.amount;
    expect(await held('acc-1')).toBe(-amount.amount);
    expect(await held('acc-2')).toBe(0n);
    expect(await held('acc-3')).toBe(amount.amount);
    expect(await collectRecords(psp.transactions())).toMatchObject([{ type: 'TRANSFER', amount }]);
  });
});

describe('the journal', () => {
  test('may end anywhere: what is whole counts, and the next line is whole again', async () => {
    const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
    const psp = () => createPsp(settings, () => START_TIME_MS);
    for (const number of [1, 2, 3]) await submitOrder(psp(), createOrder(number));
    const whole = readFileSync(settings.journal!);
    const second = whole.indexOf('\n', whole.indexOf('\n') + 1);
    for (let length = second + 1; length < whole.length - 1; length += 7) {
      writeFileSync(settings.journal!, whole.subarray(0, length));
      const reader = psp();
      expect(await reader.findOrder!(createOrder(3))).toBeUndefined();
      await submitOrder(psp(), createOrder(4));
      // A process that has read the incomplete line must also read the lines after it.
      expect((await reader.findOrder!(createOrder(4)))?.status).toBe('SUCCEEDED');
      expect(readPayments(settings.journal!, START_TIME_MS).map(({ key }) => key)).toEqual(
        [1, 2, 4].map(createKey),
      );
    }
  });

  test('that was emptied is a PSP that forgot everything', async () => {
    const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
    const psp = createPsp(settings, () => START_TIME_MS);
    await submitOrder(psp, createOrder(1));
    truncateSync(settings.journal!);
    expect(await psp.findOrder!(createOrder(1))).toBeUndefined();
    await submitOrder(psp, createOrder(2));
    expect(await collectRecords(psp.transactions())).toMatchObject([{ orderKey: createKey(2) }]);
  });

  test('that cannot be written stops the order, and names the file', async () => {
    const psp = createPsp(createSettings({ ...QUIET_SETTINGS, journal: directory }), () => START_TIME_MS);
    await expect(submitOrder(psp, createOrder(1))).rejects.toThrow(directory);
  });
});
