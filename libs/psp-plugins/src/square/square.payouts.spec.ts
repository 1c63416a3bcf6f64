/** Tests payouts and their entries in cases that Square's document does not define or that a fault can cause. */
import type { PspClient } from '@tributary/connector-api';
import { SquareFake, toFakeMoney } from './square.fake.js';
import { FakeClock, mountPlugin, TestFeed } from './testing/mount-plugin.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 20, 12);

let clock: FakeClock;
let fake: SquareFake;
let feed: TestFeed;
let psp: PspClient;
let close: () => Promise<void>;
beforeEach(async () => {
  clock = new FakeClock(NOW);
  fake = await SquareFake.start({ clock });
  fake.addLocation();
  await mount(fake.settings);
});
afterEach(async () => {
  await close();
  await fake.server.close();
});

async function mount(settings: object): Promise<void> {
  feed = new TestFeed();
  const connector = await mountPlugin(settings, clock, feed);
  psp = connector.psp;
  close = () => connector.close();
}

const eur = (units: number) => toFakeMoney(BigInt(units), 'EUR');
const addPayments = (count: number, at = NOW - 3 * DAY) =>
  Array.from({ length: count }, (_, number) => fake.addPayment(at + number * 1000, eur(100 + number)).id);
const findRow = (id: string) => {
  const row = feed.rows.get(id);
  return row && `${row.type} ${row.status} ${row.amount.amount}`;
};

const computeSums = () => Object.values(feed.computeSums(fake.locations.map(({ id }) => id)));

const countEntryRequests = () =>
  fake.server.requests.filter(({ path }) => path.endsWith('payout-entries')).length;

it('a payout that is sent again after it failed adds up to its last status', async () => {
  const payout = fake.addPayout(NOW - 2 * DAY, eur(500)).id;
  fake.brokenIds.add(payout);
  const sums: (bigint | undefined)[] = [];
  for (const status of ['SENT', 'FAILED', 'SENT', 'PAID', 'FAILED', 'PAID', 'NEW', 'FAILED']) {
    fake.change(payout, { status });
    await clock.sleep(25 * HOUR);
    await feed.pull(psp);
    sums.push(computeSums()[0]);
  }
  expect(sums).toEqual([0n, 0n, 0n, -500n, 0n, -500n, -500n, 0n]);
});

it('an amount with two currencies is refused', async () => {
  const [payment = ''] = addPayments(1);
  fake.server.transformResponse = (_request, body) =>
    JSON.parse(JSON.stringify(body).replaceAll('"currency":"EUR"', '"currency":"EUR","currency_code":"USD"'));
  await feed.pull(psp);
  expect(feed.rows.size).toBe(0);
  expect(feed.rejected.get(payment)?.reason).toContain('currency_code: the amount is in EUR');
});

