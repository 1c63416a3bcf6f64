/** Adapts the fake to the test suite that every plugin inherits. */
import { currencyDigits, money, parseAmount } from '@tributary/connector-api';
import type { PspWorld, TransactionWish, WorldOptions } from '@tributary/connector-api/testing';
import { createHmac } from 'node:crypto';
import { CONFIG, RevolutBusinessFake } from '../revolut-business.fake.js';
import { account, uuid, World } from './world.js';
import { ACCOUNTS } from './year.js';

const DAY = 86_400_000;
const EUR = ACCOUNTS[0]?.id ?? '';
const EUR_2 = ACCOUNTS[1]?.id ?? '';
/** Revolut's own maximum is 1000, which the test of a year uses. Smaller pages are faster here. */
const LARGEST_PAGE = 200;
/** Types of the added transactions. When one moment has more than a thousand transactions, the plugin reads them type by type. */
const TYPES = ['card_payment', 'topup', 'transfer', 'atm', 'rev_payment', 'card_credit'];
const NOBODY = uuid(0xdead, 1);

export async function startRevolutBusinessWorld({ clock, pageSize }: WorldOptions): Promise<PspWorld> {
  const world = new World([...ACCOUNTS], clock);
  const fake = await RevolutBusinessFake.start({ world, clock });
  const payee = addPayee(world, clock.now() - DAY);
  return {
    settings: { ...fake.settings, pageSize: pageSize === 'one' ? 1 : LARGEST_PAGE },
    largestPage: LARGEST_PAGE,
    manners: { changes: 30 * DAY },
    add: (wish) => addTransaction(world, wish),
    change: (id) => {
      const found = world.transactions.find((each) => each.id === id);
      if (found) found.decidedAt = clock.now();
    },
    vanish: (id) => {
      world.transactions.splice(
        world.transactions.findIndex((each) => each.id === id),
        1,
      );
    },
    addBroken: (at) => {
      const id = addTransaction(world, { at, amount: '1', currency: 'EUR', direction: 'in', state: 'final' });
      const found = world.transactions.find((each) => each.id === id);
      if (found) found.isBroken = true;
    },
    addAccount: () => {
      const added = account(100 + world.accounts.length, 'CHF', 2);
      world.accounts.push(added);
      return added.id;
    },
    addBeneficiary: () => addPayee(world, clock.now()),
    http: {
      fake: fake.psp,
      listing: { method: 'GET', path: '/transactions' },
      error: (message) => ({ code: 1000, message }),
    },
    orders: {
      payout: { sourceAccountId: EUR, destinationAccountId: payee },
      transfer: { sourceAccountId: EUR, destinationAccountId: EUR_2 },
      refused: { destinationAccountId: NOBODY },
      paid: () => fake.orders.map(({ key, amount, currency }) => ({ key, amount: money(amount, currency) })),
      // `/pay` and `/transfer`.
      request: { method: 'POST', path: '/{order}' },
    },
    webhook: {
      rawBody: JSON.stringify({
        data: { id: uuid(0x7a, 1), new_state: 'completed', old_state: 'pending' },
        event: 'TransactionStateChanged',
        timestamp: '2026-01-01T00:00:00.000000Z',
      }),
      secret: CONFIG.webhookSecret,
      sign: signWebhook,
      streams: ['transactions', 'accounts'],
    },
    close: () => fake.psp.close(),
  };
}

export function signWebhook(rawBody: Buffer, secret: string, at: number): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`v1.${at}.`).update(rawBody).digest('hex');
  return { 'revolut-request-timestamp': String(at), 'revolut-signature': `v1=${signature}` };
}

function addPayee(world: World, createdAt: number): string {
  const number = world.counterparties.length;
  const [id, accountId] = [uuid(0xcc, number), uuid(0xca, number)];
  const bank = { id: accountId, currency: 'EUR', type: 'external', iban: 'FR1420041010050500013M02606' };
  world.counterparties.push({ id, createdAt, members: { name: `Payee ${number}`, accounts: [bank] } });
  return `${id}.${accountId}`;
}

function addTransaction(world: World, { at, amount, currency, direction, state }: TransactionWish): string {
  const digits = currencyDigits(currency) ?? 2;
  const units = parseAmount(amount, `X/${digits}`);
  const number = world.transactions.length + 1;
  const id = uuid(0x7b, number);
  world.add({
    id,
    type: TYPES[number % TYPES.length] ?? 'atm',
    createdAt: BigInt(at) * 1000n,
    legs: [
      {
        account: { ...account(1, currency, digits) },
        amount: direction === 'out' ? -units : units,
      },
    ],
    decidedAt: state === 'open' ? Infinity : at,
    outcome: 'completed',
    visibleFrom: 0,
  });
  return id;
}
