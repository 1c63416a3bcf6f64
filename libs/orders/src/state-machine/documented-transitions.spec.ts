/**
 * Checks that docs/explanation/exactly-once-payouts.md lists all transitions of the state machine, and no others. The functions of the
 * state machine are pure, so the test calls them with every combination of the inputs on which a transition depends.
 */
import { PspError, type OrderStatus, type PspClient } from '@tributary/connector-api';
import { ORDER_STATES, type OrderState, type StoredOrder } from '@tributary/feed';
import { readFileSync } from 'node:fs';
import { applyOutcome } from './apply-outcome.js';
import { applyPspStatus } from './apply-psp-status.js';
import { decideNextAction } from './next-action.js';
import { DEFAULT_ORDER_TIMINGS } from './order-timings.js';
import type { AttemptOutcome, DecisionContext } from './state-machine.types.js';

const NOW = 1_800_000_000_000;
const PAGE = readFileSync('docs/explanation/exactly-once-payouts.md', 'utf8');
const PSP_STATUSES: readonly OrderStatus[] = ['PENDING', 'SUCCEEDED', 'FAILED', 'RETURNED'];

const BASE_ORDER: StoredOrder = {
  ...{ connector: 'bank', id: 'order-1', idempotencyKey: 'a', pspKey: 'a', kind: 'PAYOUT', request: '{}' },
  ...{ amount: 1n, asset: 'EUR/2', createdAt: NOW - 200_000, state: 'received', pspId: undefined },
  ...{ details: '{}', changedAt: NOW - 100_000, response: undefined, respondedAt: undefined },
  ...{ publishedStatus: undefined, publishedAt: undefined, attempts: 0, sentAt: undefined },
  ...{ outcomeUnknownSince: undefined, declinedAt: undefined, alertedAt: undefined, nextActionAt: NOW },
  ...{ holder: undefined, leasedUntil: 0, fencingToken: 0 },
};

it('the page lists every transition, and no other', () => {
  expect([...readDocumentedTransitions()].sort()).toEqual([...collectTransitions()].sort());
});

