/** Tests that an order is paid at most once after lost responses, declined repeats, crashes and shutdowns. */
import { PspError, GatewayUnavailableError, type Order, type OrderStatus } from '@tributary/connector-api';
import {
  OrderTestHarness,
  createRequest,
  type OrderResponse,
  type TransactionRow,
} from '../testing/order-test-harness.js';
import {
  dropConnection,
  failWithUnauthorized,
  answerRateLimited,
  executeAndDropConnection,
  declineOrder,
  type FakePsp,
  type AttemptScript,
} from '../testing/fake-psp.js';
import type { CrashPoint } from '../testing/instrumented-store.js';

let harness: OrderTestHarness;
beforeEach(() => {
  harness = new OrderTestHarness();
});
afterEach(() => harness.close());

const DAY_MS = 24 * 3_600_000;
const neverRespond: AttemptScript = async () => new Promise(() => {});
/** Closes the connection without executing the payment. The gateway cannot know this. */
const loseRequest: AttemptScript = () => {
  throw new PspError('unknown-outcome', 'the connection was reset');
};
/** Executes the payment and never responds. */
const executeAndHang: AttemptScript = async (order, psp) => {
  psp.executePayment(order);
  return new Promise(() => {});
};

describe('an order whose answer was lost', () => {
  it.each([
    ['the connection broke after the PSP had taken it', executeAndDropConnection],
    ['the PSP took it and never answered', executeAndHang],
  ])('is found: %s', async (_, fault) => {
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [fault];
    await harness.submit(gateway.service);
    await harness.advanceUntilState(gateway, 'succeeded');
    expect(harness.psp.attemptedKeys).toHaveLength(1);
    expect(harness.psp.payments).toHaveLength(1);
    expect((await harness.readRows(gateway)).at(-1)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is sent again instead of looked up, where the PSP finds an order by its own id only', async () => {
    const idempotency = {
      keyFormat: 'uuid',
      idempotencyWindowMs: DAY_MS,
      findsOrdersByIdOnly: true,
    } as const;
    const gateway = await harness.openGateway({ idempotency });
    harness.psp.attemptScripts = [executeAndDropConnection];
    harness.psp.initialStatus = 'PENDING';
    await harness.submit(gateway.service);
    await harness.advanceUntilState(gateway, 'pending');
    expect(harness.psp.lookedUpKeys).toEqual([]);
    expect(harness.psp.attemptedKeys).toHaveLength(2);
    expect(harness.psp.payments).toHaveLength(1);
    // The response to the repeat contained the PSP's id of the order, so the order can be looked up from now on.
    harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'SUCCEEDED');
    await harness.advanceUntilState(gateway, 'succeeded');
    expect(harness.psp.lookedUpKeys.length).toBeGreaterThan(0);
    expect(harness.psp.attemptedKeys).toHaveLength(2);
  });

  it.each([
    ['the connection broke before', dropConnection],
    ['the PSP never answered, and never took it', neverRespond],
    [
      'the plugin broke',
      () => {
        throw new TypeError('x is undefined');
      },
    ],
    ['the answer says nothing', () => ({}) as never],
  ] satisfies [string, AttemptScript][])(
    'is sent once more under the same key, when the PSP knows nothing of it: %s',
    async (_, fault) => {
      const gateway = await harness.openGateway();
      harness.psp.attemptScripts = [fault];
      await harness.submit(gateway.service);
      await harness.advanceUntilState(gateway, 'succeeded');
      expect(new Set(harness.psp.attemptedKeys).size).toBe(1);
      expect(harness.psp.attemptedKeys).toHaveLength(2);
      expect(harness.psp.payments).toHaveLength(1);
    },
  );

  it('is answered within 8 s all the same, and in time for it when the PSP is found to have it', async () => {
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [executeAndDropConnection];
    expect((await harness.submit(gateway.service)).status).toBe('SUCCEEDED');
  });

  it('is never sent again to a PSP that does not recognise repeats; people are told once', async () => {
    const gateway = await harness.openGateway({ idempotency: { keyFormat: 'uuid', idempotencyWindowMs: 0 } });
    harness.psp.attemptScripts = [dropConnection];
    expect((await harness.submit(gateway.service)).status).toBe('PENDING');
    await harness.advance(3_600_000, 10_000);
    expect(harness.psp.attemptedKeys).toHaveLength(1);
    expect(harness.psp.lookedUpKeys.length).toBeGreaterThan(5);
    expect((await harness.getOrder(gateway)).state).toBe('unknown');
    expect(harness.findLogLines('its outcome is unknown')).toHaveLength(1);
    // The attempt still arrives at the PSP, but much later than expected.
    harness.psp.executePayment({ idempotencyKey: harness.psp.attemptedKeys[0]! } as Order);
    await harness.advanceUntilState(gateway, 'succeeded', { step: 10_000 });
  });

  it('is sent again as long as the PSP remembers its key, and never after', async () => {
    const gateway = await harness.openGateway({
      idempotency: { keyFormat: 'uuid', idempotencyWindowMs: 600_000 },
    });
    const begin = harness.clock.now();
    const attempts: number[] = [];
    harness.psp.attemptScripts = Array.from({ length: 1000 }, (): AttemptScript => () => {
      attempts.push(harness.clock.now() - begin);
      throw new PspError('unavailable', 'down');
    });
    await harness.submit(gateway.service);
    await harness.advance(3_600_000, 10_000);
    expect(attempts.length).toBeGreaterThan(3);
    expect(Math.max(...attempts)).toBeLessThan(600_000 - 30_000);
    expect((await harness.getOrder(gateway)).state).toBe('unknown');
  });

  it.each(['that can be asked', 'that cannot'])(
    'is sent again as soon as the PSP takes orders, however long it has waited, to a PSP %s',
    async (which) => {
      const gateway = await harness.openGateway();
      if (which === 'that cannot') delete (harness.psp as { findOrder?: unknown }).findOrder;
      harness.psp.attemptScripts = Array.from({ length: 100 }, () => dropConnection);
      await harness.submit(gateway.service);
      await harness.advance(240_000, 1_000);
      harness.psp.attemptScripts = [answerRateLimited(400_000)];
      await harness.submit(gateway.service, { idempotencyKey: 'pi-2' });
      await harness.advance(390_000, 5_000);
      expect(harness.psp.payments).toEqual([]);
      await harness.advance(12_000, 1_000);
      expect(harness.psp.payments).toHaveLength(2);
    },
  );

  it('of a PSP that cannot be asked is sent again, or left to people where it may not be', async () => {
    delete (harness.psp as { findOrder?: unknown }).findOrder;
    harness.psp.attemptScripts = [executeAndDropConnection];
    const gateway = await harness.openGateway();
    await harness.submit(gateway.service);
    await harness.advanceUntilState(gateway, 'succeeded');
    expect(harness.psp.payments).toHaveLength(1);

    await gateway.engine.stop();
    const careful = await harness.openGateway({ idempotency: { keyFormat: 'uuid', idempotencyWindowMs: 0 } });
    harness.psp.attemptScripts = [dropConnection];
    await harness.submit(careful.service, { idempotencyKey: 'pi-2' });
    await harness.advance(1_200_000, 10_000);
    expect((await harness.getOrder(careful, 'pi-2')).state).toBe('unknown');
    expect(harness.psp.attemptedKeys).toHaveLength(3);
    expect(harness.findLogLines('its outcome is unknown')).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('of a repeat fails the order only when the PSP still knows nothing of it some time later', async () => {
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [dropConnection, declineOrder];
    await harness.submit(gateway.service);
    await harness.advance(30_000);
    expect((await harness.getOrder(gateway)).state).toBe('unknown');
    await harness.advanceUntilState(gateway, 'failed');
    expect((await harness.readRows(gateway)).map(({ status }) => status)).toEqual(['PENDING', 'FAILED']);
    expect((await harness.readRows(gateway)).at(-1)?.metadata).toMatchObject({
      'com.fake.spec/failure_code': 'rejected_402',
    });
    await harness.advance(600_000, 10_000);
    expect(harness.psp.attemptedKeys).toHaveLength(2);
  });

  it('of a repeat is no failure when the first attempt arrives after it', async () => {
    const gateway = await harness.openGateway();
    let arrive = () => {};
    harness.psp.attemptScripts = [
      (order, psp) => {
        arrive = () => void psp.executePayment(order);
        throw new PspError('unavailable', 'a proxy gave up waiting');
      },
      declineOrder,
    ];
    await harness.submit(gateway.service);
    await harness.advance(20_000);
    expect(harness.psp.attemptedKeys).toHaveLength(2);
    arrive();
    await harness.advanceUntilState(gateway, 'succeeded');
    expect((await harness.readRows(gateway)).map(({ status }) => status)).toEqual(['PENDING', 'SUCCEEDED']);
  });

  it('of a repeat counts after some time, where the PSP can only be asked by another repeat', async () => {
    delete (harness.psp as { findOrder?: unknown }).findOrder;
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [dropConnection, declineOrder, declineOrder];
    await harness.submit(gateway.service);
    await harness.advanceUntilState(gateway, 'failed');
    expect(harness.psp.attemptedKeys).toHaveLength(3);
  });

  it.each([
    ['too many requests', answerRateLimited(1_000)],
    ['wrong credentials', failWithUnauthorized],
  ])('for a while says nothing of an earlier attempt: %s', async (_, fault) => {
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [executeAndDropConnection, fault];
    harness.psp.lookupScripts = [() => undefined, () => undefined];
    await harness.submit(gateway.service);
    await harness.advanceUntilState(gateway, 'succeeded');
    expect(harness.psp.payments).toHaveLength(1);
    expect((await harness.readEvents(gateway)).join()).not.toContain('waiting');
  });
});

describe('a crash', () => {
  type Story = [string, (psp: FakePsp) => void, OrderStatus | 'nothing'];
  const scriptAttempts =
    (...faults: AttemptScript[]) =>
    (psp: FakePsp) => {
      psp.attemptScripts = [...faults];
    };
  const scriptWithoutLookup =
    (...faults: AttemptScript[]) =>
    (psp: FakePsp) => {
      psp.attemptScripts = [...faults];
      delete (psp as { findOrder?: unknown }).findOrder;
    };
  const STORIES: Story[] = [
    ['a payment that succeeds', scriptAttempts(), 'SUCCEEDED'],
    ['an answer that is lost', scriptAttempts(executeAndDropConnection), 'SUCCEEDED'],
    ['an order that is lost', scriptAttempts(dropConnection), 'SUCCEEDED'],
    ['a refusal', scriptAttempts(...Array.from({ length: 20 }, () => declineOrder)), 'nothing'],
    ['a rate limit', scriptAttempts(answerRateLimited(1_000)), 'SUCCEEDED'],
    [
      'a lost answer, then a rate limit',
      scriptAttempts(executeAndDropConnection, answerRateLimited(500)),
      'SUCCEEDED',
    ],
    [
      'an answer that is lost by a PSP that cannot be asked',
      scriptWithoutLookup(executeAndDropConnection, dropConnection),
      'SUCCEEDED',
    ],
  ];

  describe.each(['before', 'after'] as const)('%s any transaction', (moment) => {
    it.each(STORIES)('changes nothing about %s', async (_, prepare, truth) => {
      let deaths = 0;
      while (await submitAcrossCrash({ commitNumber: deaths + 1, moment }, prepare, truth)) deaths++;
      expect(deaths).toBeGreaterThanOrEqual(3);
    });
  });

  /**
   * Submits an order to a gateway that crashes, and then to the next gateway.
   * @returns true if the first gateway crashed
   */
  async function submitAcrossCrash(
    crashPoint: CrashPoint,
    prepare: (psp: FakePsp) => void,
    truth: Story[2],
  ): Promise<boolean> {
    const idempotencyKey = `pi-${crashPoint.commitNumber}`;
    prepare(harness.psp);
    const gateway = await harness.openGateway({ crashPoint });
    const first = await harness
      .advanceUntilSettled(gateway.service.submit('PAYOUT', createRequest({ idempotencyKey })))
      .catch(() => undefined);
    await harness.advance(12_000, 2_000);
    const died = gateway.instrumented.hasCrashed;
    gateway.instrumented.crash();
    const next = await harness.openGateway();
    const again = await harness.submitRaw(next.service, { idempotencyKey });
    expect(again).toBe(first ?? again);
    const state = truth === 'nothing' ? 'failed' : 'succeeded';
    const { pspKey } = await harness.advanceUntilState(next, state, { key: idempotencyKey, step: 2_000 });
    await harness.advanceUntilPublished(next);
    await next.engine.stop();
    const paid = harness.psp.payments.filter(({ key }) => key === pspKey).length;
    expect({ death: crashPoint, paid }).toEqual({ death: crashPoint, paid: truth === 'nothing' ? 0 : 1 });
    const rows = (await harness.readRows(next)).filter((row) => row.relatedTransactionID === idempotencyKey);
    expectCorrectRows(JSON.parse(again) as OrderResponse, rows, truth === 'nothing' ? 'FAILED' : truth);
    next.instrumented.crash();
    return died;
  }

  it('is known to a gateway that repeats an order without a lookup: a declined repeat does not fail the order at once', async () => {
    delete (harness.psp as { findOrder?: unknown }).findOrder;
    harness.psp.attemptScripts = [executeAndHang, declineOrder];
    const sent = await harness.openGateway({ start: false });
    const lost = sent.service.submit('PAYOUT', createRequest()).catch((error: unknown) => error);
    await harness.advance(1_000);
    expect(harness.psp.payments).toHaveLength(1);
    sent.instrumented.crash();
    const next = await harness.openGateway();
    await harness.advance(60_000, 5_000);
    expect(harness.psp.attemptedKeys).toHaveLength(2);
    expect((await harness.getOrder(next)).state).toBe('unknown');
    await harness.advanceUntilState(next, 'succeeded', { step: 5_000 });
    expect((await harness.readRows(next)).map(({ status }) => status)).toEqual(['PENDING', 'SUCCEEDED']);
    expect(await lost).toBeInstanceOf(GatewayUnavailableError);
  });

  it('of one gateway leaves its orders to another, when its lease is over', async () => {
    const [one, other] = [
      await harness.openGateway({ start: false, crashPoint: { commitNumber: 2, moment: 'after' } }),
      await harness.openGateway(),
    ];
    const lost = one.service.submit('PAYOUT', createRequest()).catch((error: unknown) => error);
    // Even if the store does not respond, the client gets an error within 8 s.
    await harness.advance(8_000, 500);
    expect(await lost).toBeInstanceOf(GatewayUnavailableError);
    await harness.advance(32_000, 1_000);
    expect((await harness.getOrder(other)).state).toBe('sending');
    await harness.advanceUntilState(other, 'succeeded', { step: 1_000 });
    expect(harness.psp.payments).toHaveLength(1);
  });
});

/**
 * Checks the rows that Formance reads. They must describe one payment, and the newest row must have the true status. An executed payment
 * must never be FAILED.
 */
function expectCorrectRows(answer: OrderResponse, rows: TransactionRow[], truth: string): void {
  expect(rows[0]).toMatchObject({ id: answer.id, status: answer.status, createdAt: answer.createdAt });
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([answer.id]));
  const newest = rows.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt)).at(-1);
  expect(newest?.status).toBe(truth);
  if (truth !== 'FAILED') expect(rows.map(({ status }) => status)).not.toContain('FAILED');
}

