/** Adapts the fake to the test suite that every plugin inherits. */
import { createHmac } from 'node:crypto';
import { formatMinorUnits, getCurrencyDecimals, parseMinorUnits, parseMoney } from '@tributary/connector-api';
import type {
  PspFixture,
  PspFixtureOptions,
  RelatedMovementInput,
  TransactionInput,
} from '@tributary/connector-api/testing';
import { AdyenBalancePlatformFake, FAKE_SETTINGS } from '../adyen-balance-platform.fake.js';
import { CURRENCY_DECIMALS } from '../adyen-balance-platform.vocabulary.js';
import { FakeLedger } from './fake-ledger.js';
import type { FakeTransfer } from './fake-ledger.js';

/** Adyen allows 100, which the test of a year uses. Smaller pages are faster here. */
const MAX_PAGE_SIZE = 25;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export async function startAdyenBalancePlatformFixture({
  clock,
  pageSize,
}: PspFixtureOptions): Promise<PspFixture> {
  const ledger = new FakeLedger(clock);
  const [main, second] = [ledger.addAccount(), ledger.addAccount()];
  const payee = ledger.addTransferInstrument();
  const fake = await AdyenBalancePlatformFake.start(ledger);
  const addPayment = (wish: Omit<TransactionInput, 'state'>, state: string, accountId = main) =>
    addTransfer(ledger, wish, state, accountId);
  const addRelated = (type: string, { of, at, ...money }: RelatedMovementInput, isIncoming: boolean) => {
    const units = toUnits(money) * (isIncoming ? 1n : -1n);
    const [pspPaymentReference = ''] = of.split('.');
    const categoryData = {
      ...{ type: 'platformPayment', platformPaymentType: 'BalanceAccount', pspPaymentReference },
      modificationPspReference: `MOD${ledger.nextNumber()}`,
    };
    const { currency } = money;
    const shared = { at, accountId: main, category: 'platformPayment', type, currency, categoryData };
    ledger.book(ledger.addTransfer({ ...shared, units }), at);
  };
  const findTransfer = (id: string) =>
    ledger.transfers.find((one) => id === one.id || id === toServedId(one));
  return {
    settings: { ...fake.settings, pageSize: pageSize === 'one' ? 1 : MAX_PAGE_SIZE },
    maxPageSize: MAX_PAGE_SIZE,
    timings: { maxLatenessMs: HOUR_MS, maxChangeAgeMs: 30 * DAY_MS },
    addTransaction: (wish) => toServedId(addPayment(wish, wish.state)),
    changeStatus: (id) => {
      const found = findTransfer(id);
      if (found) ledger.book(found, clock.now());
    },
    removeTransaction: (id) => {
      const found = findTransfer(id);
      if (found) ledger.removeTransfer(found);
    },
    addMalformedRow: (at) => {
      addPayment({ at, amount: '1', currency: 'EUR', direction: 'in' }, 'final').isBroken = true;
    },
    addAccount: () => ledger.addAccount(),
    addBeneficiary: () => {
      const id = ledger.addTransferInstrument();
      const counterparty = { transferInstrumentId: id };
      const made = { accountId: main, category: 'bank', type: 'bankTransfer', currency: 'EUR', counterparty };
      ledger.addTransfer({ ...made, at: clock.now(), units: -100n, status: 'refused' });
      return id;
    },
    movements: {
      refund: (input) => addRelated('refund', input, false),
      dispute: (input) => addRelated('chargeback', input, false),
      disputeReversal: (input) => addRelated('chargebackReversal', input, true),
      payoutReturn: ({ of, at, ...money }) => {
        const found = findTransfer(of);
        if (found) ledger.addBooking(found, at, 'returned', { [money.currency]: toUnits(money) });
      },
      fee: ({ of, at, ...money }) => {
        const [pspPaymentReference] = of.split('.');
        const categoryData = {
          type: 'platformPayment',
          platformPaymentType: 'PaymentFee',
          pspPaymentReference,
        };
        const { currency } = money;
        const shared = { at, accountId: main, category: 'platformPayment', type: 'capture', currency };
        ledger.book(ledger.addTransfer({ ...shared, units: -toUnits(money), categoryData }), at);
      },
      transfer: ({ at, amount, currency }) => {
        const units = toUnits({ amount, currency });
        ledger.book(ledger.addInternalTransfer({ at, from: main, to: second, units, currency }), at);
      },
      conversion: ({ at, sold, bought }) => {
        const units = -toUnits(sold);
        const shared = { at, accountId: main, category: 'internal', type: 'manualCorrection' };
        const made = ledger.addTransfer({ ...shared, units, currency: sold.currency });
        ledger.addBooking(made, at, 'booked', { [sold.currency]: units, [bought.currency]: toUnits(bought) });
      },
      inAccount: (accountId, input) => addPayment(input, 'final', accountId),
    },
    rowMetadata: ['reference', 'merchant_reference', 'booked_at', 'value_date'],
    http: {
      fake: fake.server,
      listingRequest: { path: '/btl/v4/transfers' },
      createErrorBody: (detail) => ({ type: 'x', title: 'Error', status: 422, detail, errorCode: '29_422' }),
    },
    orders: {
      payout: { sourceAccountId: main, destinationAccountId: payee },
      transfer: { sourceAccountId: main, destinationAccountId: second },
      rejectedOrder: { destinationAccountId: 'SE-unknown' },
      getPayments: () =>
        fake.orders.map(({ key, units, currency }) => ({
          key,
          amount: parseMinorUnits(units, currency, CURRENCY_DECIMALS[currency]),
        })),
      submitRequest: { method: 'POST', path: '/btl/v4/transfers' },
    },
    webhook: {
      rawBody: JSON.stringify({
        type: 'balancePlatform.transfer.updated',
        environment: 'test',
        data: { id: 'TR1' },
      }),
      secret: FAKE_SETTINGS.webhookKeys[0] ?? '',
      sign: (rawBody, secret) => ({ hmacsignature: signWebhook(rawBody, secret) }),
      streams: ['transactions', 'beneficiaries'],
    },
    close: () => fake.close(),
  };
}