it('the diagram and the table of states contain every state', () => {
  const rows = [...PAGE.matchAll(/^\| `(\w+)` +\| (?!`)/gm)].map(([, state]) => state);
  expect(rows).toEqual(expect.arrayContaining([...ORDER_STATES]));
  const [, diagram = ''] = /```mermaid\n(.*?)```/s.exec(PAGE) ?? [];
  const inDiagram = new Set([...diagram.matchAll(/(\w+) --> (\w+)/g)].flatMap(([, from, to]) => [from, to]));
  expect([...inDiagram].sort()).toEqual([...ORDER_STATES].sort());
});

/** Returns the transitions of the documented table as `from → to`. A cell of the table can contain several states. */
function readDocumentedTransitions(): Set<string> {
  const rows = [...PAGE.matchAll(/^\| (`[^|]+`) +\| (`[^|]+`) +\| [A-Z][^|]+\|$/gm)];
  return new Set(
    rows.flatMap(([, from = '', to = '']) =>
      wordsOf(from).flatMap((start) => wordsOf(to).map((end) => `${start} → ${end}`)),
    ),
  );
}

function wordsOf(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
}

/** Returns the transitions that the functions of the state machine make, as `from → to`. */
function collectTransitions(): Set<string> {
  const transitions = new Set<string>();
  for (const context of listContexts()) {
    for (const order of listOrders()) {
      for (const state of listNextStates(order, context))
        if (state !== undefined && state !== order.state) transitions.add(`${order.state} → ${state}`);
    }
  }
  return transitions;
}

function listNextStates(order: StoredOrder, context: DecisionContext): (OrderState | undefined)[] {
  const afterOutcome = listOutcomes().flatMap((outcome) =>
    (['send', 'lookup'] as const).map((type) => applyOutcome(order, { type, order }, outcome, context)),
  );
  const afterReport = PSP_STATUSES.flatMap((status) =>
    [undefined, order.changedAt - 1, order.changedAt + 1].map((askedAt) =>
      applyPspStatus(order, { id: 'psp-1', status }, askedAt === undefined ? {} : { askedAt }, context),
    ),
  );
  return [
    decideNextAction(order, context)?.change.set.state,
    ...afterOutcome.map((decision) => decision?.change.set.state),
    ...afterReport.map(({ set }) => set.state),
  ];
}

/** Returns orders in every state, with all combinations of properties that are possible in that state. */
function listOrders(): StoredOrder[] {
  const attempt = { attempts: 1, sentAt: NOW - 90_000 };
  const wasUnknown = { attempts: 2, outcomeUnknownSince: NOW - 90_000 };
  return ORDER_STATES.flatMap((state): StoredOrder[] => {
    switch (state) {
      case 'received':
      case 'waiting':
        return [{ ...BASE_ORDER, state }];
      case 'sending':
        return [attempt, { ...attempt, ...wasUnknown }, ...listDeclines({ ...attempt, ...wasUnknown })].map(
          (properties) => ({ ...BASE_ORDER, state, ...properties }),
        );
      case 'unknown':
        return [wasUnknown, ...listDeclines(wasUnknown)].map((properties) => ({
          ...BASE_ORDER,
          state,
          ...properties,
        }));
      case 'pending':
      case 'succeeded':
      case 'returned':
        return [{ ...BASE_ORDER, state, ...attempt, pspId: 'psp-1' }];
      case 'failed':
        return [undefined, 'psp-1'].map((pspId) => ({ ...BASE_ORDER, state, ...attempt, pspId }));
    }
  });
}

/**
 * Returns the properties twice: for an order whose repeat was declined a moment ago, and for an order whose repeat was declined long ago.
 */
function listDeclines<T extends object>(properties: T): (T & { declinedAt: number })[] {
  const longAgo = NOW - DEFAULT_ORDER_TIMINGS.declineConfirmationMs;
  return [NOW - 1, longAgo].map((declinedAt) => ({ ...properties, declinedAt }));
}

/** Returns all outcomes of a call except `result`. The statuses of a `result` are in `PSP_STATUSES`. */
function listOutcomes(): AttemptOutcome[] {
  return [
    { kind: 'not-found' },
    { kind: 'declined', error: new PspError('rejected', 'no funds') },
    { kind: 'not-accepted', error: new PspError('rate-limited', 'too many') },
    { kind: 'not-accepted', error: new PspError('unauthorized', 'wrong key') },
    { kind: 'unknown', error: new PspError('unknown-outcome', 'connection lost') },
  ];
}

function listContexts(): DecisionContext[] {
  const lookUp: PspClient['findOrder'] = async () => undefined;
  return [undefined, lookUp].flatMap((findOrder) =>
    [0, 24 * 3_600_000, Infinity].flatMap((idempotencyWindowMs) =>
      [0, NOW + 60_000].flatMap((throttledUntil) =>
        [undefined, { restoredAt: NOW - 50_000, backupAt: NOW - 150_000 }].map((restore) =>
          createContext(findOrder, idempotencyWindowMs, throttledUntil, restore),
        ),
      ),
    ),
  );
}

function createContext(
  findOrder: PspClient['findOrder'],
  idempotencyWindowMs: number,
  throttledUntil: number,
  restore: DecisionContext['restore'],
): DecisionContext {
  const client: PspClient = { accounts: listNothing, transactions: listNothing };
  return {
    now: NOW,
    connector: {
      ...{
        path: 'bank',
        plugin: 'bank',
        client: findOrder === undefined ? client : { ...client, findOrder },
      },
      idempotency: { keyFormat: 'uuid', idempotencyWindowMs },
      limits: { largest: new Map(), perDay: new Map(), alertAfterMs: 900_000 },
    },
    timings: DEFAULT_ORDER_TIMINGS,
    holder: { host: 'test', pid: 1, id: 'test' },
    throttledUntil,
    restore,
  };
}

async function* listNothing(): AsyncGenerator<never> {}
