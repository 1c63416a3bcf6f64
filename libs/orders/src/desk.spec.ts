/** Tests the order service: responses, idempotency, limits and published rows. Runs on every database. */
import { ContractError } from '@tributary/connector-api/contract';
import { STORES } from '../../feed/src/testing/stores.js';
import { DeskBench, request, SECRET } from './testing/desk-bench.js';
import { limits, refuses } from './testing/fake-psp.js';
import { PspError } from '@tributary/connector-api';

describe.each(STORES)('on $name', (kind) => {
  let bench: DeskBench;
  beforeEach(() => {
    bench = new DeskBench(kind);
  });
  afterEach(() => bench.close());

  describe('an order', () => {
    it('is paid once, answered with the outcome, and published as one row that says the same', async () => {
      const gateway = await bench.open();
      const answer = await bench.pay(gateway.desk, { description: 'rent', metadata: { purpose: 'x' } });
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
      expect(await bench.rows(gateway)).toEqual([
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
      expect(bench.psp.payments).toHaveLength(1);
    });

    it('keeps the reference exactly as the client sent it, whatever is in it', async () => {
      const gateway = await bench.open();
      const idempotencyKey = 'pi/1 ~ä%2F "quoted"';
      const answer = await bench.pay(gateway.desk, { idempotencyKey });
      expect(answer.idempotencyKey).toBe(idempotencyKey);
      expect(await bench.rows(gateway)).toMatchObject([{ relatedTransactionID: idempotencyKey }]);
    });

    it('is sent to the accounts that the PSP knows, under a key in the form that it takes', async () => {
      const seen: object[] = [];
      const terms = { key: { length: 24 }, remembersFor: Infinity };
      bench.psp.faults = [(order, psp) => (seen.push(order), psp.pay(order))];
      const gateway = await bench.open({ terms });
      await bench.pay(
        gateway.desk,
        { sourceAccountId: 'a~2Fb', destinationAccountId: 'Ad~C3~A4' },
        'TRANSFER',
      );
      expect(seen).toEqual([
        expect.objectContaining({
          kind: 'TRANSFER',
          key: expect.stringMatching(/^[a-z0-9]{24}$/),
          reference: 'pi-1',
          sourceAccountId: 'a/b',
          destinationAccountId: 'Adä',
          amount: { amount: 1250n, asset: 'EUR/2' },
        }),
      ]);
      expect(await bench.rows(gateway)).toMatchObject([{ type: 'TRANSFER', sourceAccountID: 'a~2Fb' }]);
    });
  });

  it('shows under our metadata keys what we say only; the PSP gets what the client sent', async () => {
    const forged = {
      'com.tributary.spec/psp_order_id': 'po-of-somebody-else',
      'com.tributary.spec/failure_code': 'limit_largest',
      'com.tributary.spec/anything': 'x',
    };
    const seen: object[] = [];
    bench.psp.faults = [(order, psp) => (seen.push(order.metadata), psp.pay(order))];
    const gateway = await bench.open();
    const answer = await bench.pay(gateway.desk, { metadata: { ...forged, purpose: 'rent' } });
    expect(seen).toEqual([{ ...forged, purpose: 'rent' }]);
    const { pspId } = await bench.passUntil(gateway, 'succeeded');
    for (const { metadata } of [answer, ...(await bench.rows(gateway))]) {
      const ours = Object.entries(metadata).filter(([key]) => key.startsWith('com.tributary.spec/'));
      expect(ours).toEqual([['com.tributary.spec/psp_order_id', pspId]]);
      expect(metadata).toMatchObject({ purpose: 'rent' });
    }
  });

  describe('the same key', () => {
    it('answers the same bytes again, after a restart and for an order that failed, too', async () => {
      const gateway = await bench.open();
      bench.psp.faults = [refuses];
      const first = await bench.bytes(gateway.desk);
      expect(JSON.parse(first)).toMatchObject({ status: 'FAILED' });
      await gateway.engine.stop();
      const again = await bench.open();
      expect(await bench.bytes(again.desk, { metadata: {} })).toBe(first);
      expect(bench.psp.sent).toHaveLength(1);
    });

    it('is refused for another body or the other kind, and nothing is sent', async () => {
      const gateway = await bench.open();
      await bench.pay(gateway.desk);
      const others = [
        { amount: { amount: 1251n, asset: 'EUR/2' } },
        { amount: { amount: 1250n, asset: 'USD/2' } },
        { destinationAccountId: 'bob' },
        { sourceAccountId: 'other' },
        { description: 'x' },
        { metadata: { a: 'b' } },
      ];
      for (const other of others) {
        const refused = gateway.desk.pay('PAYOUT', request(other));
        await expect(refused).rejects.toBeInstanceOf(ContractError);
        await expect(refused).rejects.toMatchObject({ status: 422 });
      }
      await expect(gateway.desk.pay('TRANSFER', request())).rejects.toMatchObject({ status: 422 });
      expect(bench.psp.sent).toHaveLength(1);
      expect(await bench.rows(gateway)).toHaveLength(1);
    });

    it('asked for a hundred times at once on two gateways is sent once, and every client gets the same bytes', async () => {
      const gateways = [await bench.open(), await bench.open()];
      let answerNow = () => {};
      bench.psp.faults = [
        async (order, psp) => {
          await new Promise<void>((resolve) => (answerNow = resolve));
          return psp.pay(order);
        },
      ];
      const asked = Array.from({ length: 100 }, (_, i) => gateways[i % 2]!.desk.pay('PAYOUT', request()));
      await bench.pass(1_000);
      answerNow();
      const answers = await bench.until(Promise.all(asked));
      expect(new Set(answers).size).toBe(1);
      expect(JSON.parse(answers[0] ?? '')).toMatchObject({ status: 'SUCCEEDED' });
      expect(bench.psp.sent).toHaveLength(1);
      expect(await bench.rows(gateways[0]!)).toHaveLength(1);
    });

    it('with other keys is another payment', async () => {
      const gateway = await bench.open();
      const keys = Array.from({ length: 20 }, (_, i) => `pi-${i}`);
      await bench.until(
        Promise.all(keys.map((idempotencyKey) => gateway.desk.pay('PAYOUT', request({ idempotencyKey })))),
      );
      expect(new Set(bench.psp.payments.map(({ key }) => key)).size).toBe(20);
    });
  });

  describe('an answer', () => {
    it('is PENDING after 8 s at the latest; the outcome follows as a row that looks later than it', async () => {
      const gateway = await bench.open();
      let answerNow = () => {};
      bench.psp.faults = [
        async (order, psp) => {
          await new Promise<void>((resolve) => (answerNow = resolve));
          return psp.pay(order);
        },
      ];
      const begin = bench.clock.now();
      const answer = await bench.pay(gateway.desk);
      expect(answer.status).toBe('PENDING');
      expect(bench.clock.now() - begin).toBeLessThanOrEqual(8_000);
      answerNow();
      await bench.passUntil(gateway, 'succeeded');
      await bench.untilTold(gateway);
      const rows = await bench.rows(gateway);
      expect(rows.map(({ id, status }) => [id, status])).toEqual([
        [answer.id, 'PENDING'],
        [answer.id, 'SUCCEEDED'],
      ]);
      expect(rows[0]?.createdAt).toBe(answer.createdAt);
      // The client stamps its own entry some time after the response.
      expect(Date.parse(rows[1]?.createdAt ?? '')).toBeGreaterThan(begin + 8_000 + 10_000);
      expect(await bench.pay(gateway.desk)).toEqual(answer);
    });

    it('is due 8 s after the first request, also to one that another gateway gets later', async () => {
      const [silent, other] = [await bench.open(), await bench.open()];
      bench.psp.faults = [() => new Promise(() => {})];
      void silent.desk.pay('PAYOUT', request()).catch(() => undefined);
      await bench.pass(4_000);
      const asked = bench.clock.now();
      expect(await bench.pay(other.desk)).toMatchObject({ status: 'PENDING' });
      expect(bench.clock.now() - asked).toBeLessThanOrEqual(4_000);
    });

    it('is all that clients see of an order until they have surely read it', async () => {
      const gateway = await bench.open();
      bench.psp.first = 'PENDING';
      await bench.pay(gateway.desk);
      bench.psp.settle(bench.psp.sent[0]!, 'SUCCEEDED');
      await bench.passUntil(gateway, 'succeeded');
      // A repeated request gets the response again, and the client reads that one later.
      await bench.pass(20_000, 1_000);
      await bench.pay(gateway.desk);
      await bench.pass(29_000, 1_000);
      expect(await bench.rows(gateway)).toMatchObject([{ status: 'PENDING' }]);
      await bench.pass(2_000, 500);
      expect(await bench.rows(gateway)).toMatchObject([{ status: 'PENDING' }, { status: 'SUCCEEDED' }]);
      // A final order is not looked up only because its status had to be published.
      expect(bench.psp.looked.length).toBeLessThan(5);
      await bench.pass(600_000, 10_000);
      expect(await bench.rows(gateway)).toHaveLength(2);
    });

    it('that is given again after the outcome has the outcome published again, later than that', async () => {
      const gateway = await bench.open();
      bench.psp.first = 'PENDING';
      const answer = await bench.pay(gateway.desk);
      bench.psp.settle(bench.psp.sent[0]!, 'SUCCEEDED');
      await bench.passUntil(gateway, 'succeeded');
      await bench.pass(120_000, 10_000);
      const before = await bench.rows(gateway);
      const asked = bench.clock.now();
      expect(await bench.pay(gateway.desk)).toEqual(answer);
      await bench.untilTold(gateway);
      const [again, ...none] = (await bench.rows(gateway)).slice(before.length);
      expect(none).toEqual([]);
      expect(again).toMatchObject({ id: answer.id, status: 'SUCCEEDED', amount: '1250' });
      expect(Date.parse(again?.createdAt ?? '')).toBeGreaterThan(asked);
    });

    it('is FAILED with the words of the PSP, without secrets, when it refuses', async () => {
      const gateway = await bench.open();
      bench.psp.faults = [
        () => {
          throw new PspError('rejected', `no funds for ${SECRET}`, { status: 402 });
        },
      ];
      const { status, metadata } = await bench.pay(gateway.desk);
      expect(status).toBe('FAILED');
      expect(metadata).toEqual({
        'com.fake.spec/failure_code': 'rejected_402',
        'com.fake.spec/failure_reason': 'no funds for [redacted]',
      });
      await bench.pass(60_000, 10_000);
      expect(bench.psp.sent).toHaveLength(1);
      expect(JSON.stringify(await bench.events(gateway))).not.toContain(SECRET);
    });

    it('shows no part of a secret where the words of the PSP are cut', async () => {
      const gateway = await bench.open();
      const message = 'x'.repeat(992) + SECRET;
      bench.psp.faults = [() => ({ id: 'psp-1', status: 'FAILED', reason: { code: 'refused', message } })];
      const { metadata } = await bench.pay(gateway.desk);
      expect(metadata['com.fake.spec/failure_reason']).toHaveLength(1_000);
      expect(JSON.stringify(metadata)).not.toContain(SECRET.slice(0, 4));
    });
  });

  describe('limits', () => {
    const largest = new Map([['EUR/2', 5_000n]]);
    const perDay = new Map([['EUR/2', 5_000n]]);

    it('refuse an order as FAILED with a reason, once and for all, and nothing is sent', async () => {
      const gateway = await bench.open({ limits: { largest } });
      const answer = await bench.pay(gateway.desk, { amount: { amount: 5_001n, asset: 'EUR/2' } });
      expect(answer).toMatchObject({
        status: 'FAILED',
        metadata: {
          'com.tributary.spec/failure_code': 'limit_largest',
          'com.tributary.spec/failure_reason': expect.stringContaining('50.01'),
        },
      });
      expect(await bench.rows(gateway)).toMatchObject([{ status: 'FAILED', createdAt: answer.createdAt }]);
      await bench.pass(60_000, 10_000);
      expect(bench.psp.sent).toEqual([]);
    });

    it('of a day let no two orders pass that only one has room for, on two gateways', async () => {
      const gateways = [await bench.open({ limits: { perDay } }), await bench.open({ limits: { perDay } })];
      const asked = Array.from({ length: 20 }, (_, i) =>
        gateways[i % 2]!.desk.pay('PAYOUT', request({ idempotencyKey: `pi-${i}` })),
      );
      const answers = (await bench.until(Promise.all(asked))).map(
        (text) => JSON.parse(text) as { status: string },
      );
      expect(answers.filter(({ status }) => status === 'SUCCEEDED')).toHaveLength(4);
      expect(answers.filter(({ status }) => status === 'FAILED')).toHaveLength(16);
      expect(bench.psp.payments).toHaveLength(4);
    });

    it('of a day count neither what failed nor what was ordered on another day', async () => {
      const gateway = await bench.open({ limits: { perDay }, start: false });
      const amount = { amount: 5_000n, asset: 'EUR/2' };
      bench.psp.faults = [refuses];
      const order = (idempotencyKey: string) => bench.pay(gateway.desk, { idempotencyKey, amount });
      expect((await order('a')).status).toBe('FAILED');
      expect((await order('b')).status).toBe('SUCCEEDED');
      expect((await order('c')).metadata).toMatchObject({
        'com.tributary.spec/failure_code': 'limit_per_day',
      });
      await bench.pass(24 * 3_600_000, 3_600_000);
      expect((await order('d')).status).toBe('SUCCEEDED');
    });
  });

  it('what the PSP surely did not take waits as long as it asks for, and is sent once then', async () => {
    const gateway = await bench.open();
    bench.psp.faults = [limits(60_000)];
    expect(await bench.pay(gateway.desk)).toMatchObject({ status: 'PENDING' });
    await bench.pass(50_000, 5_000);
    expect(bench.psp.sent).toHaveLength(1);
    await bench.passUntil(gateway, 'succeeded', { step: 5_000 });
    expect(bench.psp.sent).toHaveLength(2);
    expect(bench.psp.payments).toHaveLength(1);
  });

  it('a rate limit of a year is looked at again within an hour or so', async () => {
    const gateway = await bench.open();
    bench.psp.faults = [limits(365 * 86_400_000), limits(365 * 86_400_000)];
    await bench.pay(gateway.desk);
    await bench.pass(7_200_000, 60_000);
    expect((await bench.order(gateway)).state).toBe('succeeded');
  });

  it('a rate limit that is over in time delays the answer only', async () => {
    const gateway = await bench.open();
    bench.psp.faults = [limits(2_000)];
    expect(await bench.pay(gateway.desk)).toMatchObject({ status: 'SUCCEEDED' });
  });
});