describe('the entries of a payout', () => {
  it('are read on short pages, and must add up', async () => {
    fake.maxRowsPerPage = 2;
    const payout = fake.addPayout(NOW - DAY, eur(500), { type: 'BATCH' }).id;
    for (let number = 0; number < 5; number += 1) {
      fake.addEntry(payout, 'ADJUSTMENT', NOW - DAY, { gross: eur(100), net: eur(100), fee: eur(0) });
    }
    await feed.pull(psp);
    expect(feed.rows.size).toBe(6);
    expect(feed.warnings).toEqual([]);
    fake.entries.pop();
    await clock.sleep(25 * HOUR);
    await feed.pull(psp);
    expect(feed.warnings).toEqual([`the payout ${payout} is 5.00, and its entries add up to 4.00`]);
    fake.addEntry(payout, 'ADJUSTMENT', NOW - DAY, { gross: eur(100), net: eur(100), fee: eur(0) });
    await clock.sleep(25 * HOUR);
    await feed.pull(psp);
    expect([...feed.openWarnings]).toEqual([]);
  });

  it.each<[string, (entries: object[]) => object[]]>([
    ['an empty list', () => []],
    ['a part of the list', (entries) => entries.slice(1)],
  ])('that come once as %s are read again at the next pull', async (_name, change) => {
    const payout = fake.addPayout(NOW - 2 * DAY, eur(500), { type: 'BATCH' }).id;
    const ids = [200, 300].map(
      (units) =>
        fake.addEntry(payout, 'ADJUSTMENT', NOW - DAY, { gross: eur(units), net: eur(units), fee: eur(0) })
          .id,
    );
    fake.server.transformResponse = ({ path }, body) => {
      if (!path.endsWith('payout-entries')) return body;
      const { payout_entries: entries } = body as { payout_entries: object[] };
      return { ...(body as object), payout_entries: change(entries) };
    };
    await feed.pull(psp);
    expect([...feed.openWarnings]).toEqual([`payout-entries-${payout}`]);
    await feed.pull(psp);
    expect([...feed.openWarnings]).toEqual([`payout-entries-${payout}`]);
    fake.server.transformResponse = undefined;
    await feed.pull(psp);
    expect(ids.map(findRow)).toEqual(['OTHER SUCCEEDED 200', 'OTHER SUCCEEDED 300']);
    expect([...feed.openWarnings]).toEqual([]);
    const before = countEntryRequests();
    await feed.pull(psp);
    expect(countEntryRequests()).toBe(before);
  });

  it('are not read at each pull if they do not add up after the days in which a payout changes', async () => {
    await close();
    await mount({ ...fake.settings, changesWithinDays: 3 });
    const payout = fake.addPayout(NOW - 2 * DAY, eur(500), { type: 'BATCH' }).id;
    fake.addEntry(payout, 'ADJUSTMENT', NOW - DAY, { gross: eur(400), net: eur(400), fee: eur(0) });
    await feed.pull(psp);
    await clock.sleep(2 * DAY);
    await feed.pull(psp);
    await feed.pull(psp);
    const before = countEntryRequests();
    await feed.pull(psp);
    expect(countEntryRequests()).toBe(before);
  });

  it('of an amount of zero may be an empty list', async () => {
    fake.addPayout(NOW - 2 * DAY, eur(0), { type: 'BATCH' });
    fake.server.transformResponse = ({ path }, body) =>
      path.endsWith('payout-entries') ? { payout_entries: [] } : body;
    await feed.pull(psp);
    expect(feed.warnings).toEqual([]);
  });

  it('are read for a payout of a type that Square adds later', async () => {
    const payout = fake.addPayout(NOW - DAY, eur(100), { type: 'INSTANT' }).id;
    fake.brokenIds.add(payout);
    const { id } = fake.addEntry(payout, 'ADJUSTMENT', NOW - DAY, { gross: eur(100), net: eur(100) });
    await feed.pull(psp);
    expect([payout, id].map(findRow)).toEqual(['PAYOUT SUCCEEDED 100', 'OTHER SUCCEEDED 100']);
  });

  it('count once if two pages contain them', async () => {
    fake.maxRowsPerPage = 2;
    const payout = fake.addPayout(NOW - DAY, eur(300), { type: 'BATCH' }).id;
    for (let number = 0; number < 3; number += 1)
      fake.addEntry(payout, 'ADJUSTMENT', NOW - DAY, { gross: eur(100), net: eur(100), fee: eur(0) });
    fake.server.transformResponse = ({ path }, body) => {
      if (!path.endsWith('payout-entries')) return body;
      const { payout_entries: entries } = body as { payout_entries: object[] };
      return { ...(body as object), payout_entries: [...entries, ...entries.slice(-1)] };
    };
    await feed.pull(psp);
    expect([feed.rows.size, feed.warnings]).toEqual([4, []]);
  });

  it('with a link that leads back fail, and the payments are read', async () => {
    const [payment = ''] = addPayments(1);
    const payout = fake.addPayout(NOW - DAY, eur(500), { type: 'BATCH' }).id;
    fake.addEntry(payout, 'CHARGE', NOW - DAY, { gross: eur(500), net: eur(500) }, { payment_id: payment });
    fake.addEntry(payout, 'REFUND', NOW - DAY, { gross: eur(-1), net: eur(-1) }, { payment_id: payment });
    fake.maxRowsPerPage = 1;
    let first: object | undefined;
    fake.server.transformResponse = ({ path }, body) =>
      path.endsWith('payout-entries') ? (first ??= body as object) : body;
    await expect(feed.pull(psp)).rejects.toThrow('does not end');
    expect(feed.rows.has(payment)).toBe(true);
  });

  it('have a row for their fee, and name the payment and the payout', async () => {
    const payout = fake.addPayout(NOW - DAY, eur(1), { type: 'BATCH' }).id;
    const { id } = fake.addEntry(
      payout,
      'TAX_ON_FEE',
      NOW - DAY,
      { gross: eur(-10), fee: eur(2), net: eur(-12) },
      { payment_id: 'pay-1', tax_rate_description: 'GST' },
    );
    await feed.pull(psp);
    expect([id, `${id}.fee`].map(findRow)).toEqual(['OTHER SUCCEEDED 10', 'OTHER SUCCEEDED 2']);
    expect(feed.rows.get(id)?.metadata).toMatchObject({
      'com.tributary.spec/movement': 'tax',
      'com.tributary.spec/settlement': payout,
      'com.tributary.spec/related_id': 'pay-1',
      'com.square.spec/tax_rate_description': 'GST',
    });
  });
});
