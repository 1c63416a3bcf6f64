/** Generates a year of balance transactions: every kind of movement, with equal times at every page border. */
import { randomNumbers } from '@tributary/connector-api/testing';
import type { FakeBalance, FakeMollie, FakeRow } from './mollie.fake.js';

const YEAR_BEGINS = Date.UTC(2025, 0, 1);
const YEAR = 365 * 86_400_000;
/** Number of rows that share a time. No page of 10, 50 or 250 rows begins at the border of such a group. */
const GROUP = 5;
const SHIFT = 2;

/** Adds this many rows to a balance. */
export function addYear(fake: FakeMollie, balance: FakeBalance, rows: number): void {
  const random = randomNumbers(rows);
  const payments: string[] = [];
  const settlements: string[] = [];
  for (let index = 0; index < rows; index += 1) {
    const createdAt =
      YEAR_BEGINS + Math.floor((Math.floor((index + SHIFT) / GROUP) * GROUP * YEAR) / rows / 1000) * 1000;
    const number = fake.next();
    const row = rowOf(number, random, payments, settlements);
    balance.journal.add({ id: `baltr_fake${number}`, createdAt, ...row });
  }
}

function rowOf(
  number: number,
  random: () => number,
  payments: string[],
  settlements: string[],
): Omit<FakeRow, 'id' | 'createdAt'> {
  const amount = 100 + Math.floor(random() * 100_000);
  const kind = random();
  const paymentId = payments[Math.floor(random() * payments.length)];
  const transferId = settlements[Math.floor(random() * settlements.length)];
  if (kind < 0.06 && paymentId) return refund(number, paymentId, amount);
  if (kind < 0.08 && paymentId) {
    return {
      type: 'chargeback',
      amount: -amount,
      deductions: { fees: -2500 },
      context: { paymentId, chargebackId: `chb_${number}` },
    };
  }
  if (kind < 0.085 && paymentId) {
    return { type: 'chargeback-reversal', amount, context: { paymentId, chargebackId: `chb_${number}` } };
  }
  if (kind < 0.09 && paymentId) {
    return { type: 'returned-refund', amount, context: { paymentId, refundId: `re_${number}` } };
  }
  if (kind < 0.1) {
    settlements.push(`trf_${number}`);
    return {
      type: 'outgoing-transfer',
      amount: -amount,
      context: { transferId: `trf_${number}`, settlementId: `stl_${number}` },
    };
  }
  if (kind < 0.102 && transferId) {
    return { type: 'returned-transfer', amount, context: { transferId, settlementId: `stl_${number}` } };
  }
  if (kind < 0.11) return { type: 'balance-correction', amount: kind < 0.105 ? -amount : amount };
  if (kind < 0.115) return { type: 'topup', amount };
  if (kind < 0.14)
    return {
      type: 'capture',
      amount,
      context: { paymentId: captured(paymentId, number, kind), captureId: `cpt_${number}` },
    };
  payments.push(`tr_${number}`);
  const context = { paymentId: `tr_${number}`, paymentDescription: `Order ${number}` };
  if (kind < 0.3)
    return {
      type: 'payment',
      amount,
      deductions: { fees: -29, commissions: -9, repayments: -5, reservations: -7 },
      context,
    };
  return { type: 'payment', amount, ...(kind < 0.8 ? { deductions: { fees: -29 } } : {}), context };
}

function refund(number: number, paymentId: string, amount: number): Omit<FakeRow, 'id' | 'createdAt'> {
  return {
    type: 'refund',
    amount: -amount,
    deductions: { fees: -25 },
    context: { paymentId, refundId: `re_${number}` },
  };
}

/** Returns the id of a payment that has a row already, or of one that has none. */
function captured(paymentId: string | undefined, number: number, kind: number): string {
  return paymentId !== undefined && kind < 0.12 ? paymentId : `tr_captured${number}`;
}
