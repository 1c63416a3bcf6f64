/** Tests recovery: lost responses, declined repeats, crashes and shutdown. An order is paid at most once. */
import { PspError, UnavailableError, type OrderStatus } from '@tributary/connector-api';
import { DeskBench, request, type Answer, type Row } from './testing/desk-bench.js';
import {
  drops,
  lacksPermission,
  limits,
  paysAndDrops,
  refuses,
  type FakePsp,
  type Fault,
} from './testing/fake-psp.js';
import type { Death } from './testing/watched-store.js';

let bench: DeskBench;
beforeEach(() => {
  bench = new DeskBench();
});
afterEach(() => bench.close());

const DAY = 24 * 3_600_000;
const slow: Fault = async () => new Promise(() => {});
/** Executes the payment and never responds. */
const paysAndHangs: Fault = async (order, psp) => {
  psp.pay(order);
  return new Promise(() => {});
};

describe('an order whose answer was lost', () => {
  it.each([
    ['the connection broke after the PSP had taken it', paysAndDrops],
    ['the PSP took it and never answered', paysAndHangs],
  ])('is found: %s', async (_, fault) => {
    const gateway = await bench.open();
    bench.psp.faults = [fault];
    await bench.pay(gateway.desk);
    await bench.passUntil(gateway, 'succeeded');
    expect(bench.psp.sent).toHaveLength(1);
    expect(bench.psp.payments).toHaveLength(1);
    expect((await bench.rows(gateway)).at(-1)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it.each([
    ['the connection broke before', drops],
    ['the PSP never answered, and never took it', slow],
    [
      'the plugin broke',
      () => {
        throw new TypeError('x is undefined');
      },
    ],
    ['the answer says nothing', () => ({}) as never],
  ] satisfies [string, Fault][])(
    'is sent once more under the same key, when the PSP knows nothing of it: %s',
    async (_, fault) => {
      const gateway = await bench.open();
      bench.psp.faults = [fault];
      await bench.pay(gateway.desk);
      await bench.passUntil(gateway, 'succeeded');
      expect(new Set(bench.psp.sent).size).toBe(1);
      expect(bench.psp.sent).toHaveLength(2);
      expect(bench.psp.payments).toHaveLength(1);
    },
  );

  it('is answered within 8 s all the same, and in time for it when the PSP is found to have it', async () => {
    const gateway = await bench.open();
    bench.psp.faults = [paysAndDrops];
    expect((await bench.pay(gateway.desk)).status).toBe('SUCCEEDED');
  });

  it('is never sent again to a PSP that does not recognise repeats; people are told once', async () => {
    const gateway = await bench.open({ terms: { key: 'uuid', remembersFor: 0 } });
    bench.psp.faults = [drops];
    expect((await bench.pay(gateway.desk)).status).toBe('PENDING');
    await bench.pass(3_600_000, 10_000);
    expect(bench.psp.sent).toHaveLength(1);
    expect(bench.psp.looked.length).toBeGreaterThan(5);
    expect((await bench.order(gateway)).state).toBe('unknown');
    expect(bench.logged('nobody knows its outcome')).toHaveLength(1);
    // The attempt arrives at the PSP after all, much later than expected.
    bench.psp.pay({ key: bench.psp.sent[0]! } as never);
    await bench.passUntil(gateway, 'succeeded', { step: 10_000 });
  });

  it('is sent again as long as the PSP remembers its key, and never after', async () => {
    const gateway = await bench.open({ terms: { key: 'uuid', remembersFor: 600_000 } });
    const begin = bench.clock.now();
    const attempts: number[] = [];
    bench.psp.faults = Array.from({ length: 1000 }, (): Fault => () => {
      attempts.push(bench.clock.now() - begin);
      throw new PspError('unavailable', 'down');
    });
    await bench.pay(gateway.desk);
    await bench.pass(3_600_000, 10_000);
    expect(attempts.length).toBeGreaterThan(3);
    expect(Math.max(...attempts)).toBeLessThan(600_000 - 30_000);
    expect((await bench.order(gateway)).state).toBe('unknown');
  });

  it.each(['that can be asked', 'that cannot'])(
    'is sent again as soon as the PSP takes orders, however long it has waited, to a PSP %s',
    async (which) => {
      const gateway = await bench.open();
      if (which === 'that cannot') delete (bench.psp as { findOrder?: unknown }).findOrder;
      bench.psp.faults = Array.from({ length: 100 }, () => drops);
      await bench.pay(gateway.desk);
      await bench.pass(240_000, 1_000);
      bench.psp.faults = [limits(400_000)];
      await bench.pay(gateway.desk, { idempotencyKey: 'pi-2' });
      await bench.pass(390_000, 5_000);
      expect(bench.psp.payments).toEqual([]);
      await bench.pass(12_000, 1_000);
      expect(bench.psp.payments).toHaveLength(2);
    },
  );

  it('of a PSP that cannot be asked is sent again, or left to people where it may not be', async () => {
    delete (bench.psp as { findOrder?: unknown }).findOrder;
    bench.psp.faults = [paysAndDrops];
    const gateway = await bench.open();
    await bench.pay(gateway.desk);
    await bench.passUntil(gateway, 'succeeded');
    expect(bench.psp.payments).toHaveLength(1);

    await gateway.engine.stop();
    const careful = await bench.open({ terms: { key: 'uuid', remembersFor: 0 } });
    bench.psp.faults = [drops];
    await bench.pay(careful.desk, { idempotencyKey: 'pi-2' });
    await bench.pass(1_200_000, 10_000);
    expect((await bench.order(careful, 'pi-2')).state).toBe('unknown');
    expect(bench.psp.sent).toHaveLength(3);
    expect(bench.logged('nobody knows its outcome')).toHaveLength(1);
  });
});

describe('a refusal', () => {
  it('of a repeat fails the order only when the PSP still knows nothing of it some time later', async () => {
    const gateway = await bench.open();
    bench.psp.faults = [drops, refuses];
    await bench.pay(gateway.desk);
    await bench.pass(30_000);
    expect((await bench.order(gateway)).state).toBe('unknown');
    await bench.passUntil(gateway, 'failed');
    expect((await bench.rows(gateway)).map(({ status }) => status)).toEqual(['PENDING', 'FAILED']);
    expect((await bench.rows(gateway)).at(-1)?.metadata).toMatchObject({
      'com.fake.spec/failure_code': 'rejected_402',
    });
    await bench.pass(600_000, 10_000);
    expect(bench.psp.sent).toHaveLength(2);
  });

  it('of a repeat is no failure when the first attempt arrives after it', async () => {
    const gateway = await bench.open();
    let arrive = () => {};
    bench.psp.faults = [
      (order, psp) => {
        arrive = () => void psp.pay(order);
        throw new PspError('unavailable', 'a proxy gave up waiting');
      },
      refuses,
    ];
    await bench.pay(gateway.desk);
    await bench.pass(20_000);
    expect(bench.psp.sent).toHaveLength(2);
    arrive();
    await bench.passUntil(gateway, 'succeeded');
    expect((await bench.rows(gateway)).map(({ status }) => status)).toEqual(['PENDING', 'SUCCEEDED']);
  });

  it('of a repeat counts after some time, where the PSP can only be asked by another repeat', async () => {
    delete (bench.psp as { findOrder?: unknown }).findOrder;
    const gateway = await bench.open();
    bench.psp.faults = [drops, refuses, refuses];
    await bench.pay(gateway.desk);
    await bench.passUntil(gateway, 'failed');
    expect(bench.psp.sent).toHaveLength(3);
  });

  it.each([
    ['too many requests', limits(1_000)],
    ['wrong credentials', lacksPermission],
  ])('for a while says nothing of an earlier attempt: %s', async (_, fault) => {
    const gateway = await bench.open();
    bench.psp.faults = [paysAndDrops, fault];
    bench.psp.looks = [() => undefined, () => undefined];
    await bench.pay(gateway.desk);
    await bench.passUntil(gateway, 'succeeded');
    expect(bench.psp.payments).toHaveLength(1);
    expect((await bench.events(gateway)).join()).not.toContain('waiting');
  });
});

describe('a crash', () => {
  type Story = [string, (psp: FakePsp) => void, OrderStatus | 'nothing'];
  const meets =
    (...faults: Fault[]) =>
    (psp: FakePsp) => {
      psp.faults = [...faults];
    };
  const mute =
    (...faults: Fault[]) =>
    (psp: FakePsp) => {
      psp.faults = [...faults];
      delete (psp as { findOrder?: unknown }).findOrder;
    };
  const STORIES: Story[] = [
    ['a payment that succeeds', meets(), 'SUCCEEDED'],
    ['an answer that is lost', meets(paysAndDrops), 'SUCCEEDED'],
    ['an order that is lost', meets(drops), 'SUCCEEDED'],
    ['a refusal', meets(...Array.from({ length: 20 }, () => refuses)), 'nothing'],
    ['a rate limit', meets(limits(1_000)), 'SUCCEEDED'],
    ['a lost answer, then a rate limit', meets(paysAndDrops, limits(500)), 'SUCCEEDED'],
    ['an answer that is lost by a PSP that cannot be asked', mute(paysAndDrops, drops), 'SUCCEEDED'],
  ];

  describe.each(['before', 'after'] as const)('%s any transaction', (moment) => {
    it.each(STORIES)('changes nothing about %s', async (_, prepare, truth) => {
      let deaths = 0;
      while (await survives({ at: deaths + 1, moment }, prepare, truth)) deaths++;
      expect(deaths).toBeGreaterThanOrEqual(3);
    });
  });

  /** Submits an order to a gateway that crashes, and again to the next gateway. @returns whether the first gateway crashed */
  async function survives(death: Death, prepare: (psp: FakePsp) => void, truth: Story[2]): Promise<boolean> {
    const idempotencyKey = `pi-${death.at}`;
    prepare(bench.psp);
    const gateway = await bench.open({ death });
    const first = await bench
      .until(gateway.desk.pay('PAYOUT', request({ idempotencyKey })))
      .catch(() => undefined);
    await bench.pass(12_000, 2_000);
    const died = gateway.watched.isDead;
    gateway.watched.kill();
    const next = await bench.open();
    const again = await bench.bytes(next.desk, { idempotencyKey });
    expect(again).toBe(first ?? again);
    const state = truth === 'nothing' ? 'failed' : 'succeeded';
    const { pspKey } = await bench.passUntil(next, state, { key: idempotencyKey, step: 2_000 });
    await bench.untilTold(next);
    await next.engine.stop();
    const paid = bench.psp.payments.filter(({ key }) => key === pspKey).length;
    expect({ death, paid }).toEqual({ death, paid: truth === 'nothing' ? 0 : 1 });
    const rows = (await bench.rows(next)).filter((row) => row.relatedTransactionID === idempotencyKey);
    expectToldRight(JSON.parse(again) as Answer, rows, truth === 'nothing' ? 'FAILED' : truth);
    next.watched.kill();
    return died;
  }

  it('is remembered by whoever sends again without asking: a refusal of the repeat fails nothing at once', async () => {
    delete (bench.psp as { findOrder?: unknown }).findOrder;
    bench.psp.faults = [paysAndHangs, refuses];
    const sent = await bench.open({ start: false });
    const lost = sent.desk.pay('PAYOUT', request()).catch((error: unknown) => error);
    await bench.pass(1_000);
    expect(bench.psp.payments).toHaveLength(1);
    sent.watched.kill();
    const next = await bench.open();
    await bench.pass(60_000, 5_000);
    expect(bench.psp.sent).toHaveLength(2);
    expect((await bench.order(next)).state).toBe('unknown');
    await bench.passUntil(next, 'succeeded', { step: 5_000 });
    expect((await bench.rows(next)).map(({ status }) => status)).toEqual(['PENDING', 'SUCCEEDED']);
    expect(await lost).toBeInstanceOf(UnavailableError);
  });

  it('of one gateway leaves its orders to another, when its lease is over', async () => {
    const [one, other] = [
      await bench.open({ start: false, death: { at: 2, moment: 'after' } }),
      await bench.open(),
    ];
    const lost = one.desk.pay('PAYOUT', request()).catch((error: unknown) => error);
    // Even if the store does not respond, the client gets an error within 8 s.
    await bench.pass(8_000, 500);
    expect(await lost).toBeInstanceOf(UnavailableError);
    await bench.pass(32_000, 1_000);
    expect((await bench.order(other)).state).toBe('sending');
    await bench.passUntil(other, 'succeeded', { step: 1_000 });
    expect(bench.psp.payments).toHaveLength(1);
  });
});

/** Checks what Formance reads: one payment, whose newest entry has the true status, and no FAILED for a payment that was made. */
function expectToldRight(answer: Answer, rows: Row[], truth: string): void {
  expect(rows[0]).toMatchObject({ id: answer.id, status: answer.status, createdAt: answer.createdAt });
  expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([answer.id]));
  const newest = rows.toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt)).at(-1);
  expect(newest?.status).toBe(truth);
  if (truth !== 'FAILED') expect(rows.map(({ status }) => status)).not.toContain('FAILED');
}

