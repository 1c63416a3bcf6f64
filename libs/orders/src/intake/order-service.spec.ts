/** Tests the order service: responses, idempotency, limits and published rows. Runs on every database. */
import { ContractError } from '@tributary/connector-api/contract';
import { STORES } from '../../../feed/src/testing/stores.js';
import { OrderTestHarness, createRequest, SECRET } from '../testing/order-test-harness.js';
import { answerRateLimited, declineOrder } from '../testing/fake-psp.js';
import { GatewayUnavailableError, PspError } from '@tributary/connector-api';

describe.each(STORES)('on $name', (kind) => {
  let harness: OrderTestHarness;
  beforeEach(() => {
    harness = new OrderTestHarness(kind);
  });
  afterEach(() => harness.close());

  describe('an order', () => {
    it('is paid once, answered with the outcome, and published as one row that says the same', async () => {
      const gateway = await harness.openGateway();
      const answer = await harness.submit(gateway.service, {
        description: 'rent',
        metadata: { purpose: 'x' },
      });
      expect(answer).toEqual({
        id: expect.stringMatching(/^order-[0-9a-f]{32}$/),
        idempotencyKey: 'pi-1',
        amount: '1250',
        currency: 'EUR/2',
        sourceAccountId: 'wallet',
        destinationAccountId: 'ada',
        description: 'rent',
        status: 'SUCCEEDED',
        createdAt: expect.stringMatching(/^2026-01-01T00:00:00\.\d{3}Z$/),
        metadata: {
          purpose: 'x',
          'com.fake.spec/seen': 'yes',
          'com.tributary.spec/description': 'rent',
          'com.tributary.spec/psp_order_id': 'psp-1',
        },
      });
      expect(await harness.readRows(gateway)).toEqual([
        {
          id: answer.id,
          relatedTransactionID: 'pi-1',
          createdAt: answer.createdAt,
          updatedAt: expect.any(String),
          currency: 'EUR/2',
          type: 'PAYOUT',
          status: 'SUCCEEDED',
          amount: '1250',
          sourceAccountID: 'wallet',
          destinationAccountID: 'ada',
          metadata: answer.metadata,
        },
      ]);
      expect(harness.psp.payments).toHaveLength(1);
    });

    it('repeats the asset as the client wrote it, and sends it to the PSP in the form of the feeds', async () => {
      const seen: unknown[] = [];
      harness.psp.attemptScripts = [(order, psp) => (seen.push(order.amount), psp.executePayment(order))];
      const gateway = await harness.openGateway({ limits: { largest: new Map([['JPY', 500n]]) } });
      const amount = { amount: 500n, asset: 'JPY' };
      const answer = await harness.submit(gateway.service, { amount, requestedAsset: 'JPY/0' });
      expect(answer).toMatchObject({ amount: '500', currency: 'JPY/0', status: 'SUCCEEDED' });
      expect(await harness.readRows(gateway)).toMatchObject([{ amount: '500', currency: 'JPY/0' }]);
      expect(seen).toEqual([amount]);
      expect(await harness.submit(gateway.service, { amount, requestedAsset: 'JPY/0' })).toEqual(answer);
    });

    it('keeps the reference exactly as the client sent it, with any characters', async () => {
      const gateway = await harness.openGateway();
      const idempotencyKey = 'pi/1 ~ä%2F "quoted"';
      const answer = await harness.submit(gateway.service, { idempotencyKey });
      expect(answer.idempotencyKey).toBe(idempotencyKey);
      expect(await harness.readRows(gateway)).toMatchObject([{ relatedTransactionID: idempotencyKey }]);
    });

    it('is sent to the accounts that the PSP knows, under a key in the form that it takes', async () => {
      const seen: object[] = [];
      const idempotency = { keyFormat: { length: 24 }, idempotencyWindowMs: Infinity };
      harness.psp.attemptScripts = [(order, psp) => (seen.push(order), psp.executePayment(order))];
      const gateway = await harness.openGateway({ idempotency });
      await harness.submit(
        gateway.service,
        { sourceAccountId: 'a~2Fb', destinationAccountId: 'Ad~C3~A4' },
        'TRANSFER',
      );
      expect(seen).toEqual([
        expect.objectContaining({
          kind: 'TRANSFER',
          idempotencyKey: expect.stringMatching(/^[a-z0-9]{24}$/),
          reference: 'pi-1',
          sourceAccountId: 'a/b',
          destinationAccountId: 'Adä',
          amount: { amount: 1250n, asset: 'EUR/2' },
        }),
      ]);
      expect(await harness.readRows(gateway)).toMatchObject([{ type: 'TRANSFER', sourceAccountID: 'a~2Fb' }]);
    });
  });

  it('shows under our metadata keys what we say only; the PSP gets what the client sent', async () => {
    const forged = {
      'com.tributary.spec/psp_order_id': 'po-of-somebody-else',
      'com.tributary.spec/failure_code': 'limit_largest',
      'com.tributary.spec/anything': 'x',
    };
    const seen: object[] = [];
    harness.psp.attemptScripts = [(order, psp) => (seen.push(order.metadata), psp.executePayment(order))];
    const gateway = await harness.openGateway();
    const answer = await harness.submit(gateway.service, { metadata: { ...forged, purpose: 'rent' } });
    expect(seen).toEqual([{ ...forged, purpose: 'rent' }]);
    const { pspId } = await harness.advanceUntilState(gateway, 'succeeded');
    for (const { metadata } of [answer, ...(await harness.readRows(gateway))]) {
      const ours = Object.entries(metadata).filter(([key]) => key.startsWith('com.tributary.spec/'));
      expect(ours).toEqual([['com.tributary.spec/psp_order_id', pspId]]);
      expect(metadata).toMatchObject({ purpose: 'rent' });
    }
  });

  describe('the same key', () => {
    it('answers the same bytes again, after a restart and for an order that failed, too', async () => {
      const gateway = await harness.openGateway();
      harness.psp.attemptScripts = [declineOrder];
      const first = await harness.submitRaw(gateway.service);
      expect(JSON.parse(first)).toMatchObject({ status: 'FAILED' });
      await gateway.engine.stop();
      const again = await harness.openGateway();
      expect(await harness.submitRaw(again.service, { metadata: {} })).toBe(first);
      expect(harness.psp.attemptedKeys).toHaveLength(1);
    });

    it('is refused for another body or the other kind, and nothing is sent', async () => {
      const gateway = await harness.openGateway();
      await harness.submit(gateway.service);
      const others = [
        { amount: { amount: 1251n, asset: 'EUR/2' } },
        { amount: { amount: 1250n, asset: 'USD/2' } },
        { destinationAccountId: 'bob' },
        { sourceAccountId: 'other' },
        { description: 'x' },
        { metadata: { a: 'b' } },
      ];
      for (const other of others) {
        const refused = gateway.service.submit('PAYOUT', createRequest(other));
        await expect(refused).rejects.toBeInstanceOf(ContractError);
        await expect(refused).rejects.toMatchObject({ status: 422 });
      }
      await expect(gateway.service.submit('TRANSFER', createRequest())).rejects.toMatchObject({
        status: 422,
      });
      expect(harness.psp.attemptedKeys).toHaveLength(1);
      expect(await harness.readRows(gateway)).toHaveLength(1);
    });

    it('asked for a hundred times at once on two gateways is sent once, and every client gets the same bytes', async () => {
      const gateways = [await harness.openGateway(), await harness.openGateway()];
      let answerNow = () => {};
      harness.psp.attemptScripts = [
        async (order, psp) => {
          await new Promise<void>((resolve) => (answerNow = resolve));
          return psp.executePayment(order);
        },
      ];
      const asked = Array.from({ length: 100 }, (_, i) =>
        gateways[i % 2]!.service.submit('PAYOUT', createRequest()),
      );
      await harness.advance(1_000);
      answerNow();
      const answers = await harness.advanceUntilSettled(Promise.all(asked));
      expect(new Set(answers).size).toBe(1);
      expect(JSON.parse(answers[0] ?? '')).toMatchObject({ status: 'SUCCEEDED' });
      expect(harness.psp.attemptedKeys).toHaveLength(1);
      expect(await harness.readRows(gateways[0]!)).toHaveLength(1);
    });

    it('with other keys is another payment', async () => {
      const gateway = await harness.openGateway();
      const keys = Array.from({ length: 20 }, (_, i) => `pi-${i}`);
      await harness.advanceUntilSettled(
        Promise.all(
          keys.map((idempotencyKey) => gateway.service.submit('PAYOUT', createRequest({ idempotencyKey }))),
        ),
      );
      expect(new Set(harness.psp.payments.map(({ key }) => key)).size).toBe(20);
    });
  });

  describe('an answer', () => {
    it('is PENDING after 8 s at the latest; the outcome follows as a row that looks later than it', async () => {
      const gateway = await harness.openGateway();
      let answerNow = () => {};
      harness.psp.attemptScripts = [
        async (order, psp) => {
          await new Promise<void>((resolve) => (answerNow = resolve));
          return psp.executePayment(order);
        },
      ];
      const begin = harness.clock.now();
      const answer = await harness.submit(gateway.service);
      expect(answer.status).toBe('PENDING');
      expect(harness.clock.now() - begin).toBeLessThanOrEqual(8_000);
      answerNow();
      await harness.advanceUntilState(gateway, 'succeeded');
      await harness.advanceUntilPublished(gateway);
      const rows = await harness.readRows(gateway);
      expect(rows.map(({ id, status }) => [id, status])).toEqual([
        [answer.id, 'PENDING'],
        [answer.id, 'SUCCEEDED'],
      ]);
      expect(rows[0]?.createdAt).toBe(answer.createdAt);
      // The client stores the status of the response some time after it got the response.
      expect(Date.parse(rows[1]?.createdAt ?? '')).toBeGreaterThan(begin + 8_000 + 10_000);
      expect(await harness.submit(gateway.service)).toEqual(answer);
    });

    it('is due 8 s after the first request, also to one that another gateway gets later', async () => {
      const [silent, other] = [await harness.openGateway(), await harness.openGateway()];
      harness.psp.attemptScripts = [() => new Promise(() => {})];
      void silent.service.submit('PAYOUT', createRequest()).catch(() => undefined);
      await harness.advance(4_000);
      const asked = harness.clock.now();
      expect(await harness.submit(other.service)).toMatchObject({ status: 'PENDING' });
      expect(harness.clock.now() - asked).toBeLessThanOrEqual(4_000);
    });

    it('is all that clients see of an order until they have surely read it', async () => {
      const gateway = await harness.openGateway();
      harness.psp.initialStatus = 'PENDING';
      await harness.submit(gateway.service);
      harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'SUCCEEDED');
      await harness.advanceUntilState(gateway, 'succeeded');
      // A repeated request gets the same response again, and the client reads this response later.
      await harness.advance(20_000, 1_000);
      await harness.submit(gateway.service);
      await harness.advance(29_000, 1_000);
      expect(await harness.readRows(gateway)).toMatchObject([{ status: 'PENDING' }]);
      await harness.advance(2_000, 500);
      expect(await harness.readRows(gateway)).toMatchObject([{ status: 'PENDING' }, { status: 'SUCCEEDED' }]);
      // If the order only waits for the publication of its final status, it is not looked up at the PSP.
      expect(harness.psp.lookedUpKeys.length).toBeLessThan(5);
      await harness.advance(600_000, 10_000);
      // The outcome was published a second time, because a client with a slow worker may have ignored the first publication.
      expect((await harness.readRows(gateway)).slice(2)).toMatchObject([{ status: 'SUCCEEDED' }]);
    });

    it('that is given again after the outcome has the outcome published again, later than that', async () => {
      const gateway = await harness.openGateway();
      harness.psp.initialStatus = 'PENDING';
      const answer = await harness.submit(gateway.service);
      harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'SUCCEEDED');
      await harness.advanceUntilState(gateway, 'succeeded');
      await harness.advance(120_000, 10_000);
      const before = await harness.readRows(gateway);
      const asked = harness.clock.now();
      expect(await harness.submit(gateway.service)).toEqual(answer);
      await harness.advanceUntilPublished(gateway);
      const [again, ...none] = (await harness.readRows(gateway)).slice(before.length);
      expect(none).toEqual([]);
      expect(again).toMatchObject({ id: answer.id, status: 'SUCCEEDED', amount: '1250' });
      expect(Date.parse(again?.createdAt ?? '')).toBeGreaterThan(asked);
    });

    it('is FAILED with the words of the PSP, without secrets, when it refuses', async () => {
      const gateway = await harness.openGateway();
      harness.psp.attemptScripts = [
        () => {
          throw new PspError('rejected', `no funds for ${SECRET}`, { status: 402 });
        },
      ];
      const { status, metadata } = await harness.submit(gateway.service);
      expect(status).toBe('FAILED');
      expect(metadata).toEqual({
        'com.fake.spec/failure_code': 'rejected_402',
        'com.fake.spec/failure_reason': 'no funds for [redacted]',
      });
      await harness.advance(60_000, 10_000);
      expect(harness.psp.attemptedKeys).toHaveLength(1);
      expect(JSON.stringify(await harness.readEvents(gateway))).not.toContain(SECRET);
    });

    it('is a 503 when a failover has lost the order meanwhile, and the repeat is paid', async () => {
      const gateway = await harness.openGateway({ start: false });
      harness.psp.attemptScripts = [() => new Promise(() => {})];
      const lost = gateway.service.submit('PAYOUT', createRequest());
      lost.catch(() => undefined);
      await harness.advance(1_000);
      await harness.runSql('delete from orders', 'delete from order_history', 'delete from order_days');
      await expect(harness.advanceUntilSettled(lost)).rejects.toThrow(GatewayUnavailableError);
      await expect(lost).rejects.toThrow('the store no longer has the order');
      expect(await harness.submit(gateway.service)).toMatchObject({ status: 'PENDING' });
    });

    it('shows no part of a secret where the words of the PSP are cut', async () => {
      const gateway = await harness.openGateway();
      const message = 'x'.repeat(992) + SECRET;
      harness.psp.attemptScripts = [
        () => ({ id: 'psp-1', status: 'FAILED', reason: { code: 'refused', message } }),
      ];
      const { metadata } = await harness.submit(gateway.service);
      expect(metadata['com.fake.spec/failure_reason']).toHaveLength(1_000);
      expect(JSON.stringify(metadata)).not.toContain(SECRET.slice(0, 4));
    });
  });

  describe('limits', () => {
    const largest = new Map([['EUR/2', 5_000n]]);
    const perDay = new Map([['EUR/2', 5_000n]]);

    it('refuse an order as FAILED with a reason, once and for all, and nothing is sent', async () => {
      const gateway = await harness.openGateway({ limits: { largest } });
      const answer = await harness.submit(gateway.service, { amount: { amount: 5_001n, asset: 'EUR/2' } });
      expect(answer).toMatchObject({
        status: 'FAILED',
        metadata: {
          'com.tributary.spec/failure_code': 'limit_largest',
          'com.tributary.spec/failure_reason': expect.stringContaining('50.01'),
        },
      });
      expect(await harness.readRows(gateway)).toMatchObject([
        { status: 'FAILED', createdAt: answer.createdAt },
      ]);
      await harness.advance(60_000, 10_000);
      expect(harness.psp.attemptedKeys).toEqual([]);
    });

    it('of a day let no two orders pass that only one has room for, on two gateways', async () => {
      const gateways = [
        await harness.openGateway({ limits: { perDay } }),
        await harness.openGateway({ limits: { perDay } }),
      ];
      const asked = Array.from({ length: 20 }, (_, i) =>
        gateways[i % 2]!.service.submit('PAYOUT', createRequest({ idempotencyKey: `pi-${i}` })),
      );
      const answers = (await harness.advanceUntilSettled(Promise.all(asked))).map(
        (text) => JSON.parse(text) as { status: string },
      );
      expect(answers.filter(({ status }) => status === 'SUCCEEDED')).toHaveLength(4);
      expect(answers.filter(({ status }) => status === 'FAILED')).toHaveLength(16);
      expect(harness.psp.payments).toHaveLength(4);
    });

    it('of a day count neither what failed nor what was ordered on another day', async () => {
      const gateway = await harness.openGateway({ limits: { perDay }, start: false });
      const amount = { amount: 5_000n, asset: 'EUR/2' };
      harness.psp.attemptScripts = [declineOrder];
      const order = (idempotencyKey: string) => harness.submit(gateway.service, { idempotencyKey, amount });
      expect((await order('a')).status).toBe('FAILED');
      expect((await order('b')).status).toBe('SUCCEEDED');
      expect((await order('c')).metadata).toMatchObject({
        'com.tributary.spec/failure_code': 'limit_per_day',
      });
      await harness.advance(24 * 3_600_000, 3_600_000);
      expect((await order('d')).status).toBe('SUCCEEDED');
    });
  });

  it('what the PSP surely did not take waits as long as it asks for, and is sent once then', async () => {
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [answerRateLimited(60_000)];
    expect(await harness.submit(gateway.service)).toMatchObject({ status: 'PENDING' });
    await harness.advance(50_000, 5_000);
    expect(harness.psp.attemptedKeys).toHaveLength(1);
    await harness.advanceUntilState(gateway, 'succeeded', { step: 5_000 });
    expect(harness.psp.attemptedKeys).toHaveLength(2);
    expect(harness.psp.payments).toHaveLength(1);
  });

  it('a rate limit of a year is looked at again within an hour or so', async () => {
    const gateway = await harness.openGateway({ timings: { pollIntervalMs: 10_000 } });
    harness.psp.attemptScripts = [answerRateLimited(365 * 86_400_000), answerRateLimited(365 * 86_400_000)];
    await harness.submit(gateway.service);
    await harness.advance(7_200_000, 60_000);
    expect((await harness.getOrder(gateway)).state).toBe('succeeded');
  });

  it('a rate limit that is over in time delays the answer only', async () => {
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [answerRateLimited(2_000)];
    expect(await harness.submit(gateway.service)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
