/** Tests that an answer without a list, on any path, is never the end of the list: the next listing has everything. */
import { InMemoryFeed, ManualClock, openConnector } from '@tributary/connector-api/testing';
import { GocardlessFake } from './gocardless.fake.js';
import { gocardless } from './index.js';
import { SimulatedHistory } from './testing/simulate-history.js';

const DAY_MS = 86_400_000;
const PATHS = [
  ...['/payments', '/refunds', '/payouts', '/payout_items', '/events', '/outbound_payments'],
  ...['/payment_accounts', '/payment_accounts/{id}/transactions'],
];
const ANSWERS = [
  { body: {} },
  { body: null },
  { status: 204 },
  { body: [] },
  { body: { payouts: [], payments: [], events: [] } },
  { rawBody: '<html>Maintenance</html>' },
];

it.each(PATHS)('an answer without a list of %s', async (path) => {
  const clock = new ManualClock();
  const fake = await GocardlessFake.start(clock);
  new SimulatedHistory(fake, { payments: 12, days: 20, end: clock.now() });
  const since = new Date(clock.now() - 25 * DAY_MS).toISOString().slice(0, 10);
  const settings = { ...fake.settings, since };
  const read = async (feed: InMemoryFeed, from?: string) => {
    const connector = await openConnector(gocardless, settings, { feed, clock });
    let cursor = from;
    try {
      for await (const page of connector.psp.transactions(cursor)) {
        feed.commitPage('transactions', page);
        cursor = page.cursor;
      }
      return { cursor };
    } catch (error) {
      return { cursor, error };
    } finally {
      await connector.close();
    }
  };
  const listIds = (feed: InMemoryFeed) =>
    feed
      .getTransactions()
      .map(({ id }) => id)
      .sort();
  const whole = new InMemoryFeed();
  await read(whole);
  for (const response of ANSWERS) {
    const feed = new InMemoryFeed();
    fake.server.injectFault({ path, fault: { response }, times: Infinity });
    const { cursor, error } = await read(feed);
    expect(error).toMatchObject({ name: 'PspError' });
    fake.server.clearFaults();
    expect((await read(feed, cursor)).error).toBeUndefined();
    expect(listIds(feed)).toEqual(listIds(whole));
  }
  await fake.server.close();
});
