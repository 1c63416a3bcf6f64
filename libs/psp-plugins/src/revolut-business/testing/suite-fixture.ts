/** Adapts the fake to the common test suite of all plugins. */
import { getCurrencyDecimals, parseMoney, parseAmount } from '@tributary/connector-api';
import type {
  PspFixture,
  PspFixtureOptions,
  RelatedMovementInput,
  TransactionInput,
} from '@tributary/connector-api/testing';
import { createHmac } from 'node:crypto';
import { FAKE_SETTINGS, RevolutBusinessFake } from '../revolut-business.fake.js';
import { createAccount, createUuid, SimulatedRevolut } from './simulated-revolut.js';
import type { SimulatedLeg } from './simulated-revolut.js';
import { SIMULATED_ACCOUNTS } from './simulate-year.js';

const DAY_MS = 86_400_000;
const EUR_ACCOUNT_ID = SIMULATED_ACCOUNTS[0]?.id ?? '';
const SECOND_EUR_ACCOUNT_ID = SIMULATED_ACCOUNTS[1]?.id ?? '';
/** The page size in this suite. Revolut's own maximum is 1000, which the test of a year uses. Smaller pages make this suite faster. */
const MAX_PAGE_SIZE = 200;
/**
 * The types of the added transactions. Several types are needed, because the plugin reads transactions type by type if more than a thousand
 * have the same time.
 */
const TRANSACTION_TYPES = ['card_payment', 'topup', 'transfer', 'atm', 'rev_payment', 'card_credit'];
const USD_ACCOUNT_ID = SIMULATED_ACCOUNTS.find(({ currency }) => currency === 'USD')?.id ?? EUR_ACCOUNT_ID;
const UNKNOWN_ID = createUuid(0xdead, 1);

export async function startRevolutBusinessFixture({
  clock,
  pageSize,
}: PspFixtureOptions): Promise<PspFixture> {
  const world = new SimulatedRevolut([...SIMULATED_ACCOUNTS], clock);
  const fake = await RevolutBusinessFake.start({ world, clock });
  const payee = addPayee(world, clock.now() - DAY_MS);
  return {
    settings: { ...fake.settings, pageSize: pageSize === 'one' ? 1 : MAX_PAGE_SIZE },
    maxPageSize: MAX_PAGE_SIZE,
    timings: { maxChangeAgeMs: 30 * DAY_MS },
    addTransaction: (wish) => addTransaction(world, wish),
    changeStatus: (id) => {
      const found = world.transactions.find((each) => each.id === id);
      if (found) found.decidedAt = clock.now();
    },
    removeTransaction: (id) => {
      world.transactions.splice(
        world.transactions.findIndex((each) => each.id === id),
        1,
      );
    },
    addMalformedRow: (at) => {
      const id = addTransaction(world, { at, amount: '1', currency: 'EUR', direction: 'in', state: 'final' });
      const found = world.transactions.find((each) => each.id === id);
      if (found) found.isBroken = true;
    },
    addAccount: () => {
      const added = createAccount(100 + world.accounts.length, 'CHF', 2);
      world.accounts.push(added);
      return added.id;
    },
    addBeneficiary: () => addPayee(world, clock.now()),
    movements: {
      refund: (input) => addRelated(world, 'topup_return', input, -1n),
      payoutReturn: (input) => addRelated(world, 'card_refund', input, 1n),
      fee: ({ of, amount }) => {
        const leg = world.transactions.find(({ id }) => id === of)?.legs[0];
        if (leg) leg.fee = parseMoney(amount, 'EUR').amount;
      },
      transfer: ({ at, amount }) => {
        const units = parseMoney(amount, 'EUR').amount;
        addLegs(world, 'transfer', at, [toLeg(EUR_ACCOUNT_ID, -units), toLeg(SECOND_EUR_ACCOUNT_ID, units)]);
      },
      conversion: ({ at, sold, bought }) =>
        addLegs(world, 'exchange', at, [
          toLeg(EUR_ACCOUNT_ID, -parseMoney(sold.amount, sold.currency).amount),
          toLeg(USD_ACCOUNT_ID, parseMoney(bought.amount, bought.currency).amount, bought.currency),
        ]),
      inAccount: (accountId, { at, amount, currency }) =>
        addLegs(world, 'topup', at, [toLeg(accountId, parseMoney(amount, currency).amount, currency)]),
    },
    rowMetadata: ['booked_at'],
    http: {
      fake: fake.server,
      listingRequest: { method: 'GET', path: '/transactions' },
      createErrorBody: (message) => ({ code: 1000, message }),
    },
    orders: {
      payout: { sourceAccountId: EUR_ACCOUNT_ID, destinationAccountId: payee },
      transfer: { sourceAccountId: EUR_ACCOUNT_ID, destinationAccountId: SECOND_EUR_ACCOUNT_ID },
      rejectedOrder: { destinationAccountId: UNKNOWN_ID },
      getPayments: () =>
        fake.orders.map(({ key, amount, currency }) => ({ key, amount: parseMoney(amount, currency) })),
      // This pattern matches `/pay` and `/transfer`.
      submitRequest: { method: 'POST', path: '/{order}' },
    },
    webhook: {
      rawBody: JSON.stringify({
        data: { id: createUuid(0x7a, 1), new_state: 'completed', old_state: 'pending' },
        event: 'TransactionStateChanged',
        timestamp: '2026-01-01T00:00:00.000000Z',
      }),
      secret: FAKE_SETTINGS.webhookSecret,
      sign: signWebhook,
      streams: ['transactions', 'accounts'],
    },
    close: () => fake.server.close(),
  };
}

