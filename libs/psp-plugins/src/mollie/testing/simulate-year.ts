/** Generates a year of balance transactions. It contains every kind of movement, and rows with equal times at every page border. */
import { createSeededRandom } from '@tributary/connector-api/testing';
import type { FakeBalance, FakeMollie, FakeBalanceTransaction } from '../mollie.fake.js';

const YEAR_START_MS = Date.UTC(2025, 0, 1);
const YEAR_MS = 365 * 86_400_000;
/**
 * The number of rows that have the same time. This number is chosen so that no page of 10, 50 or 250 rows begins at the first row of a group.
 */
const TIE_GROUP_SIZE = 5;
const TIE_GROUP_OFFSET = 2;

/** Adds the given number of rows to a balance. */
export function simulateYear(fake: FakeMollie, balance: FakeBalance, rows: number): void {
  const random = createSeededRandom(rows);
  const payments: string[] = [];
  const settlements: string[] = [];
  for (let index = 0; index < rows; index += 1) {
    const createdAt =
      YEAR_START_MS +
      Math.floor(
        (Math.floor((index + TIE_GROUP_OFFSET) / TIE_GROUP_SIZE) * TIE_GROUP_SIZE * YEAR_MS) / rows / 1000,
      ) *
        1000;
    const number = fake.nextNumber();
    const row = createTransaction(number, random, payments, settlements);
    balance.journal.append({ id: `baltr_fake${number}`, createdAt, ...row });
  }
}

function createTransaction(
  number: number,
  random: () => number,
  payments: string[],
  settlements: string[],
): Omit<FakeBalanceTransaction, 'id' | 'createdAt'> {
  const amount = 100 + Math.floor(random() * 100_000);
  const draw = random();
  const paymentId = payments[Math.floor(random() * payments.length)];
  const transferId = settlements[Math.floor(random() * settlements.length)];
  if (draw < 0.06 && paymentId) return createRefund(number, paymentId, amount);
  if (draw < 0.08 && paymentId) {
    return {
      type: 'chargeback',
      amount: -amount,
      deductions: { fees: -2500 },
      context: { paymentId, chargebackId: `chb_${number}` },
    };
  }
  if (draw < 0.085 && paymentId) {
    return { type: 'chargeback-reversal', amount, context: { paymentId, chargebackId: `chb_${number}` } };
  }
  if (draw < 0.09 && paymentId) {
    return { type: 'returned-refund', amount, context: { paymentId, refundId: `re_${number}` } };
  }
  if (draw < 0.1) {
    settlements.push(`trf_${number}`);
    return {
      type: 'outgoing-transfer',
      amount: -amount,
      context: { transferId: `trf_${number}`, settlementId: `stl_${number}` },
    };
  }
  if (draw < 0.102 && transferId) {
    return { type: 'returned-transfer', amount, context: { transferId, settlementId: `stl_${number}` } };
  }
  if (draw < 0.11) return { type: 'balance-correction', amount: draw < 0.105 ? -amount : amount };
  if (draw < 0.115) return { type: 'topup', amount };
  if (draw < 0.14)
    return {
      type: 'capture',
      amount,
      context: { paymentId: pickCapturedPaymentId(paymentId, number, draw), captureId: `cpt_${number}` },
    };
  payments.push(`tr_${number}`);
  const context = { paymentId: `tr_${number}`, paymentDescription: `Order ${number}` };
  if (draw < 0.3)
    return {
      type: 'payment',
      amount,
      deductions: { fees: -29, commissions: -9, repayments: -5, reservations: -7 },
      context,
    };
  return { type: 'payment', amount, ...(draw < 0.8 ? { deductions: { fees: -29 } } : {}), context };
}

function createRefund(
  number: number,
  paymentId: string,
  amount: number,
): Omit<FakeBalanceTransaction, 'id' | 'createdAt'> {
  return {
    type: 'refund',
    amount: -amount,
    deductions: { fees: -25 },
    context: { paymentId, refundId: `re_${number}` },
  };
}

/** Returns the id of a payment. Depending on `kind`, it already has a row or has none yet. */
function pickCapturedPaymentId(paymentId: string | undefined, number: number, kind: number): string {
  return paymentId !== undefined && kind < 0.12 ? paymentId : `tr_captured${number}`;
}
