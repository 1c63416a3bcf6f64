/** The fake with forty days of history, for `npm run demo -- gocardless`. */
import type { Demo } from '@tributary/connector-api/testing';
import { GocardlessFake } from '../gocardless.fake.js';
import { PAYMENT_ACCOUNT, SimulatedHistory } from './simulate-history.js';

const PAYMENTS = 60;
const DAYS = 40;
const DAY_MS = 86_400_000;

export async function startDemo(): Promise<Demo> {
  const fake = await GocardlessFake.start();
  const end = Date.now();
  new SimulatedHistory(fake, { payments: PAYMENTS, days: DAYS, end });
  const since = new Date(end - (DAYS + 5) * DAY_MS).toISOString().slice(0, 10);
  const recipient = fake.tables.customer_bank_accounts.all()[0]?.id ?? '';
  return {
    settings: { ...fake.settings, since },
    order: {
      kind: 'payout',
      currency: 'GBP',
      sourceAccountId: PAYMENT_ACCOUNT,
      destinationAccountId: recipient,
    },
    stop: () => fake.server.close(),
  };
}
