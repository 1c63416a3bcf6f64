/**
 * Tests orders after a backup was restored that does not contain the newest orders. No order may be paid twice, and every new order must be
 * paid.
 */
import { DEFAULT_STORE } from '../../../feed/src/testing/stores.js';
import { OrderTestHarness, type TestGateway } from '../testing/order-test-harness.js';
import { answerRateLimited } from '../testing/fake-psp.js';

const MINUTE_MS = 60_000;
let harness: OrderTestHarness;

beforeEach(() => {
  harness = new OrderTestHarness(DEFAULT_STORE);
  // The PSP no longer recognises the idempotency keys, so only the lookup prevents a second payment.
  harness.psp.recognizesRepeats = false;
});
afterEach(() => harness.close());

/** Sends an order after the backup, and then restores the backup. */
async function loseOrder(options: Parameters<OrderTestHarness['openGateway']>[0] = {}): Promise<TestGateway> {
  const putBack = await harness.stopAndBackUp(await harness.openGateway(options));
  const lost = await harness.openGateway(options);
  await harness.submit(lost.service);
  await putBack(lost);
  return harness.openGateway(options);
}

it('an order that the backup lacks is found at the PSP when its client repeats it', async () => {
  const gateway = await loseOrder();
  await harness.advance(5 * MINUTE_MS, MINUTE_MS);
  expect(await harness.submit(gateway.service)).toMatchObject({ status: 'SUCCEEDED' });
  expect(harness.psp.payments).toHaveLength(1);
  expect(harness.psp.attemptedKeys).toHaveLength(1);
});

it('a new order is looked up once and sent', async () => {
  const gateway = await loseOrder();
  expect(await harness.submit(gateway.service, { idempotencyKey: 'pi-2' })).toMatchObject({
    status: 'SUCCEEDED',
  });
  expect(harness.psp.lookedUpKeys).toHaveLength(1);
  expect(harness.psp.payments).toHaveLength(2);
});

it('an order that the backup has as waiting is found when it was sent later', async () => {
  const options = { start: false };
  const before = await harness.openGateway(options);
  harness.psp.attemptScripts = [answerRateLimited(MINUTE_MS)];
  await harness.submit(before.service);
  expect(await harness.getOrder(before)).toMatchObject({ state: 'waiting' });
  const putBack = await harness.stopAndBackUp(before);
  const lost = await harness.openGateway();
  await harness.advance(2 * MINUTE_MS, 1_000);
  expect(await harness.getOrder(lost)).toMatchObject({ state: 'succeeded' });
  await putBack(lost);
  const gateway = await harness.openGateway();
  await harness.advanceUntilState(gateway, 'succeeded');
  expect(harness.psp.payments).toHaveLength(1);
});

it('where the PSP cannot be asked and may have forgotten, an order is left to people for a day', async () => {
  delete (harness.psp as Partial<typeof harness.psp>).findOrder;
  const idempotency = { keyFormat: 'uuid' as const, idempotencyWindowMs: 10 * MINUTE_MS };
  // The engine does not poll, so that a day of the manual clock passes quickly.
  const gateway = await loseOrder({ idempotency, start: false });
  await harness.advance(15 * MINUTE_MS, MINUTE_MS);
  expect(await harness.submit(gateway.service)).toMatchObject({ status: 'PENDING' });
  expect(await harness.getOrder(gateway)).toMatchObject({ state: 'unknown', attempts: 0 });
  expect(harness.psp.payments).toHaveLength(1);
  await harness.advance(25 * 60 * MINUTE_MS, 60 * MINUTE_MS);
  expect(await harness.submit(gateway.service, { idempotencyKey: 'pi-2' })).toMatchObject({
    status: 'SUCCEEDED',
  });
});
