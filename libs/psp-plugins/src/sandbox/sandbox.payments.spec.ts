import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRefusal, parseAmount, type Cursor, type Transaction } from '@tributary/connector-api';
import { FAULTS } from './sandbox.faults.js';
import { journalsIn, keyOf, orderOf, outcomeOf, pay, QUIET } from './testing/orders.js';
import { readPayments } from './testing/payments.js';
import { drainRecords, MINUTE, NASTY, pspOf, settingsOf, START, sumUp } from './testing/trial.js';

const directory = mkdtempSync(join(tmpdir(), 'sandbox-payments-'));
afterAll(() => rmSync(directory, { recursive: true }));
const newJournal = journalsIn(directory);

describe('the listing', () => {
  test.each([true, false])(
    'loses no payment, no change and no return among all that happens by itself (newest first: %s)',
    async (newestFirst) => {
      const settings = settingsOf({
        ...NASTY,
        oddIds: 0,
        newestFirst,
        transactions: 50,
        journal: newJournal(),
        orderFaults: 0.6,
        orderFates: 0.7,
        orderDelay: 20_000,
      });
      let [time, tick] = [START, 13];
      const psp = pspOf(settings, () => (time += tick));
      const last = new Map<string, Transaction>();
      let cursor: Cursor | undefined;
      let [number, broken] = [0, 0];
      const list = async (most: number) => {
        let pages = 0;
        for await (const page of psp.transactions(cursor)) {
          const times = page.items.flatMap((item) => (isRefusal(item) ? [] : item.createdAt));
          expect(times).toEqual([...times].sort());
          for (const item of page.items) if (!isRefusal(item)) last.set(item.id, item);
          cursor = page.cursor;
          if (++pages === most) return (broken += 1);
        }
        return 0;
      };
      while (time < START + 4 * MINUTE) {
        for (let burst = 0; burst < 1 + (number % 3); burst++, number++) {
          const fault = FAULTS.filter((word) => word !== 'answers-late')[number % 9]!;
          const transfer = { kind: 'TRANSFER', destinationAccountId: 'acc-2' } as const;
          const order = orderOf(number, {
            ...(number % 4 === 0 && transfer),
            amount: { amount: 100n + BigInt(number), asset: 'USD/2' },
            metadata: { 'sandbox/fault': `${fault}, none` },
          });
          await outcomeOf(psp, order);
          if (number % 2 === 0) await outcomeOf(psp, order);
        }
        await list(number % 5 === 0 ? 1 : Infinity);
        time += 3000;
      }
      time += 2 * MINUTE;
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
      const all = await drainRecords(psp.transactions());
      for (const account of ['acc-1', 'acc-2', 'acc-3']) {
        const held = (await psp.balances(account)).amounts.find(({ asset }) => asset === 'USD/2')!.amount;
        expect(held).toBe(sumUp(all, account).get('USD/2') ?? 0n);
      }
    },
  );

  test('has a payment that was executed, and one that came back, long after the cursor had passed its order', async () => {
    const settings = settingsOf({
      ...QUIET,
      activityPerMinute: 60,
      changesWithin: MINUTE,
      journal: newJournal(),
    });
    let time = START;
    const psp = pspOf(settings, () => time);
    const after = { 'sandbox/after': String(5 * MINUTE) };
    const late = orderOf(1, { metadata: { 'sandbox/fault': 'executes-later', ...after } });
    const back = orderOf(2, { metadata: { 'sandbox/fate': 'returns', ...after } });
    expect(await outcomeOf(psp, late)).toBe('unknown-outcome');
    const { id } = await pay(psp, back);
    const seen: string[] = [];
    let cursor: Cursor | undefined;
    for (; time < START + 8 * MINUTE; time += 20_000) {
      for await (const page of psp.transactions(cursor)) {
        cursor = page.cursor;
        for (const item of page.items) {
          if (isRefusal(item) || !/^PAY/i.test(item.id)) continue;
          seen.push(
            `${item.relatedTransactionId ?? item.orderKey} ${item.status} ${item.createdAt.slice(14, 19)}`,
          );
        }
      }
    }
    const expected = [`${keyOf(2)} SUCCEEDED 00:00`, `${keyOf(1)} SUCCEEDED 05:00`, `${id} REFUNDED 05:00`];
    expect([...new Set(seen)]).toEqual(expected);
  });

  test('of a PSP that does not repeat keys has the payment under the id of the answer only', async () => {
    const psp = pspOf(
      settingsOf({ ...QUIET, oddIds: 1, journal: newJournal(), repeatsKeys: false }),
      () => START,
    );
    const [source] = await drainRecords(psp.accounts());
    const [payee] = await drainRecords(psp.beneficiaries());
    const order = orderOf(1, { sourceAccountId: source!.id, destinationAccountId: payee!.id });
    const { id } = await pay(psp, order);
    expect(id).toBe(`PAY/é ${order.key}`);
    const rows = await drainRecords(psp.transactions());
    expect(rows).toMatchObject([{ id, status: 'SUCCEEDED' }]);
    expect(rows[0]!.orderKey).toBeUndefined();
    expect(rows[0]!.amount.amount).toBe(parseAmount('12.34', 'EUR/2'));
  });

  test('costs no more than a moment with ten thousand payments', async () => {
    const settings = settingsOf({ ...QUIET, journal: newJournal() });
    let time = START;
    const psp = pspOf(settings, () => time);
    await pay(psp, orderOf(0));
    const line = JSON.parse(readFileSync(settings.journal!, 'utf8')) as object;
    const lines = Array.from({ length: 10_000 }, (_, number) =>
      JSON.stringify({ ...line, at: START + number * 100, key: keyOf(number + 1), id: `pay_${number}` }),
    );
    appendFileSync(settings.journal!, `${lines.join('\n')}\n`);
    time += 60 * MINUTE;
    const begun = performance.now();
    const rows = await drainRecords(psp.transactions());
    const milliseconds = Math.round(performance.now() - begun);
    console.log(`sandbox: 10 000 payments listed in ${milliseconds} ms`);
    expect(rows).toHaveLength(10_001);
    expect(milliseconds).toBeLessThan(10_000);
  });
});
