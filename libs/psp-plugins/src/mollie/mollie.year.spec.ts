/**
 * Reads a whole year of transactions with faults of the PSP. Every row must arrive once and in order, and the sum must be right. Every
 * response is checked against Mollie's document. `npm run soak` uses 200 000 rows.
 */
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { computeBalance, FakeMollie, MOLLIE_DOCUMENT_PATH } from './mollie.fake.js';
import { simulateYear } from './testing/simulate-year.js';
import { MollieTestConnector, sumByAsset } from './testing/mollie-test-connector.js';

const ROWS = Number(process.env.MOLLIE_ROWS ?? 20_000);
const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);
let fake: FakeMollie;
let trial: MollieTestConnector;

beforeEach(async () => {
  fake = await FakeMollie.start(document);
  trial = await MollieTestConnector.open(fake);
});

afterEach(async () => {
  await trial.close();
  await fake.close();
});

it(
  `a year of ${ROWS} rows in two currencies, with 429s and a refused token in the middle`,
  async () => {
    const balances = [fake.addBalance('EUR'), fake.addBalance('USD')];
    simulateYear(fake, balances[0]!, Math.ceil(ROWS * 0.8));
    simulateYear(fake, balances[1]!, Math.floor(ROWS * 0.2));
    const pages = Math.ceil(ROWS / 250);
    fake.server.injectFault({ fault: { status: 429, retryAfter: '1' }, nth: 5, times: 2 });
    fake.server.injectFault({ fault: { status: 429 }, nth: Math.floor(pages * 0.7) });
    fake.server.injectFault({ fault: 'truncated', nth: Math.floor(pages * 0.9) });
    fake.server.injectFault({ fault: { status: 401 }, nth: Math.floor(pages * 0.5), times: 1 });
    fake.server.injectFault({ fault: { status: 401 }, nth: Math.floor(pages * 1.5), times: 1 });

    const started = Date.now();
    await expect(trial.sync()).rejects.toMatchObject({ kind: 'unauthorized' });
    await expect(trial.sync()).rejects.toMatchObject({ kind: 'unauthorized' });
    await trial.sync();
    const requests = fake.server.requests.length;
    process.stdout.write(
      `mollie: ${ROWS} balance transactions -> ${trial.transactions.size} rows with ${requests} requests ` +
        `(${((requests / ROWS) * 1000).toFixed(1)} per thousand, of 4.0 at least) in ${((Date.now() - started) / 1000).toFixed(1)} s; ` +
        `largest page ${trial.maxPageItems} rows, largest cursor ${trial.maxCursorLength} characters\n`,
    );

    expect(trial.rejected).toEqual([]);
    for (const balance of balances) {
      const sums = sumByAsset(trial.transactions.values(), balance.id);
      expect(sums).toEqual({ [`${balance.currency}/2`]: BigInt(computeBalance(balance)) });
      expect(getTimes(balance.id)).toEqual([...getTimes(balance.id)].sort());
    }
    const main = [...trial.transactions.values()].filter(
      ({ metadata }) => !metadata?.['com.mollie.spec/deduction'],
    );
    expect(main).toHaveLength(ROWS);
    expect(requests).toBeLessThan((ROWS / 250) * 2.1 + 30);
    expect(trial.maxPageItems).toBeLessThanOrEqual(2500);

    // The second sync requests the list of balances, the list of business accounts, and one page of each journal.
    const before = fake.server.requests.length;
    trial.newVersionCount = 0;
    await trial.sync();
    expect(fake.server.requests.length - before).toBe(4);
    expect(trial.newVersionCount).toBe(0);
  },
  60_000 + ROWS * 30,
);

it('every refund and chargeback that follows its payment is tied to it, after it, with its type', async () => {
  const balance = fake.addBalance('EUR');
  simulateYear(fake, balance, 2500);
  await trial.sync();
  const seen = new Set<string>();
  let tied = 0;
  for (const row of trial.transactions.values()) {
    if (row.relatedTransactionId !== undefined) {
      expect(seen).toContain(row.relatedTransactionId);
      expect(row.type).toBe(trial.transactions.get(row.relatedTransactionId)?.type);
      tied += 1;
    }
    seen.add(row.id);
  }
  const following = balance.journal.rows.filter(({ type }) => /refund|chargeback|returned/.test(type));
  expect(following.length).toBeGreaterThan(150);
  expect(tied).toBeGreaterThanOrEqual(following.length);
});

it('goes on where it stopped, wherever that was, and ends with the same feed', async () => {
  const balance = fake.addBalance('EUR');
  simulateYear(fake, balance, 2500);
  await trial.sync();
  const whole = [...trial.transactions.keys()];
  const cursors: string[] = [];
  for await (const { cursor } of trial.psp.transactions()) cursors.push(cursor);
  const step = Math.ceil(cursors.length / 4);
  for (let stop = 1; stop < cursors.length; stop += step) {
    const resumed = await MollieTestConnector.open(fake);
    let pages = 0;
    for await (const page of resumed.psp.transactions()) {
      for (const item of page.items) resumed['applyItem'](item);
      resumed.cursor = page.cursor;
      if ((pages += 1) === stop) break;
    }
    await resumed.sync();
    expect([...resumed.transactions.keys()]).toEqual(whole);
    await resumed.close();
  }
});

function getTimes(balanceId: string): string[] {
  return [...trial.transactions.values()]
    .filter(({ metadata }) => metadata?.['com.mollie.spec/balance_id'] === balanceId)
    .map(({ createdAt }) => createdAt);
}
