/** Starts the fake with a short history, for `npm run demo -- square`. */
import { startFixtureDemo, type Demo } from '@tributary/connector-api/testing';
import { FAKE_SETTINGS, toFakeMoney, type SquareFake } from '../square.fake.js';
import { createSquareFixture, startFakeWithLocation } from './suite-fixture.js';

const DAY_MS = 86_400_000;
const eur = (units: bigint) => toFakeMoney(units, 'EUR');

export function startDemo(): Promise<Demo> {
  return startFixtureDemo({
    createFixture: async (options) => {
      const fake = await startFakeWithLocation(options);
      addSettlement(fake, options.clock.now() - 2 * DAY_MS);
      return createSquareFixture(fake);
    },
    settings: FAKE_SETTINGS,
  });
}

/** Adds objects that only Square has: a payment in cash, a failed payment, and a payout with entries. */
function addSettlement(fake: SquareFake, at: number): void {
  fake.addPayment(at, eur(1_234n), { source_type: 'CASH' });
  fake.addPayment(at, eur(4_321n), { status: 'FAILED' });
  const payment = fake.addPayment(at, eur(10_000n));
  const payout = fake.addPayout(at + DAY_MS, eur(9_790n), { type: 'BATCH' });
  const details = { payment_id: payment.id };
  fake.addEntry(payout.id, 'CHARGE', at, { gross: eur(10_000n), net: eur(10_000n) }, details);
  fake.addEntry(payout.id, 'TAX_ON_FEE', at, { gross: eur(-60n), net: eur(-60n) }, details);
  fake.addEntry(payout.id, 'SUBSCRIPTION_FEE', at, { gross: eur(-150n), net: eur(-150n) });
}
