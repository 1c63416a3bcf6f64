/**
 * A property-based test. After random events in random sequence, clients must see the true status in time, and each amount must be counted
 * once.
 */
import type { OrderStatus } from '@tributary/connector-api';
import fc from 'fast-check';
import {
  OrderTestHarness,
  createRequest,
  type OrderResponse,
  type TestGateway,
  type TransactionRow,
} from '../testing/order-test-harness.js';
import { dropConnection, executeAndDropConnection, declineOrder } from '../testing/fake-psp.js';

/**
 * The maximum time in ms until a client has read a response and stored it with the current time. Reading and storing take less than 10 s
 * each.
 */
const CLIENT_READ_MS = 19_000;
/** The number of sequences of random events. `npm run soak` sets it to 200. */
const RANDOM_STORIES = Number(process.env['RANDOM_STORIES'] ?? 5);
/**
 * The resolution of timers in ms in the hour after the last event. Two gateways that poll twice per second would make 14 400 queries in this
 * hour, although the delays in it are minutes.
 */
const LAST_HOUR_RESOLUTION_MS = 5_000;
const ATTEMPT_SCRIPTS = {
  drops: dropConnection,
  paysAndDrops: executeAndDropConnection,
  refuses: declineOrder,
};
const DELAYS_MS = [100, 2_000, 7_000, 15_000, 31_000, 60_000];

type RandomEvent =
  | { what: 'asks' | 'cannot be asked' }
  | { what: 'dies' | 'lists'; gateway: number }
  | { what: 'settles'; as: OrderStatus };

const arbitraryEvent: fc.Arbitrary<RandomEvent> = fc.oneof(
  fc.constant({ what: 'asks' as const }),
  fc.constant({ what: 'cannot be asked' as const }),
  fc.record({ what: fc.constantFrom('dies', 'lists'), gateway: fc.nat(1) }),
  fc.record({
    what: fc.constant('settles' as const),
    as: fc.constantFrom<OrderStatus>('SUCCEEDED', 'FAILED', 'RETURNED'),
  }),
);
const arbitraryStory = fc.record({
  first: fc.constantFrom<OrderStatus>('PENDING', 'SUCCEEDED', 'FAILED', 'RETURNED'),
  faults: fc.array(fc.constantFrom('drops', 'paysAndDrops', 'refuses'), { maxLength: 3 }),
  events: fc.array(fc.tuple(fc.constantFrom(...DELAYS_MS), arbitraryEvent), { minLength: 2, maxLength: 9 }),
});

type Story = typeof arbitraryStory extends fc.Arbitrary<infer Told> ? Told : never;

/**
 * Creates a sequence of events that random generation rarely produces. The PSP corrects a status, and the lookup fails at the moment when
 * the listing reports the correction.
 */
function createDisputeStory(pause: number): Story {
  const events: Story['events'] = [
    [pause, { what: 'settles', as: 'FAILED' }],
    [100, { what: 'cannot be asked' }],
    [100, { what: 'lists', gateway: 1 }],
  ];
  return { first: 'SUCCEEDED', faults: [], events };
}

/** A failed payment becomes successful and is then returned. No lookup takes place between the two changes. */
const SUCCESS_AND_RETURN_UNSEEN: Story = {
  first: 'FAILED',
  faults: [],
  events: [
    [31_000, { what: 'settles', as: 'SUCCEEDED' }],
    [100, { what: 'settles', as: 'RETURNED' }],
  ],
};

/** Runs one order on two gateways. It records which responses clients read, and when. */
class StoryRun {
  readonly answers: { answer: OrderResponse; at: number }[] = [];
  private lastListedStatus: OrderStatus | undefined;

  private constructor(
    private readonly harness: OrderTestHarness,
    private readonly gateways: [TestGateway, TestGateway],
  ) {}

  static async create(bench: OrderTestHarness): Promise<StoryRun> {
    return new StoryRun(bench, [await bench.openGateway(), await bench.openGateway()]);
  }

  async applyEvent(event: RandomEvent): Promise<void> {
    switch (event.what) {
      case 'asks':
        return this.submitOrder();
      case 'cannot be asked':
        return void this.harness.psp.lookupScripts.push(() => {
          throw new Error('down');
        });
      case 'dies':
        this.gateways[event.gateway]?.instrumented.crash();
        this.gateways[event.gateway] = await this.harness.openGateway();
        return;
      case 'lists':
        return this.listPayment(event.gateway);
      case 'settles':
        return this.setPaymentStatus(event.as);
    }
  }

  /** Submits the order. If the gateway crashes during the call, the promise never settles. */
  submitOrder(): void {
    const read = (text: string) =>
      this.answers.push({ answer: JSON.parse(text) as OrderResponse, at: this.harness.clock.now() });
    void this.gateways[0].service.submit('PAYOUT', createRequest()).then(read, () => undefined);
  }

