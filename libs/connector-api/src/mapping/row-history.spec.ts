/** Tests rows that move back and forth any number of times. */
import { createSeededRandom, InMemoryFeed } from '../testing/index.js';
import type { Transaction } from '../record.types.js';
import { RowHistory, toDisputeHistory, toReturnedPayout } from './index.js';
import type { DisputeState } from './index.js';

const STEPS = 60;
const SHARED = { amount: { amount: 5n, asset: 'EUR/2' }, createdAt: '2026-01-01T00:00:00Z' } as const;
const PAYOUT: Transaction = {
  ...SHARED,
  id: 'po',
  type: 'PAYOUT',
  status: 'PENDING',
  sourceAccountId: 'own',
};
const DISPUTE: Transaction = {
  ...{ ...SHARED, id: 'dp', type: 'PAYIN', status: 'REFUNDED', sourceAccountId: 'own' },
  relatedTransactionId: 'pay',
};

/** Adds up what the served rows did to the account. */
function addUp(feed: InMemoryFeed): bigint {
  const effects = feed.getTransactions().map(({ status, amount, sourceAccountId }) => {
    if (status === 'PENDING') return 0n;
    return sourceAccountId === 'own' ? -amount.amount : amount.amount;
  });
  return effects.reduce((sum, effect) => sum + effect, 0n);
}

/** Reads random states, each of them twice, as after a listing that broke off. */
async function readStates<State>(
  states: readonly State[],
  map: (state: State, history: RowHistory) => Promise<Transaction[]>,
  check: (state: State, sum: bigint) => void,
): Promise<void> {
  const [feed, random] = [new InMemoryFeed(), createSeededRandom(3)];
  for (let step = 0; step < STEPS; step += 1) {
    const state = states[Math.floor(random() * states.length)]!;
    for (let reading = 0; reading < 2; reading += 1)
      feed.commitPage('transactions', { items: await map(state, new RowHistory(feed)), cursor: '' });
    check(state, addUp(feed));
  }
}

it('a dispute adds up to what its last state has taken', async () => {
  const states: DisputeState[] = ['inquiry', 'withdrawn', 'won', 'withdrawn', 'inquiry-closed'];
  await readStates(
    states,
    (state, history) => toDisputeHistory(DISPUTE, state, history),
    (state, sum) => expect([state, sum]).toEqual([state, state === 'withdrawn' ? -5n : 0n]),
  );
});

it('a payout adds up to what its last state has paid', async () => {
  await readStates(
    ['sent', 'returned', 'sent'] as const,
    (state, history) => toReturnedPayout(PAYOUT, state, history),
    (state, sum) => expect([state, sum]).toEqual([state, state === 'sent' ? -5n : 0n]),
  );
});

it('the rows of a dispute in one page know each other', async () => {
  const history = new RowHistory(new InMemoryFeed());
  const rows: Transaction[] = [];
  for (const state of ['withdrawn', 'won', 'withdrawn', 'won'] as const)
    rows.push(...(await toDisputeHistory(DISPUTE, state, history)));
  expect([...new Set(rows.map(({ id, status }) => `${id} ${status}`))]).toEqual([
    ...['dp REFUNDED', 'dp.won REFUND_REVERSED', 'dp.won.reversed REFUNDED', 'dp.won.2 REFUND_REVERSED'],
  ]);
});
