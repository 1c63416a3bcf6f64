/** Generates a year of transactions of every kind, with equal times, late transactions and pending transactions. */
import { createSeededRandom } from '@tributary/connector-api/testing';
import type { FakeTransaction, PaypalFake } from '../paypal.fake.js';

const YEAR_MS = 365 * 86_400_000;
/** The number of transactions that have the same time. */
const TIE_GROUP_SIZE = 3;
const CURRENCIES = ['EUR', 'USD', 'JPY'];

/** Adds this many transactions, the last one at `end`. */
export function addYearOfTransactions(fake: PaypalFake, count: number, end: number): void {
  const random = createSeededRandom(count);
  const payments: FakeTransaction[] = [];
  const payouts: FakeTransaction[] = [];
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  for (let index = 0; index < count; index += 1) {
    const group = Math.floor(index / TIE_GROUP_SIZE) * TIE_GROUP_SIZE;
    const at = Math.floor((end - YEAR_MS + (group * YEAR_MS) / count) / 1000) * 1000;
    const currency = pick(CURRENCIES) ?? 'EUR';
    const [draw, units] = [random(), 100 + Math.floor(random() * 50_000)];
    const format = (value: number) => (currency === 'JPY' ? String(value) : (value / 100).toFixed(2));
    const about = { at, currency };
    const [payment, payout] = [pick(payments), pick(payouts)];
    if (draw < 0.08 && payment) {
      const code = pick(['T1107', 'T1106', 'T1201']) ?? 'T1107';
      fake.add({
        ...about,
        code,
        currency: payment.currency,
        amount: `-${payment.amount}`,
        fee: '1',
        reference: payment.id,
      });
    } else if (draw < 0.1 && payment) {
      fake.add({
        ...about,
        code: 'T1202',
        currency: payment.currency,
        amount: payment.amount,
        reference: payment.id,
      });
    } else if (draw < 0.13 && payout) {
      fake.add({
        ...about,
        code: 'T1115',
        currency: payout.currency,
        amount: payout.amount.slice(1),
        reference: payout.id,
      });
    } else if (draw < 0.25) {
      const code = pick(['T0001', 'T0400', 'T1700']) ?? 'T0400';
      fake.add({ ...about, code, amount: `-${format(units)}` });
      payouts.push(fake.transactions.at(-1)!);
    } else if (draw < 0.3) {
      const reference = fake.createTransactionId();
      fake.add({ ...about, code: 'T0200', amount: `-${format(units)}`, reference });
      fake.add({ at, currency: 'GBP', code: 'T0200', amount: '1.00', reference });
    } else if (draw < 0.4) {
      const code =
        pick(['T2103', 'T1110', 'T0101', 'T1200', 'T1400', 'T2301', 'T0800', 'T2000', 'T9700']) ?? 'T1200';
      fake.add({ ...about, code, amount: `${random() < 0.5 ? '-' : ''}${format(units)}` });
    } else {
      const status = random() < 0.02 ? 'D' : random() < 0.03 ? 'V' : 'S';
      const fee = `-${format(Math.ceil(units * 0.03))}`;
      fake.add({ ...about, code: 'T0006', amount: format(units), fee, status });
      if (status !== 'D' && payments.length < 5_000) payments.push(fake.transactions.at(-1)!);
    }
  }
}
