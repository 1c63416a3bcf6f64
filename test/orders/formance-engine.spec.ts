/**
 * Tests the final state of an order in Formance after every sequence of events. It also tests which wrong final state follows if the server
 * makes a typical mistake.
 */
import { getClientVersion } from '../../libs/conformance/src/clients/client-versions.js';
import { interpretOrderResponse, type RequestResult } from './interpret-order-response.js';
import { runOrderScript, type OrderScript, type ServerMistakes } from './scripted-gateway.js';

/** The releases of Formance that support orders. */
const VERSIONS = ['v3.2.0', 'v3.3.0', 'v3.4.0', 'EN-1095'].map(getClientVersion);

const paid = { payments: 1, payment: 'SUCCEEDED', amount: 12500n, initiation: 'PROCESSED' };
const failed = { payments: 1, payment: 'FAILED', amount: 12500n, initiation: 'FAILED' };
const pending = { payments: 1, payment: 'PENDING', amount: 12500n, initiation: 'PROCESSING' };
const returned = { payments: 1, payment: 'REFUNDED', amount: 0n, initiation: 'REVERSED' };

const createScript = (members: Partial<OrderScript>): OrderScript => ({
  ...{ kind: 'PAYOUT', earlierResults: [], answer: 'PENDING', changes: [] },
  ...members,
});
const succeeds: OrderScript['changes'] = [{ to: 'SUCCEEDED', afterMs: 60_000 }];
const fails: OrderScript['changes'] = [{ to: 'FAILED', afterMs: 60_000 }];
/** Creates a change that happens before the client can have read the response. */
const createEarlyChange = (to: 'SUCCEEDED' | 'FAILED'): OrderScript['changes'][number] => ({
  to,
  afterMs: 20,
});
const comesBack: OrderScript['changes'] = [{ to: 'RETURNED', afterMs: 60_000 }];

const ORDER_SCRIPTS: [string, OrderScript, object][] = [
  ['paid at once', createScript({ answer: 'SUCCEEDED' }), paid],
  ['a transfer', createScript({ kind: 'TRANSFER', changes: succeeds }), paid],
  ['refused', createScript({ answer: 'FAILED' }), failed],
  ['pending, then paid', createScript({ changes: succeeds }), paid],
  ['pending, then failed', createScript({ changes: fails }), failed],
  ['pending for ever', createScript({}), pending],
  ['failed, then paid after all', createScript({ answer: 'FAILED', changes: succeeds }), paid],
  ['paid at once, then returned', createScript({ answer: 'SUCCEEDED', changes: comesBack }), returned],
  ['pending, paid, then returned', createScript({ changes: [...succeeds, ...comesBack] }), returned],
  [
    'answered late: two timeouts',
    createScript({ earlierResults: ['timeout', 'timeout'], changes: succeeds }),
    paid,
  ],
  [
    'errors on the way',
    createScript({ earlierResults: [error(503), error(429), 'broken'], changes: succeeds }),
    paid,
  ],
  ['connection lost, retried at once', createScript({ earlierResults: ['lost'], changes: succeeds }), paid],
  [
    'connection lost, retried when it was paid',
    createScript({ earlierResults: ['lost'], changes: succeeds, retriesLate: true }),
    paid,
  ],
  [
    'connection lost, retried when it failed',
    createScript({ earlierResults: ['lost'], changes: fails, retriesLate: true }),
    failed,
  ],
  [
    'connection lost, retried when it came back',
    createScript({ earlierResults: ['lost'], changes: [...succeeds, ...comesBack], retriesLate: true }),
    returned,
  ],
  [
    'paid, and polled, while the answer is on its way',
    createScript({ changes: [createEarlyChange('SUCCEEDED')], changesBeforeResponse: true }),
    paid,
  ],
  [
    'failed, and polled, while the answer is on its way',
    createScript({ changes: [createEarlyChange('FAILED')], changesBeforeResponse: true }),
    failed,
  ],
  [
    'paid while the answer is on its way, then returned',
    createScript({ changes: [createEarlyChange('SUCCEEDED'), ...comesBack], changesBeforeResponse: true }),
    returned,
  ],
  [
    'paid, published and polled before a slow worker links the payment',
    createScript({ changes: succeeds, changesBeforeResponse: true }),
    paid,
  ],
  [
    'failed, published and polled before a slow worker links the payment',
    createScript({ kind: 'TRANSFER', changes: fails, changesBeforeResponse: true }),
    failed,
  ],
  [
    'returned, published and polled before a slow worker links the payment',
    createScript({ changes: comesBack, changesBeforeResponse: true }),
    returned,
  ],
  [
    'paid a moment after the answer, with a clock behind',
    createScript({ changes: [{ to: 'SUCCEEDED', afterMs: 20 }], clockSkewMs: 3000 }),
    paid,
  ],
];

