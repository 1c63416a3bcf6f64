/** Adapts the fake to the test suite that every plugin inherits. */
import { parseMoney } from '@tributary/connector-api';
import type {
  PspFixture,
  PspFixtureOptions,
  RelatedMovementInput,
  TransactionInput,
} from '@tributary/connector-api/testing';
import { SigningCertificates } from '@tributary/connector-api/http';
import { FAKE_ACCOUNT_ID, FAKE_PAYEE, FAKE_SETTINGS, FAKE_TRUSTED_ROOT, PaypalFake } from '../paypal.fake.js';
import { createCertificateOptions } from '../paypal.webhooks.js';

const HOUR_MS = 3_600_000;
const MAX_PAGE_SIZE = 500;
/** A time before every transaction that the suite adds. */
const MAX_HISTORY_DAYS = 60;
const PAYER = {
  account_id: 'G83JXTJ5EHCQ2',
  email_address: 'payer@example.com',
  payer_name: { given_name: 'Grace', surname: 'Hopper', alternate_full_name: 'Grace Hopper' },
  country_code: 'US',
};

export async function startPaypalFixture({ clock, pageSize }: PspFixtureOptions): Promise<PspFixture> {
  const fake = await PaypalFake.start(() => clock.now());
  if (pageSize === 'one') fake.maxPageSize = 1;
  return {
    // With this start, the first listing of each check reads only a few windows.
    settings: { ...fake.settings, since: formatDay(clock.now() - MAX_HISTORY_DAYS * 24 * HOUR_MS) },
    providers: [
      {
        provide: SigningCertificates,
        useFactory: () =>
          new SigningCertificates({
            ...createCertificateOptions(fake.settings),
            ...{ trustedRoots: FAKE_TRUSTED_ROOT, clock },
          }),
      },
    ],
    maxPageSize: MAX_PAGE_SIZE,
    timings: { maxLatenessMs: 3 * HOUR_MS, maxChangeAgeMs: 30 * 24 * HOUR_MS },
    addTransaction: (input) => addTransaction(fake, input),
    changeStatus: (id) => {
      const found = fake.find(id);
      if (found) found.status = 'S';
    },
    removeTransaction: (id) => {
      fake.transactions.splice(
        fake.transactions.findIndex((one) => one.id === id),
        1,
      );
    },
    addMalformedRow: (at) =>
      fake.add({ at, code: 'T0006', amount: '1.00', currency: 'EUR', isMalformed: true }),
    // The account to which the app belongs. PayPal has no other account in the API.
    addAccount: () => FAKE_ACCOUNT_ID,
    addBeneficiary: () => addPaidAccount(fake, clock.now()),
    movements: {
      refund: (input) => addRelated(fake, 'T1107', input, '-'),
      dispute: (input) => addRelated(fake, 'T1201', input, '-'),
      disputeReversal: (input) => addRelated(fake, 'T1202', input, ''),
      payoutReturn: (input) => addRelated(fake, 'T1115', input, ''),
      fee: ({ of, amount }) => {
        const found = fake.find(of);
        if (found) found.fee = `-${amount}`;
      },
      conversion: ({ at, sold, bought }) => {
        const reference = fake.createTransactionId();
        const legs = [
          { ...sold, amount: `-${sold.amount}` },
          { ...bought, amount: bought.amount },
        ];
        for (const leg of legs) fake.add({ at, code: 'T0200', ...leg, reference });
      },
    },
    rowMetadata: ['reference', 'merchant_reference', 'counterparty_name', 'counterparty_account'],
    http: {
      fake: fake.server,
      listingRequest: { path: '/v1/reporting/transactions' },
      createErrorBody: (message) => ({ name: 'INVALID_REQUEST', message, details: [] }),
    },
    orders: {
      payout: { sourceAccountId: FAKE_ACCOUNT_ID, destinationAccountId: FAKE_PAYEE.receiver },
      rejectedOrder: { destinationAccountId: 'nobody@example.com' },
      getPayments: () =>
        fake.batches.map(({ key, amount, currency }) => ({ key, amount: parseMoney(amount, currency) })),
      submitRequest: { method: 'POST', path: '/v1/payments/payouts' },
    },
    webhook: {
      rawBody: JSON.stringify({
        ...{ id: 'WH-2WR32451HC0233532-67976317FL4543714', event_version: '1.0', resource_type: 'capture' },
        ...{ event_type: 'PAYMENT.CAPTURE.COMPLETED', resource: { id: '2GG279541U471931P' } },
      }),
      secret: FAKE_SETTINGS.webhookId,
      sign: (rawBody, webhookId, at) => fake.signWebhook(rawBody, webhookId, at),
      streams: ['transactions', 'accounts'],
    },
    close: () => fake.server.close(),
  };
}

function formatDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function addTransaction(fake: PaypalFake, input: TransactionInput): string {
  const { at, amount, currency, direction, state } = input;
  return fake.add({
    ...{ at, currency, amount: direction === 'in' ? amount : `-${amount}` },
    code: direction === 'in' ? 'T0006' : 'T0400',
    status: state === 'open' ? 'P' : 'S',
    info: {
      ...{ paypal_account_id: PAYER.account_id, invoice_id: `invoice ${fake.transactions.length + 1}` },
      transaction_subject: 'A purchase',
    },
    payer: PAYER,
  });
}

function addRelated(
  fake: PaypalFake,
  code: string,
  { of, at, amount, currency }: RelatedMovementInput,
  sign: '-' | '',
): void {
  fake.add({ at, code, currency, amount: sign + amount, reference: of });
}

/**
 * Adds a payout to an account.
 * @returns the id of the account
 */
function addPaidAccount(fake: PaypalFake, now: number): string {
  const id = `G83JXTJ5EHC${(fake.transactions.length + 22).toString(10).replaceAll(/[01]/g, 'Q')}`.slice(
    0,
    13,
  );
  const at = Math.floor(now / 1000) * 1000 - 1000;
  fake.add({
    ...{ at, code: 'T0001', amount: '-7.00', currency: 'EUR', info: { paypal_account_id: id } },
    payer: { email_address: 'payee@example.com', payer_name: { alternate_full_name: `Payee ${id}` } },
  });
  return id;
}
