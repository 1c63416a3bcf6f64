/** Property-based test: after random events in random order, clients see the true status in time, and each amount counts once. */
import type { OrderStatus } from '@tributary/connector-api';
import fc from 'fast-check';
import { DeskBench, request, type Answer, type Gateway, type Row } from './testing/desk-bench.js';
import { drops, paysAndDrops, refuses } from './testing/fake-psp.js';

/** Time in ms until a client has read a response and stamped its own entry: less than 10 s for each. */
const READING = 19_000;
const FAULTS = { drops, paysAndDrops, refuses };
const PAUSES = [100, 2_000, 7_000, 15_000, 31_000, 60_000];

type Event =
  | { what: 'asks' | 'cannot be asked' }
  | { what: 'dies' | 'lists'; gateway: number }
  | { what: 'settles'; as: OrderStatus };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.constant({ what: 'asks' as const }),
  fc.constant({ what: 'cannot be asked' as const }),
  fc.record({ what: fc.constantFrom('dies', 'lists'), gateway: fc.nat(1) }),
  fc.record({
    what: fc.constant('settles' as const),
    as: fc.constantFrom<OrderStatus>('SUCCEEDED', 'FAILED', 'RETURNED'),
  }),
);
const story = fc.record({
  first: fc.constantFrom<OrderStatus>('PENDING', 'SUCCEEDED', 'FAILED', 'RETURNED'),
  faults: fc.array(fc.constantFrom('drops', 'paysAndDrops', 'refuses'), { maxLength: 3 }),
  events: fc.array(fc.tuple(fc.constantFrom(...PAUSES), event), { minLength: 2, maxLength: 9 }),
});

type Story = typeof story extends fc.Arbitrary<infer Told> ? Told : never;

/** Returns a story that random generation rarely finds: the PSP corrects itself, and the lookup fails when its listing says so. */
function dispute(pause: number): Story {
  const events: Story['events'] = [
    [pause, { what: 'settles', as: 'FAILED' }],
    [100, { what: 'cannot be asked' }],
    [100, { what: 'lists', gateway: 1 }],
  ];
  return { first: 'SUCCEEDED', faults: [], events };
}

/** A failed payment succeeds after all and is returned, both between two lookups. */
const PASSED_UNSEEN: Story = {
  first: 'FAILED',
  faults: [],
  events: [
    [31_000, { what: 'settles', as: 'SUCCEEDED' }],
    [100, { what: 'settles', as: 'RETURNED' }],
  ],
};

/** Runs one order on two gateways, and records which responses clients read and when. */
class Trial {
  readonly answers: { answer: Answer; at: number }[] = [];
  private listed: OrderStatus | undefined;

  private constructor(
    private readonly bench: DeskBench,
    private readonly gateways: [Gateway, Gateway],
  ) {}

  static async of(bench: DeskBench): Promise<Trial> {
    return new Trial(bench, [await bench.open(), await bench.open()]);
  }

  async meet(event: Event): Promise<void> {
    switch (event.what) {
      case 'asks':
        return this.ask();
      case 'cannot be asked':
        return void this.bench.psp.looks.push(() => {
          throw new Error('down');
        });
      case 'dies':
        this.gateways[event.gateway]?.watched.kill();
        this.gateways[event.gateway] = await this.bench.open();
        return;
      case 'lists':
        return this.list(event.gateway);
      case 'settles':
        return this.settle(event.as);
    }
  }

  /** Submits the order. A gateway that crashes meanwhile never responds. */
  ask(): void {
    const read = (text: string) =>
      this.answers.push({ answer: JSON.parse(text) as Answer, at: this.bench.clock.now() });
    void this.gateways[0].desk.pay('PAYOUT', request()).then(read, () => undefined);
  }

  /** Passes the payment's status to the matcher. Sync reads each change once, because its cursor moves on. */
  async list(gateway = 0): Promise<void> {
    const [payment] = this.bench.psp.payments;
    if (!payment || payment.status === this.listed) return;
    this.listed = payment.status;
    const movement = {
      ...{ id: payment.id, orderKey: payment.key, type: 'PAYOUT' as const },
      createdAt: new Date(this.bench.clock.now()).toISOString(),
      status: payment.status === 'RETURNED' ? ('REFUNDED' as const) : payment.status,
      amount: { amount: 1250n, asset: 'EUR/2' },
    };
    await this.gateways[gateway]?.claims.claim([movement]);
  }

  rows(): Promise<Row[]> {
    return this.bench.rows(this.gateways[0]);
  }

  private settle(status: OrderStatus): void {
    const [payment] = this.bench.psp.payments;
    if (payment && mayFollow(payment.status, status)) payment.status = status;
  }
}

/** Tells whether a PSP may change the status: it may correct itself, but a returned payment stays returned, and a failed one can only succeed. */
function mayFollow(before: OrderStatus, after: OrderStatus): boolean {
  return before !== 'RETURNED' && (before !== 'FAILED' || after === 'SUCCEEDED');
}

function checkTimes(rows: readonly Row[], answers: Trial['answers']): void {
  const times = rows.map(({ createdAt }) => Date.parse(createdAt));
  expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  expect(new Set(answers.map(({ answer }) => JSON.stringify(answer))).size).toBeLessThanOrEqual(1);
  // Without clock changes, the feed time of a row is its publication time.
  const told = rows.slice(1).map(({ updatedAt }) => Date.parse(updatedAt));
  const early = answers.flatMap(({ at }) => told.filter((time) => time >= at && time < at + READING));
  expect(early).toEqual([]);
}

function checkAmounts(rows: readonly Row[], status: OrderStatus | undefined): void {
  const returned = rows.filter(({ id }) => id.endsWith('-return')).map(({ amount }) => BigInt(amount));
  expect(returned.reduce((sum, amount) => sum + amount, 0n)).toBe(status === 'RETURNED' ? 1250n : 0n);
}

/** Returns the status that a client shows in the end: the newest of the rows and of its own entries after each response. */
function shownAtLast(rows: readonly Row[], answers: Trial['answers']): string | undefined {
  const entries = [
    ...rows.map(({ createdAt, status }) => ({ at: Date.parse(createdAt), status })),
    ...answers.map(({ answer, at }) => ({ at: at + READING, status: answer.status })),
  ];
  return entries.toSorted((a, b) => a.at - b.at).at(-1)?.status;
}

it('an order that anything may happen to ends as the PSP says, and is paid once', async () => {
  const tell = fc.asyncProperty(story, async ({ first, faults, events }) => {
    const bench = new DeskBench();
    try {
      bench.psp.first = first;
      bench.psp.faults = faults.map((name) => FAULTS[name]);
      const trial = await Trial.of(bench);
      trial.ask();
      for (const [pause, each] of events) {
        await bench.pass(pause, 2_000);
        await trial.meet(each);
      }
      await bench.pass(120_000, 5_000);
      await trial.list();
      await bench.pass(3_600_000, 120_000);
      const status = bench.psp.payments[0]?.status;
      const rows = await trial.rows();
      expect(bench.psp.payments.length).toBeLessThanOrEqual(1);
      checkTimes(rows, trial.answers);
      checkAmounts(rows, status);
      const last = status === 'RETURNED' ? 'REFUNDED' : (status ?? 'FAILED');
      expect(shownAtLast(rows, trial.answers)).toBe(last);
    } finally {
      await bench.close();
    }
  });
  const examples: [Story][] = [[dispute(31_000)], [dispute(100)], [PASSED_UNSEEN]];
  await fc.assert(tell, { numRuns: 8, endOnFailure: true, examples });
}, 120_000);
