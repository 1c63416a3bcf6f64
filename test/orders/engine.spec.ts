/** Tests the final state of an order in Formance, after every sequence of events; and the wrong state when a server is naive. */
import { clientVersion } from '../clients/versions.js';
import { readOrderAnswer, type Posted } from './order-answer.js';
import { live, type Life, type Naivety } from './scripted-gateway.js';

/** Releases that can pay. */
const VERSIONS = ['v3.2.0', 'v3.3.0', 'v3.4.0', 'EN-1095'].map(clientVersion);

const paid = { payments: 1, payment: 'SUCCEEDED', amount: 12500n, initiation: 'PROCESSED' };
const failed = { payments: 1, payment: 'FAILED', amount: 12500n, initiation: 'FAILED' };
const pending = { payments: 1, payment: 'PENDING', amount: 12500n, initiation: 'PROCESSING' };
const returned = { payments: 1, payment: 'REFUNDED', amount: 0n, initiation: 'REVERSED' };

const life = (members: Partial<Life>): Life => ({
  ...{ kind: 'PAYOUT', before: [], answer: 'PENDING', changes: [] },
  ...members,
});
const succeeds: Life['changes'] = [{ to: 'SUCCEEDED', after: 60_000 }];
const fails: Life['changes'] = [{ to: 'FAILED', after: 60_000 }];
/** Creates a change that happens before a client can have read the response. */
const overtakes = (to: 'SUCCEEDED' | 'FAILED'): Life['changes'][number] => ({ to, after: 20 });
const comesBack: Life['changes'] = [{ to: 'RETURNED', after: 60_000 }];

const LIVES: [string, Life, object][] = [
  ['paid at once', life({ answer: 'SUCCEEDED' }), paid],
  ['a transfer', life({ kind: 'TRANSFER', changes: succeeds }), paid],
  ['refused', life({ answer: 'FAILED' }), failed],
  ['pending, then paid', life({ changes: succeeds }), paid],
  ['pending, then failed', life({ changes: fails }), failed],
  ['pending for ever', life({}), pending],
  ['failed, then paid after all', life({ answer: 'FAILED', changes: succeeds }), paid],
  ['paid at once, then returned', life({ answer: 'SUCCEEDED', changes: comesBack }), returned],
  ['pending, paid, then returned', life({ changes: [...succeeds, ...comesBack] }), returned],
  ['answered late: two timeouts', life({ before: ['timeout', 'timeout'], changes: succeeds }), paid],
  ['errors on the way', life({ before: [error(503), error(429), 'broken'], changes: succeeds }), paid],
  ['connection lost, retried at once', life({ before: ['lost'], changes: succeeds }), paid],
  [
    'connection lost, retried when it was paid',
    life({ before: ['lost'], changes: succeeds, retriedLate: true }),
    paid,
  ],
  [
    'connection lost, retried when it failed',
    life({ before: ['lost'], changes: fails, retriedLate: true }),
    failed,
  ],
  [
    'connection lost, retried when it came back',
    life({ before: ['lost'], changes: [...succeeds, ...comesBack], retriedLate: true }),
    returned,
  ],
  [
    'paid, and polled, while the answer is on its way',
    life({ changes: [overtakes('SUCCEEDED')], overtaken: true }),
    paid,
  ],
  [
    'failed, and polled, while the answer is on its way',
    life({ changes: [overtakes('FAILED')], overtaken: true }),
    failed,
  ],
  [
    'paid while the answer is on its way, then returned',
    life({ changes: [overtakes('SUCCEEDED'), ...comesBack], overtaken: true }),
    returned,
  ],
  [
    'paid a moment after the answer, with a clock behind',
    life({ changes: [{ to: 'SUCCEEDED', after: 20 }], skew: 3000 }),
    paid,
  ],
];

describe.each(VERSIONS)('$name', (version) => {
  test.each(LIVES)('%s: one payment, linked, with the final status', async (_, order, expected) => {
    expect(await live(version, order)).toEqual(expected);
  });

  const wrong: [string, Naivety, Life, object][] = [
    [
      'createdAt is always the creation: the initiation says PROCESSING for ever',
      { createdAt: true },
      life({ changes: succeeds }),
      { ...paid, initiation: 'PROCESSING' },
    ],
    [
      'createdAt is always the creation: neither does it fail',
      { createdAt: true },
      life({ changes: fails }),
      { ...failed, initiation: 'PROCESSING' },
    ],
    [
      'relatedTransactionID is left out: a second payment, and the linked one never ends',
      { related: true },
      life({ changes: succeeds }),
      { ...pending, payments: 2 },
    ],
    [
      'relatedTransactionID is left out: two payments of one order that was paid at once',
      { related: true },
      life({ answer: 'SUCCEEDED' }),
      { ...paid, payments: 2 },
    ],
    [
      'a return flips the original, too: the amount is subtracted twice',
      { flips: true },
      life({ changes: [...succeeds, ...comesBack] }),
      { ...returned, amount: -12500n },
    ],
    [
      'a change is published before the engine has made its entry',
      { once: true },
      life({ changes: [{ to: 'SUCCEEDED', after: 20 }], skew: 3000 }),
      { ...paid, initiation: 'PROCESSING' },
    ],
    [
      'a change is published while the answer is on its way: the client reads it before it can link it',
      { once: true },
      life({ changes: [overtakes('SUCCEEDED')], overtaken: true }),
      { ...paid, initiation: 'PROCESSING' },
    ],
    [
      'a status is published once, and then the order is retried',
      { once: true },
      life({ before: ['lost'], changes: succeeds, retriedLate: true }),
      { ...paid, initiation: 'PROCESSING' },
    ],
  ];
  test.each(wrong)('naive: %s', async (_, naivety, order, shown) => {
    expect(await live(version, order, naivety)).toEqual(shown);
  });
});

test.each<[string, Posted, string]>([
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
  expect(readOrderAnswer('PAYOUT', posted)).toBe(reading);
});

test('an answer is a payment under the idempotency key; an unknown status is OTHER', () => {
  expect(readOrderAnswer('TRANSFER', answer({ status: 'SETTLED' }))).toMatchObject({
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

function error(status: number): Posted {
  return { status, body: '{"Title":"Error","Detail":"of a test"}' };
}

function answer(members: object): Posted {
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