export function signWebhook(rawBody: Buffer, key: string): string {
  const bytes = /^[0-9a-f]+$/i.test(key) ? Buffer.from(key, 'hex') : Buffer.from(key);
  return createHmac('sha256', bytes).update(rawBody).digest('base64');
}

/** A payment of a shopper comes in, a payout to a bank goes out. */
function addTransfer(
  ledger: FakeLedger,
  { at, amount, currency, direction }: Omit<TransactionInput, 'state'>,
  state: string,
  accountId: string,
): FakeTransfer {
  const units = toUnits({ amount, currency });
  const shared = { at, accountId, currency };
  const pspPaymentReference = `PSP${ledger.nextNumber()}`;
  const made =
    direction === 'in'
      ? ledger.addTransfer({
          ...{ ...shared, units, category: 'platformPayment', type: 'capture' },
          categoryData: {
            type: 'platformPayment',
            platformPaymentType: 'BalanceAccount',
            pspPaymentReference,
          },
        })
      : ledger.addTransfer({
          ...{ ...shared, units: -units, category: 'bank', type: 'bankTransfer' },
          categoryData: { type: 'bank', priority: 'regular' },
          counterparty: { transferInstrumentId: [...ledger.transferInstruments][0] },
        });
  if (state === 'final') ledger.book(made, at, direction === 'in' ? 'captured' : 'booked');
  return made;
}

/** Returns the id under which the plugin serves a transfer. */
function toServedId({ id, accountId, categoryData }: FakeTransfer): string {
  const { pspPaymentReference } = (categoryData ?? {}) as { pspPaymentReference?: string };
  return pspPaymentReference === undefined ? id : `${pspPaymentReference}.${accountId}`;
}

function toUnits({ amount, currency }: { amount: string; currency: string }): bigint {
  if (getCurrencyDecimals(currency) === undefined) return BigInt(amount.replace('.', ''));
  return BigInt(formatMinorUnits(parseMoney(amount, currency), CURRENCY_DECIMALS[currency]));
}
