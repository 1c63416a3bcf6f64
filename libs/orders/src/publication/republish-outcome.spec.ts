/** Tests that the outcome of an order is published again for clients that process their data slowly. */
import { OrderTestHarness } from '../testing/order-test-harness.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let harness: OrderTestHarness;

beforeEach(() => {
  harness = new OrderTestHarness();
});

afterEach(() => harness.close());

it.each([
  ['SUCCEEDED', 'SUCCEEDED', '1250'],
  ['FAILED', 'FAILED', '1250'],
  ['RETURNED', 'REFUNDED', '0'],
] as const)(
  'that differs from the response is published again with a later time: %s',
  async (outcome, status, repeatedAmount) => {
    harness.psp.initialStatus = 'PENDING';
    const gateway = await harness.openGateway({ timings: { pollIntervalMs: 30_000 } });
    expect(await harness.submit(gateway.service)).toMatchObject({ status: 'PENDING' });
    const startedAt = harness.clock.now();
    harness.psp.setStatus(harness.psp.attemptedKeys[0]!, outcome);
    await harness.advance(7 * HOUR_MS, MINUTE_MS);
    const rows = (await harness.readRows(gateway)).filter((row) => row.status === status);
    expect(rows.map(({ amount }) => amount)).toEqual(['1250', ...Array<string>(3).fill(repeatedAmount)]);
    const minutes = rows.map(({ createdAt }) => Math.round((Date.parse(createdAt) - startedAt) / MINUTE_MS));
    expect(minutes.slice(1).map((each, index) => each - [5, 60, 360][index]!)).toEqual([
      expect.closeTo(0, -1),
      expect.closeTo(0, -1),
      expect.closeTo(0, -1),
    ]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1);
    const { nextActionAt } = await harness.getOrder(gateway);
    expect(nextActionAt).toBeUndefined();
  },
  60_000,
);

it('that the response says is published once', async () => {
  const gateway = await harness.openGateway({ timings: { pollIntervalMs: 30_000 } });
  expect(await harness.submit(gateway.service)).toMatchObject({ status: 'SUCCEEDED' });
  await harness.advance(2 * HOUR_MS, MINUTE_MS);
  expect(await harness.readRows(gateway)).toHaveLength(1);
});