it('what is due of one connector is done, however much of another one waits that nobody serves', async () => {
  const gateway = await bench.open({ start: false, death: { at: 1, moment: 'after' } });
  void gateway.desk.pay('PAYOUT', request());
  await bench.pass(200);
  const next = await bench.open({ start: false });
  const left = next.store.orders('removed');
  for (let number = 0; number < 260; number++) {
    const createdAt = bench.clock.now() - 60_000 + number;
    const names = { id: `left-${number}`, idempotencyKey: `left-${number}`, pspKey: `left-${number}` };
    const what = { kind: 'PAYOUT', request: '{}', amount: 1n, asset: 'EUR/2', createdAt } as const;
    await left.receive({ ...names, ...what }, () => ({ set: { nextAt: createdAt } }));
  }
  next.engine.start();
  await bench.passUntil(next, 'succeeded');
  expect(bench.psp.payments).toHaveLength(1);
});

describe('stopping', () => {
  it('finishes the calls that end in time', async () => {
    const gateway = await bench.open();
    let answerNow = () => {};
    bench.psp.faults = [
      async (order, psp) => {
        await new Promise<void>((resolve) => (answerNow = resolve));
        return psp.pay(order);
      },
    ];
    const answer = gateway.desk.pay('PAYOUT', request());
    await bench.pass(500);
    const stopped = gateway.engine.stop();
    await bench.pass(1_000);
    answerNow();
    await stopped;
    expect(JSON.parse(await answer)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await bench.order(gateway)).state).toBe('succeeded');
  });

  it('records the others as unknown, free for the next gateway at once', async () => {
    const gateway = await bench.open();
    bench.psp.faults = [paysAndHangs];
    await bench.pay(gateway.desk);
    await bench.until(gateway.engine.stop());
    const { state, holder } = await bench.order(gateway);
    expect({ state, holder }).toEqual({ state: 'unknown', holder: undefined });
    const next = await bench.open();
    await bench.pass(1_000);
    expect((await bench.order(next)).state).toBe('succeeded');
    expect(bench.psp.sent).toHaveLength(1);
  });
});

it('a process that was held up between taking an order on and sending it does not send it', async () => {
  const gateway = await bench.open({ start: false, terms: { key: 'uuid', remembersFor: 3_600_000 } });
  // The machine slept for a day between the commit of the state `sending` and the PSP call.
  gateway.watched.onCommit = async (commits) => {
    if (commits === 2) await bench.clock.advance(DAY);
  };
  // The client of that request has given up long ago.
  gateway.desk.pay('PAYOUT', request()).catch(() => undefined);
  await bench.pass(3_000);
  expect(gateway.watched.commits).toBeGreaterThan(2);
  expect(bench.psp.sent).toEqual([]);
  expect((await bench.order(gateway)).state).toBe('waiting');
});