export function signWebhook(rawBody: Buffer, secret: string, at: number): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`v1.${at}.`).update(rawBody).digest('hex');
  return { 'revolut-request-timestamp': String(at), 'revolut-signature': `v1=${signature}` };
}

function addPayee(world: SimulatedRevolut, createdAt: number): string {
  const number = world.counterparties.length;
  const [id, accountId] = [createUuid(0xcc, number), createUuid(0xca, number)];
  const bank = { id: accountId, currency: 'EUR', type: 'external', iban: 'FR1420041010050500013M02606' };
  world.counterparties.push({ id, createdAt, members: { name: `Payee ${number}`, accounts: [bank] } });
  return `${id}.${accountId}`;
}

function addTransaction(
  world: SimulatedRevolut,
  { at, amount, currency, direction, state }: TransactionInput,
): string {
  const digits = getCurrencyDecimals(currency) ?? 2;
  const units = parseAmount(amount, `X/${digits}`);
  const number = world.transactions.length + 1;
  const id = createUuid(0x7b, number);
  world.add({
    id,
    type: TRANSACTION_TYPES[number % TRANSACTION_TYPES.length] ?? 'atm',
    createdAt: BigInt(at) * 1000n,
    legs: [
      {
        account: { ...createAccount(1, currency, digits) },
        amount: direction === 'out' ? -units : units,
      },
    ],
    decidedAt: state === 'open' ? Infinity : at,
    outcome: 'completed',
    visibleFrom: 0,
  });
  return id;
}

function addRelated(
  world: SimulatedRevolut,
  type: string,
  { of, at, amount, currency }: RelatedMovementInput,
  sign: 1n | -1n,
): void {
  const units = sign * parseMoney(amount, currency).amount;
  addLegs(world, type, at, [toLeg(EUR_ACCOUNT_ID, units)], of);
}

function addLegs(
  world: SimulatedRevolut,
  type: string,
  at: number,
  legs: SimulatedLeg[],
  relatedTo?: string,
): void {
  world.add({
    ...{ id: createUuid(0x7b, world.transactions.length + 1), type, createdAt: BigInt(at) * 1000n, legs },
    ...{ decidedAt: at, outcome: 'completed', visibleFrom: 0, ...(relatedTo !== undefined && { relatedTo }) },
  });
}

function toLeg(accountId: string, amount: bigint, currency = 'EUR'): SimulatedLeg {
  return { account: { id: accountId, currency, digits: 2 }, amount };
}