  /** Passes the payment's status to the matcher. A listing returns each change only once, because the next listing continues after it. */
  async listPayment(gateway = 0): Promise<void> {
    const [payment] = this.harness.psp.payments;
    if (!payment || payment.status === this.lastListedStatus) return;
    this.lastListedStatus = payment.status;
    const movement = {
      ...{ id: payment.id, orderKey: payment.key, type: 'PAYOUT' as const },
      createdAt: new Date(this.harness.clock.now()).toISOString(),
      status: payment.status === 'RETURNED' ? ('REFUNDED' as const) : payment.status,
      amount: { amount: 1250n, asset: 'EUR/2' },
    };
    await this.gateways[gateway]?.matcher.match([movement]);
  }

  rows(): Promise<TransactionRow[]> {
    return this.harness.readRows(this.gateways[0]);
  }

  private setPaymentStatus(status: OrderStatus): void {
    const [payment] = this.harness.psp.payments;
    if (payment && canFollow(payment.status, status)) payment.status = status;
  }
}

/**
 * Returns true if a PSP may change the status in this way. A returned payment stays returned. A failed payment can only become successful.
 */
function canFollow(before: OrderStatus, after: OrderStatus): boolean {
  return before !== 'RETURNED' && (before !== 'FAILED' || after === 'SUCCEEDED');
}

function checkTimes(rows: readonly TransactionRow[], answers: StoryRun['answers']): void {
  const times = rows.map(({ createdAt }) => Date.parse(createdAt));
  expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  expect(new Set(answers.map(({ answer }) => JSON.stringify(answer))).size).toBeLessThanOrEqual(1);
  // Without clock changes, the feed time of a row is its publication time.
  const told = rows.slice(1).map(({ updatedAt }) => Date.parse(updatedAt));
  const early = answers.flatMap(({ at }) => told.filter((time) => time >= at && time < at + CLIENT_READ_MS));
  expect(early).toEqual([]);
}

function checkAmounts(rows: readonly TransactionRow[], status: OrderStatus | undefined): void {
  const returned = rows.filter(({ id }) => id.endsWith('-return')).map(({ amount }) => BigInt(amount));
  expect(returned.reduce((sum, amount) => sum + amount, 0n)).toBe(status === 'RETURNED' ? 1250n : 0n);
  expect(sumOfAccount(rows, 'wallet')).toBe(status === 'SUCCEEDED' ? -1250n : 0n);
}

/**
 * Returns the balance of an account according to the rows. The last status of the order counts once, and the amount of each return is
 * added.
 */
function sumOfAccount(rows: readonly TransactionRow[], account: string): bigint {
  const order = rows.findLast(({ id }) => !id.endsWith('-return'));
  const counted = rows.filter(
    (row) => row.status === 'REFUNDED' || (row === order && row.status === 'SUCCEEDED'),
  );
  return counted.reduce(
    (sum, row) =>
      sum +
      (row.destinationAccountID === account ? BigInt(row.amount) : 0n) -
      (row.sourceAccountID === account ? BigInt(row.amount) : 0n),
    0n,
  );
}

/**
 * Returns the status that a client shows in the end: the newer of the status in the rows and the status that the client itself stores after
 * each response.
 */
function finalClientStatus(
  rows: readonly TransactionRow[],
  answers: StoryRun['answers'],
): string | undefined {
  const entries = [
    ...rows.map(({ createdAt, status }) => ({ at: Date.parse(createdAt), status })),
    ...answers.map(({ answer, at }) => ({ at: at + CLIENT_READ_MS, status: answer.status })),
  ];
  return entries.toSorted((a, b) => a.at - b.at).at(-1)?.status;
}

it(
  'an order that anything may happen to ends as the PSP says, and is paid once',
  async () => {
    const tell = fc.asyncProperty(arbitraryStory, async ({ first, faults, events }) => {
      const bench = new OrderTestHarness();
      try {
        bench.psp.initialStatus = first;
        bench.psp.attemptScripts = faults.map((name) => ATTEMPT_SCRIPTS[name]);
        const trial = await StoryRun.create(bench);
        trial.submitOrder();
        for (const [pause, each] of events) {
          await bench.advance(pause, 2_000);
          await trial.applyEvent(each);
        }
        await bench.advance(120_000, 5_000);
        await trial.listPayment();
        bench.clock.resolutionMs = LAST_HOUR_RESOLUTION_MS;
        await bench.advance(3_600_000, 120_000);
        const status = bench.psp.payments[0]?.status;
        const rows = await trial.rows();
        expect(bench.psp.payments.length).toBeLessThanOrEqual(1);
        checkTimes(rows, trial.answers);
        checkAmounts(rows, status);
        const last = status === 'RETURNED' ? 'REFUNDED' : (status ?? 'FAILED');
        expect(finalClientStatus(rows, trial.answers)).toBe(last);
      } finally {
        await bench.close();
      }
    });
    const examples: [Story][] = [
      [createDisputeStory(31_000)],
      [createDisputeStory(100)],
      [SUCCESS_AND_RETURN_UNSEEN],
    ];
    await fc.assert(tell, { numRuns: RANDOM_STORIES, endOnFailure: true, examples });
  },
  400_000 + RANDOM_STORIES * 20_000,
);
