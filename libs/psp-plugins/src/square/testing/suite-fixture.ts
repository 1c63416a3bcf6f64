/** Adapts the fake to the common test suite of all plugins. */
import { createHmac } from 'node:crypto';
import { getCurrencyDecimals, parseAmount, parseMoney } from '@tributary/connector-api';
import type {
  PspFixture,
  PspFixtureOptions,
  RelatedMovementInput,
  TransactionInput,
} from '@tributary/connector-api/testing';
import { FAKE_SETTINGS, formatTime, SquareFake, toFakeMoney } from '../square.fake.js';
import type { FakeMoney } from '../square.fake.js';

const HOUR_MS = 3_600_000;
const MAX_PAGE_SIZE = 100;

export async function startSquareFixture(options: PspFixtureOptions): Promise<PspFixture> {
  return createSquareFixture(await startFakeWithLocation(options));
}

export async function startFakeWithLocation({ clock, pageSize }: PspFixtureOptions): Promise<SquareFake> {
  const fake = await SquareFake.start({ clock });
  fake.addLocation();
  if (pageSize === 'one') fake.maxRowsPerPage = 1;
  return fake;
}

export function createSquareFixture(fake: SquareFake): PspFixture {
  return {
    settings: { ...fake.settings, rereadEveryHours: 1 },
    maxPageSize: MAX_PAGE_SIZE,
    timings: { maxLatenessMs: HOUR_MS, maxChangeAgeMs: 14 * 24 * HOUR_MS, detectionDelayMs: HOUR_MS },
    addTransaction: (input) => addTransaction(fake, input),
    changeStatus: (id) => fake.change(id, { status: id.startsWith('po') ? 'PAID' : 'COMPLETED' }),
    removeTransaction: (id) => {
      for (const list of [fake.payments, fake.payouts]) {
        const index = list.findIndex((each) => each.id === id);
        if (index >= 0) list.splice(index, 1);
      }
    },
    addMalformedRow: (at) => {
      const money = { amount: 'a lot', currency: 'EUR' };
      const { id } = fake.addPayment(at, toMoney({ amount: '1.00', currency: 'EUR' }), {
        total_money: money,
      });
      fake.brokenIds.add(id);
    },
    addAccount: () => fake.addLocation().id,
    addBeneficiary: () => fake.addBankAccount().id,
    movements: {
      refund: ({ of, at, ...money }) => fake.addRefund(at, toMoney(money), { payment_id: of }),
      fee: (input) => addFee(fake, input),
      partFee: {
        add: (input) => addFee(fake, input),
        remove: (of) => fake.change(of, { processing_fee: [] }),
      },
      dispute: ({ of, at, ...money }) => fake.addDispute(at, toMoney(money), of),
      disputeReversal: ({ of }) => {
        const found = fake.disputes.find(
          (each) => Reflect.get(each['disputed_payment'] as object, 'payment_id') === of,
        );
        fake.change(found?.id ?? '', { state: 'WON' });
      },
      payoutReturn: ({ of }: RelatedMovementInput) => fake.change(of, { status: 'FAILED' }),
      inAccount: (location_id, { at, ...money }) => fake.addPayment(at, toMoney(money), { location_id }),
    },
    rowMetadata: ['reference'],
    http: {
      fake: fake.server,
      listingRequest: { method: 'GET', path: '/v2/payments' },
      createErrorBody: (detail) => ({
        errors: [{ category: 'INVALID_REQUEST_ERROR', code: 'BAD_REQUEST', detail }],
      }),
    },
    webhook: {
      rawBody: JSON.stringify({
        ...{ merchant_id: 'M1', type: 'payment.updated', event_id: 'event-1' },
        ...{ created_at: '2026-01-01T00:00:00Z', data: { type: 'payment', id: 'pay1' } },
      }),
      secret: FAKE_SETTINGS.webhookSignatureKeys[0] ?? '',
      sign: (rawBody, secret) => signWebhook(rawBody, secret),
      streams: ['transactions'],
    },
    close: () => fake.server.close(),
  };
}

export function signWebhook(rawBody: Buffer, secret: string): Record<string, string> {
  const signature = createHmac('sha256', secret)
    .update(FAKE_SETTINGS.webhookUrl)
    .update(rawBody)
    .digest('base64');
  return { 'x-square-hmacsha256-signature': signature };
}

function addFee(fake: SquareFake, { of, at, ...money }: RelatedMovementInput): void {
  const fee = { amount_money: toMoney(money), effective_at: formatTime(at), type: 'INITIAL' };
  fake.change(of, { processing_fee: [fee] });
}

function addTransaction(fake: SquareFake, { at, direction, state, ...money }: TransactionInput): string {
  const isOpen = state === 'open';
  const { id } =
    direction === 'in'
      ? fake.addPayment(at, toMoney(money), { status: isOpen ? 'PENDING' : 'COMPLETED' })
      : fake.addPayout(at, toMoney(money), { status: isOpen ? 'SENT' : 'PAID' });
  if (getCurrencyDecimals(money.currency) === undefined) fake.brokenIds.add(id);
  return id;
}

function toMoney({ amount, currency }: { amount: string; currency: string }): FakeMoney {
  const isKnown = getCurrencyDecimals(currency) !== undefined;
  return toFakeMoney(isKnown ? parseMoney(amount, currency).amount : parseAmount(amount, 'X/2'), currency);
}
