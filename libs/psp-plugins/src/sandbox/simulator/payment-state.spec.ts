import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRejectedRecord, parseAmount, type Cursor, type Transaction } from '@tributary/connector-api';
import { ORDER_FAULTS } from './order-faults.js';
import {
  createJournalPathGenerator,
  createKey,
  createOrder,
  submitForOutcome,
  submitOrder,
  QUIET_SETTINGS,
} from '../testing/order-fixtures.js';
import { readPayments } from '../testing/read-order-journal.js';
import {
  collectRecords,
  MINUTE_MS,
  FAULTY_SETTINGS,
  createPsp,
  createSettings,
  START_TIME_MS,
  sumBalances,
} from '../testing/sandbox-setup.js';

const directory = mkdtempSync(join(tmpdir(), 'sandbox-payments-'));
afterAll(() => rmSync(directory, { recursive: true }));
const newJournal = createJournalPathGenerator(directory);

describe('the listing', () => {
  test.each([true, false])(
    'loses no payment, no change and no return among all that happens by itself (newest first: %s)',
    async (newestFirst) => {
      const settings = createSettings({
        ...FAULTY_SETTINGS,
        oddIds: 0,
        newestFirst,
        transactions: 50,
        journal: newJournal(),
        orderFaults: 0.6,
        orderFates: 0.7,
        orderDelay: 20_000,
      });
      let [time, tick] = [START_TIME_MS, 13];
      const psp = createPsp(settings, () => (time += tick));
      const last = new Map<string, Transaction>();
      let cursor: Cursor | undefined;
      let [number, broken] = [0, 0];
      const list = async (most: number) => {
        let pages = 0;
        for await (const page of psp.transactions(cursor)) {
          const times = page.items.flatMap((item) => (isRejectedRecord(item) ? [] : item.createdAt));
          expect(times).toEqual([...times].sort());
          for (const item of page.items) if (!isRejectedRecord(item)) last.set(item.id, item);
          cursor = page.cursor;
          if (++pages === most) return (broken += 1);
        }
        return 0;
      };
      while (time < START_TIME_MS + 4 * MINUTE_MS) {
        for (let burst = 0; burst < 1 + (number % 3); burst++, number++) {
          const fault = ORDER_FAULTS.filter((word) => word !== 'answers-late')[number % 9]!;
          const transfer = { kind: 'TRANSFER', destinationAccountId: 'acc-2' } as const;
          const order = createOrder(number, {
            ...(number % 4 === 0 && transfer),
            amount: { amount: 100n + BigInt(number), asset: 'USD/2' },
            metadata: { 'sandbox/fault': `${fault}, none` },
          });
          await submitForOutcome(psp, order);
          if (number % 2 === 0) await submitForOutcome(psp, order);
        }
        await list(number % 5 === 0 ? 1 : Infinity);
        time += 3000;
      }
      time += 2 * MINUTE_MS;
      await list(Infinity);

      const made = readPayments(settings.journal!, Infinity);
      expect(made.length).toBeGreaterThan(80);
      expect(broken).toBeGreaterThan(5);
      const listed = [...last.values()].filter(({ orderKey }) => orderKey !== undefined);
      const returns = [...last.values()].filter(({ id }) => id.endsWith('-return'));
      expect(
        listed.map(({ orderKey, status, amount, type }) => [orderKey, status, amount.amount, type]).sort(),
      ).toEqual(
        made
          .map(({ key, status, amount, kind }) => [
            key,
            status === 'RETURNED' ? 'SUCCEEDED' : status,
            amount.amount,
            kind,
          ])
          .sort(),
      );
      const returned = made.filter(({ status }) => status === 'RETURNED');
      expect(returned.length).toBeGreaterThan(5);
      expect(returns.map(({ relatedTransactionId }) => relatedTransactionId).sort()).toEqual(
        returned.map(({ id }) => id).sort(),
      );
      tick = 0;
      const all = await collectRecords(psp.transactions());
      for (const account of ['acc-1', 'acc-2', 'acc-3']) {
        const held = (await psp.balances(account)).amounts.find(({ asset }) => asset === 'USD/2')!.amount;
        expect(held).toBe(sumBalances(all, account).get('USD/2') ?? 0n);
      }
    },
  );

  test('has a payment that was executed, and one that came back, long after the cursor had passed its order', async () => {
    const settings = createSettings({
      ...QUIET_SETTINGS,
      activityPerMinute: 60,
      changesWithin: MINUTE_MS,
      journal: newJournal(),
    });
    let time = START_TIME_MS;
    const psp = createPsp(settings, () => time);
    const after = { 'sandbox/after': String(5 * MINUTE_MS) };
    const late = createOrder(1, { metadata: { 'sandbox/fault': 'executes-later', ...after } });
    const back = createOrder(2, { metadata: { 'sandbox/fate': 'returns', ...after } });
    expect(await submitForOutcome(psp, late)).toBe('unknown-outcome');
    const { id } = await submitOrder(psp, back);
    const seen: string[] = [];
    let cursor: Cursor | undefined;
    for (; time < START_TIME_MS + 8 * MINUTE_MS; time += 20_000) {
      for await (const page of psp.transactions(cursor)) {
        cursor = page.cursor;
        for (const item of page.items) {
          if (isRejectedRecord(item) || !/^PAY/i.test(item.id)) continue;
          seen.push(
            `${item.relatedTransactionId ?? item.orderKey} ${item.status} ${item.createdAt.slice(14, 19)}`,
          );
        }
      }
    }
    const expected = [
      `${createKey(2)} SUCCEEDED 00:00`,
      `${createKey(1)} SUCCEEDED 05:00`,
      `${id} REFUNDED 05:00`,
    ];
    expect([...new Set(seen)]).toEqual(expected);
  });

  test('of a PSP that does not repeat keys has the payment under the id of the answer only', async () => {
    const psp = createPsp(
      createSettings({ ...QUIET_SETTINGS, oddIds: 1, journal: newJournal(), repeatsKeys: false }),
      () => START_TIME_MS,
    );
    const [source] = await collectRecords(psp.accounts());
    const [payee] = await collectRecords(psp.beneficiaries());
    const order = createOrder(1, { sourceAccountId: source!.id, destinationAccountId: payee!.id });
    const { id } = await submitOrder(psp, order);
    expect(id).toBe(`PAY/é ${order.idempotencyKey}`);
    const rows = await collectRecords(psp.transactions());
    expect(rows).toMatchObject([{ id, status: 'SUCCEEDED' }]);
    expect(rows[0]!.orderKey).toBeUndefined();
    expect(rows[0]!.amount.amount).toBe(parseAmount('12.34', 'EUR/2'));
  });

  test('costs no more than a moment with ten thousand payments', async () => {
    const settings = createSettings({ ...QUIET_SETTINGS, journal: newJournal() });
    let time = START_TIME_MS;
    const psp = createPsp(settings, () => time);
    await submitOrder(psp, createOrder(0));
    const line = JSON.parse(readFileSync(settings.journal!, 'utf8')) as object;
    const lines = Array.from({ length: 10_000 }, (_, number) =>
      JSON.stringify({
        ...line,
        at: START_TIME_MS + number * 100,
        key: createKey(number + 1),
        id: `pay_${number}`,
      }),
    );
    appendFileSync(settings.journal!, `${lines.join('\n')}\n`);
    time += 60 * MINUTE_MS;
    const begun = performance.now();
    const rows = await collectRecords(psp.transactions());
    const milliseconds = Math.round(performance.now() - begun);
    console.log(`sandbox: 10 000 payments listed in ${milliseconds} ms`);
    expect(rows).toHaveLength(10_001);
    expect(milliseconds).toBeLessThan(10_000);
  });
});
