/** Generates a year of mixed transfers: payments with fees, refunds and disputes, payouts that return, transfers, conversions, cards. */
import type { FakeLedger, FakeTransfer, NewTransfer } from './fake-ledger.js';

const DAY_MS = 86_400_000;
/** Number of transfers that share a time. It is a prime number, so that page borders fall between such transfers. */
const TIE_GROUP_SIZE = 7;

/** The day of the last transfer. What follows a transfer is up to six days later, so everything is before the end of the year. */
const LAST_DAY = 358;

export interface YearOptions {
  accounts: readonly string[];
  size: number;
  /** End of the year in milliseconds since 1970. */
  end: number;
  random: () => number;
}

/** Adds the year. @returns payouts of its first half, which are booked and did not return */
export function simulateYear(
  ledger: FakeLedger,
  { accounts, size, end, random }: YearOptions,
): FakeTransfer[] {
  const payouts: FakeTransfer[] = [];
  const start = end - 365 * DAY_MS;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  for (let number = 0; number < size; number += 1) {
    const group = Math.floor(number / TIE_GROUP_SIZE) * TIE_GROUP_SIZE;
    const at = Math.floor((start + (group / size) * LAST_DAY * DAY_MS) / 1000) * 1000;
    const accountId = pick(accounts);
    const currency = ledger.accounts.find(({ id }) => id === accountId)?.defaultCurrencyCode ?? 'EUR';
    const units = BigInt(1 + Math.floor(random() * 5_000)) * 200n;
    const made = addMovement(ledger, { at, accountId, currency, units }, accounts, random);
    const isFirstHalf = number < size / 2;
    if (isFirstHalf && made.type === 'bankTransfer' && made.status === 'booked') payouts.push(made);
  }
  return payouts;
}

function addMovement(
  ledger: FakeLedger,
  { units, ...shared }: Pick<NewTransfer, 'at' | 'accountId' | 'currency' | 'units'>,
  accounts: readonly string[],
  random: () => number,
): FakeTransfer {
  const [draw, { at, currency, accountId }] = [random(), shared];
  const later = at + Math.floor(random() * 5 * DAY_MS);
  if (draw < 0.5) {
    const pspPaymentReference = `PSP${ledger.nextNumber()}`;
    const split = (platformPaymentType: string) => ({
      category: 'platformPayment',
      categoryData: { type: 'platformPayment', platformPaymentType, pspPaymentReference },
    });
    const payment = ledger.addTransfer({ ...shared, ...split('BalanceAccount'), type: 'capture', units });
    ledger.book(payment, at, 'captured');
    if (draw < 0.2)
      ledger.book(
        ledger.addTransfer({ ...shared, ...split('PaymentFee'), type: 'capture', units: -100n }),
        at,
      );
    const type = draw < 0.08 ? 'refund' : draw < 0.1 ? 'chargeback' : undefined;
    if (type === undefined) return payment;
    const reduction = ledger.addTransfer({
      ...shared,
      ...split('BalanceAccount'),
      at: later,
      type,
      units: -units,
    });
    ledger.book(reduction, later, type === 'refund' ? 'refunded' : 'chargeback');
    if (draw >= 0.09) {
      const won = {
        ...shared,
        ...split('BalanceAccount'),
        at: later + DAY_MS,
        type: 'chargebackReversal',
        units,
      };
      ledger.book(ledger.addTransfer(won), later + DAY_MS, 'chargebackReversed');
    }
    return payment;
  }
  if (draw < 0.75) {
    const counterparty = { transferInstrumentId: 'SE1' };
    const payout = ledger.addTransfer({
      ...shared,
      category: 'bank',
      type: 'bankTransfer',
      units: -units,
      counterparty,
    });
    if (draw < 0.7) ledger.book(payout, later);
    else payout.status = draw < 0.72 ? 'refused' : 'authorised';
    if (draw < 0.53) ledger.addBooking(payout, later + DAY_MS, 'returned', { [currency]: units });
    return payout;
  }
  if (draw < 0.85) {
    const to = accounts.find((id) => id !== accountId) ?? accountId;
    const transfer = ledger.addInternalTransfer({ at, from: accountId, to, units, currency });
    ledger.book(transfer, at);
    return transfer;
  }
  if (draw < 0.95) {
    const card = ledger.addTransfer({ ...shared, category: 'issuedCard', type: 'payment', units: -units });
    ledger.addBooking(card, later, 'captured', { [currency]: -units / 2n });
    ledger.addBooking(card, later + 1000, 'captured', { [currency]: -units / 2n });
    if (draw < 0.87) ledger.addBooking(card, later + DAY_MS, 'refunded', { [currency]: units / 2n });
    return card;
  }
  const type = draw < 0.97 ? 'fee' : draw < 0.99 ? 'balanceAdjustment' : 'grant';
  const other = ledger.addTransfer({
    ...shared,
    category: 'internal',
    type,
    units: draw < 0.98 ? -units : units,
  });
  if (draw < 0.96) ledger.addBooking(other, at, 'booked', { [currency]: -units, CHF: units });
  else ledger.book(other, at);
  return other;
}