it('the due orders of one connector are executed, even if many orders wait of a connector that no gateway serves', async () => {
  const gateway = await harness.openGateway({
    start: false,
    crashPoint: { commitNumber: 1, moment: 'after' },
  });
  void gateway.service.submit('PAYOUT', createRequest());
  await harness.advance(200);
  const next = await harness.openGateway({ start: false });
  const left = next.store.orders('removed');
  for (let number = 0; number < 260; number++) {
    const createdAt = harness.clock.now() - 60_000 + number;
    const names = { id: `left-${number}`, idempotencyKey: `left-${number}`, pspKey: `left-${number}` };
    const what = { kind: 'PAYOUT', request: '{}', amount: 1n, asset: 'EUR/2', createdAt } as const;
    await left.insertOrGet({ ...names, ...what }, () => ({ set: { nextActionAt: createdAt } }));
  }
  next.engine.start();
  await harness.advanceUntilState(next, 'succeeded');
  expect(harness.psp.payments).toHaveLength(1);
});

describe('stopping', () => {
  it('finishes the calls that end in time', async () => {
    const gateway = await harness.openGateway();
    let answerNow = () => {};
    harness.psp.attemptScripts = [
      async (order, psp) => {
        await new Promise<void>((resolve) => (answerNow = resolve));
        return psp.executePayment(order);
      },
    ];
    const answer = gateway.service.submit('PAYOUT', createRequest());
    await harness.advance(500);
    const stopped = gateway.engine.stop();
    await harness.advance(1_000);
    answerNow();
    await stopped;
    expect(JSON.parse(await answer)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await harness.getOrder(gateway)).state).toBe('succeeded');
  });

  it('records the others as unknown, free for the next gateway at once', async () => {
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [executeAndHang];
    await harness.submit(gateway.service);
    await harness.advanceUntilSettled(gateway.engine.stop());
    const { state, holder } = await harness.getOrder(gateway);
    expect({ state, holder }).toEqual({ state: 'unknown', holder: undefined });
    const next = await harness.openGateway();
    await harness.advance(1_000);
    expect((await harness.getOrder(next)).state).toBe('succeeded');
    expect(harness.psp.attemptedKeys).toHaveLength(1);
  });

  it('leaves an old order that the PSP does not have to the next gateway at once', async () => {
    const gateway = await harness.openGateway();
    harness.psp.attemptScripts = [loseRequest];
    let isPspAway = true;
    let answerNow = () => {};
    const findNothing = async () => {
      if (isPspAway) throw new PspError('unavailable', 'the PSP is away');
      await new Promise<void>((resolve) => (answerNow = resolve));
      return undefined;
    };
    harness.psp.lookupScripts = Array.from({ length: 100 }, () => findNothing);
    await harness.submit(gateway.service);
    await harness.advance(600_000, 5_000);
    isPspAway = false;
    const lookupCount = harness.psp.lookedUpKeys.length;
    while (harness.psp.lookedUpKeys.length === lookupCount) await harness.advance(1_000);
    const stopped = gateway.engine.stop();
    answerNow();
    await harness.advanceUntilSettled(stopped);
    harness.psp.lookupScripts = [];
    const next = await harness.openGateway();
    await harness.advance(2_000);
    expect((await harness.getOrder(next)).state).toBe('succeeded');
    expect(harness.psp.payments).toHaveLength(1);
  });
});

it('a process that was held up between taking an order on and sending it does not send it', async () => {
  const gateway = await harness.openGateway({
    start: false,
    idempotency: { keyFormat: 'uuid', idempotencyWindowMs: 3_600_000 },
  });
  // The machine sleeps for a day between the commit of the state `sending` and the call to the PSP.
  gateway.instrumented.onCommit = async (commits) => {
    if (commits === 2) await harness.clock.advance(DAY_MS);
  };
  // The client of this request no longer waits for a response.
  gateway.service.submit('PAYOUT', createRequest()).catch(() => undefined);
  await harness.advance(3_000);
  expect(gateway.instrumented.commitCount).toBeGreaterThan(2);
  expect(harness.psp.attemptedKeys).toEqual([]);
  expect((await harness.getOrder(gateway)).state).toBe('waiting');
});
