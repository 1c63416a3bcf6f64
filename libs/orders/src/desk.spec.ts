import { DeskBench } from './testing/desk-bench.js';

let bench: DeskBench;
beforeEach(() => (bench = new DeskBench()));
afterEach(() => bench.close());

it('pays, answers with the outcome, and publishes one row that says the same', async () => {
  const gateway = await bench.open();
  const answer = await bench.pay(gateway.desk, { description: 'rent', metadata: { purpose: 'x' } });
  expect(answer).toMatchObject({
    idempotencyKey: 'pi-1',
    amount: '1250',
    currency: 'EUR/2',
    sourceAccountId: 'wallet',
    destinationAccountId: 'ada',
    status: 'SUCCEEDED',
    metadata: { purpose: 'x', 'com.fake.spec/seen': 'yes', 'com.tributary.spec/psp_order_id': 'psp-1' },
  });
  expect(await bench.rows(gateway)).toEqual([
    expect.objectContaining({
      id: answer['id'],
      relatedTransactionID: 'pi-1',
      type: 'PAYOUT',
      status: 'SUCCEEDED',
      createdAt: answer['createdAt'],
    }),
  ]);
  expect(bench.psp.sent).toHaveLength(1);
});