describe.each(VERSIONS)('$name', (version) => {
  test.each(ORDER_SCRIPTS)('%s: one payment, linked, with the final status', async (_, order, expected) => {
    expect(await runOrderScript(version, order)).toEqual(expected);
  });

  const wrong: [string, ServerMistakes, OrderScript, object][] = [
    [
      'createdAt is always the creation: the initiation says PROCESSING for ever',
      { fixedCreatedAt: true },
      createScript({ changes: succeeds }),
      { ...paid, initiation: 'PROCESSING' },
    ],
    [
      'createdAt is always the creation: neither does it fail',
      { fixedCreatedAt: true },
      createScript({ changes: fails }),
      { ...failed, initiation: 'PROCESSING' },
    ],
    [
      'relatedTransactionID is left out: a second payment, and the linked one never ends',
      { omitsRelatedId: true },
      createScript({ changes: succeeds }),
      { ...pending, payments: 2 },
    ],
    [
      'relatedTransactionID is left out: two payments of one order that was paid at once',
      { omitsRelatedId: true },
      createScript({ answer: 'SUCCEEDED' }),
      { ...paid, payments: 2 },
    ],
    [
      'a return flips the original, too: the amount is subtracted twice',
      { flipsOriginal: true },
      createScript({ changes: [...succeeds, ...comesBack] }),
      { ...returned, amount: -12500n },
    ],
    [
      'a change is published before the engine has made its entry',
      { publishesOnce: true },
      createScript({ changes: [{ to: 'SUCCEEDED', afterMs: 20 }], clockSkewMs: 3000 }),
      { ...paid, initiation: 'PROCESSING' },
    ],
    [
      'a change is published while the answer is on its way: the client reads it before it can link it',
      { publishesOnce: true },
      createScript({ changes: [createEarlyChange('SUCCEEDED')], changesBeforeResponse: true }),
      { ...paid, initiation: 'PROCESSING' },
    ],
    [
      'a final status is not repeated, and a slow worker makes its entry after it: the initiation says PROCESSING for ever',
      { neverRepeats: true },
      createScript({ changes: succeeds, changesBeforeResponse: true }),
      { ...paid, initiation: 'PROCESSING' },
    ],
    [
      'a return is not repeated, and a slow worker makes its entry after it',
      { neverRepeats: true },
      createScript({ changes: comesBack, changesBeforeResponse: true }),
      { ...returned, initiation: 'PROCESSING' },
    ],
    [
      'a status is published once, and then the order is retried',
      { publishesOnce: true },
      createScript({ earlierResults: ['lost'], changes: succeeds, retriesLate: true }),
      { ...paid, initiation: 'PROCESSING' },
    ],
  ];
  test.each(wrong)('naive: %s', async (_, naivety, order, shown) => {
    expect(await runOrderScript(version, order, naivety)).toEqual(shown);
  });
});

test.each<[string, RequestResult, string]>([
  ['no connection', 'lost', 'failed'],
  ['ten seconds', 'timeout', 'again'],
  ['half an answer', 'broken', 'again'],
  ['a request that is refused', error(422), 'failed'],
  ['a key that does not pay', error(403), 'failed'],
  ['too many requests', error(429), 'again'],
  ['an unavailable server', error(503), 'again'],
  ['no JSON', { status: 201, body: '<html>' }, 'again'],
  ['an empty answer', { status: 201, body: '' }, 'again'],
  ['an amount that is a number', answer({ amount: 12500 }), 'again'],
  ['an amount with a comma', answer({ amount: '125.00' }), 'again'],
  ['no time', answer({ createdAt: undefined }), 'again'],
  ['metadata of numbers', answer({ metadata: { attempts: 1 } }), 'again'],
  ['no id', answer({ id: '' }), 'stuck'],
  ['a strange asset', answer({ currency: 'eur' }), 'stuck'],
])('%s', (_, posted, reading) => {
  expect(interpretOrderResponse('PAYOUT', posted)).toBe(reading);
});

test('an answer is a payment under the idempotency key; an unknown status is OTHER', () => {
  expect(interpretOrderResponse('TRANSFER', answer({ status: 'SETTLED' }))).toMatchObject({
    ...{
      reference: 'order-1',
      parent: 'key',
      type: 'TRANSFER',
      status: 'OTHER',
      amount: 12500n,
      asset: 'EUR/2',
    },
  });
});

function error(status: number): RequestResult {
  return { status, body: '{"Title":"Error","Detail":"of a test"}' };
}

function answer(members: object): RequestResult {
  const order = {
    id: 'order-1',
    idempotencyKey: 'key',
    amount: '12500',
    currency: 'EUR/2',
    status: 'PENDING',
  };
  return {
    status: 201,
    body: JSON.stringify({ ...order, createdAt: '2026-11-22T09:00:00.000Z', ...members }),
  };
}
