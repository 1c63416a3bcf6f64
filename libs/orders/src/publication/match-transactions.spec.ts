/** Tests how a pull of the sync library matches the listed transactions with orders. */
import type { Page, Transaction } from '@tributary/connector-api';
import type { OrderRepository } from '@tributary/feed';
import { SyncEngine, type MatchedPage } from '@tributary/sync';
import { OrderTestHarness, type TestGateway } from '../testing/order-test-harness.js';
import { FakePsp, dropConnection, executeAndDropConnection } from '../testing/fake-psp.js';

let harness: OrderTestHarness;
beforeEach(() => {
  harness = new OrderTestHarness();
});
afterEach(() => harness.close());

const START = Date.UTC(2026, 0, 1);

function createTransaction(id: string, changes: Partial<Transaction> = {}): Transaction {
  return {
    id,
    createdAt: new Date(START).toISOString(),
    type: 'PAYOUT',
    status: 'SUCCEEDED',
    amount: { amount: 1250n, asset: 'EUR/2' },
    ...changes,
  };
}

/**
 * Pulls the gateway's transactions once. The PSP lists these items.
 * @returns the error if the pull did not read all items
 */
async function pullTransactions(
  { store, matcher }: TestGateway,
  items: Page<Transaction>['items'],
): Promise<string | undefined> {
  const client = new FakePsp();
  client.transactions = async function* () {
    yield { items, cursor: String(items.length) };
  } as never;
  const sync = new SyncEngine(
    store,
    [{ path: 'bank', client, pullIntervalMs: 60_000, transactionMatcher: matcher }],
    harness.options(),
  );
  const runs = await sync.runOnce('bank');
  return runs.find(({ stream }) => stream === 'transactions')?.error;
}

const readRowStatuses = async (gateway: TestGateway) =>
  (await harness.readRows(gateway)).map(({ id, status }) => `${id} ${status}`);

describe('a movement of the listing that is an order', () => {
  it.each([
    ['by the id that the PSP answered with', { id: 'psp-1', key: undefined }],
    ['by the key that the listing repeats', { id: 'movement-7', key: (text: string) => text }],
    [
      'by the key in capital letters, with a blank',
      {
        id: 'movement-7',
        key: (text: string) => `${text.toUpperCase().slice(0, 9)} ${text.toUpperCase().slice(9)}`,
      },
    ],
  ])('is told %s, changes its status, and is not served a second time', async (_, { id, key }) => {
    harness.psp.initialStatus = 'PENDING';
    const gateway = await harness.openGateway({ start: false });
    const answer = await harness.submit(gateway.service);
    const orderKey = harness.psp.attemptedKeys[0]!;
    const listed = (status: Transaction['status']) =>
      createTransaction(id, { status, ...(key && { orderKey: key(orderKey) }) });
    expect(
      await pullTransactions(gateway, [listed('PENDING'), createTransaction('other', { type: 'PAYIN' })]),
    ).toBeUndefined();
    expect(await pullTransactions(gateway, [listed('SUCCEEDED')])).toBeUndefined();
    expect(await pullTransactions(gateway, [listed('SUCCEEDED')])).toBeUndefined();
    await harness.advanceUntilPublished(gateway);
    expect(await readRowStatuses(gateway)).toEqual([
      `${answer.id} PENDING`,
      'other SUCCEEDED',
      `${answer.id} SUCCEEDED`,
    ]);
    expect((await harness.getOrder(gateway)).state).toBe('succeeded');
  });

  it('ends the uncertainty about an order whose answer was lost', async () => {
    const gateway = await harness.openGateway({ start: false });
    harness.psp.attemptScripts = [executeAndDropConnection];
    const answer = await harness.submit(gateway.service);
    await pullTransactions(gateway, [
      createTransaction('psp-1', { orderKey: harness.psp.attemptedKeys[0]! }),
    ]);
    expect((await harness.getOrder(gateway)).state).toBe('succeeded');
    await harness.advanceUntilPublished(gateway);
    expect(await readRowStatuses(gateway)).toEqual([`${answer.id} PENDING`, `${answer.id} SUCCEEDED`]);
    expect(harness.psp.attemptedKeys).toHaveLength(1);
  });

  it('does not turn a status back', async () => {
    const gateway = await harness.openGateway({ start: false });
    const answer = await harness.submit(gateway.service);
    for (let again = 0; again < 3; again++)
      await pullTransactions(gateway, [createTransaction('psp-1', { status: 'PENDING' })]);
    expect(await readRowStatuses(gateway)).toEqual([`${answer.id} SUCCEEDED`]);
    const events = await harness.readEvents(gateway);
    expect(events.filter((event) => event.includes('older than what is known'))).toHaveLength(1);
  });

  it('that contradicts what is final has the PSP asked, whose word counts', async () => {
    const gateway = await harness.openGateway();
    const answer = await harness.submit(gateway.service);
    await harness.advanceUntilPublished(gateway);
    await pullTransactions(gateway, [createTransaction('psp-1', { status: 'FAILED' })]);
    await harness.advance(2_000);
    expect(await readRowStatuses(gateway)).toEqual([`${answer.id} SUCCEEDED`]);
    harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'FAILED');
    await pullTransactions(gateway, [createTransaction('psp-1', { status: 'FAILED' })]);
    await harness.advanceUntilState(gateway, 'failed');
    harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'SUCCEEDED');
    await pullTransactions(gateway, [createTransaction('psp-1')]);
    await harness.advanceUntilState(gateway, 'succeeded');
    expect(await readRowStatuses(gateway)).toEqual(
      ['SUCCEEDED', 'FAILED', 'SUCCEEDED'].map((status) => `${answer.id} ${status}`),
    );
  });

  it.each([
    ['after clients were told', true],
    ['before they may be told', false],
  ])(
    'that contradicts what is final %s is not forgotten when the PSP cannot be asked at that moment',
    async (_, told) => {
      harness.psp.initialStatus = told ? 'SUCCEEDED' : 'PENDING';
      const timings = { pollIntervalMs: 5_000, republishDelaysMs: [] };
      const gateway = await harness.openGateway({ timings });
      const answer = await harness.submit(gateway.service);
      harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'SUCCEEDED');
      await harness.advanceUntilState(gateway, 'succeeded');
      if (told) await harness.advanceUntilPublished(gateway);
      harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'FAILED');
      const down = () => {
        throw new Error('down');
      };
      harness.psp.lookupScripts = [down, down, down];
      // The PSP lists the change only once, because the next listing continues after it.
      await pullTransactions(gateway, [createTransaction('psp-1', { status: 'FAILED' })]);
      await harness.advanceUntilState(gateway, 'failed');
      await harness.advanceUntilPublished(gateway);
      expect(harness.psp.lookupScripts).toEqual([]);
      const first = told ? [] : ['PENDING'];
      const statuses = [...first, 'SUCCEEDED', 'FAILED'];
      expect(await readRowStatuses(gateway)).toEqual(statuses.map((status) => `${answer.id} ${status}`));
      const looked = harness.psp.lookedUpKeys.length;
      await harness.advance(3_600_000, 60_000);
      expect(harness.psp.lookedUpKeys).toHaveLength(looked);
    },
  );

  describe.each([
    ['by its id', 'psp-1', false],
    ['by its key', 'movement-7', true],
  ])('of an order that the PSP calls failed, told %s', (_, id, hasKey) => {
    const openFailed = async () => {
      harness.psp.initialStatus = 'FAILED';
      const gateway = await harness.openGateway();
      const answer = await harness.submit(gateway.service);
      await harness.advanceUntilState(gateway, 'failed');
      const [orderKey] = harness.psp.attemptedKeys;
      const listed = [createTransaction(id, hasKey && orderKey ? { orderKey } : {})];
      return { gateway, listed, orderId: answer.id };
    };

    it('waits for the word of the PSP, and is a row of its own if the PSP says again that it failed', async () => {
      const { gateway, listed, orderId } = await openFailed();
      const looked = harness.psp.lookedUpKeys.length;
      expect(await pullTransactions(gateway, listed)).toContain('waits');
      await harness.advance(5_000);
      expect(harness.psp.lookedUpKeys).toHaveLength(looked + 1);
      for (let again = 0; again < 2; again++) expect(await pullTransactions(gateway, listed)).toBeUndefined();
      expect(await readRowStatuses(gateway)).toEqual([`${orderId} FAILED`, `${id} SUCCEEDED`]);
      expect(harness.findLogLines('ask the PSP whether it was paid')).not.toEqual([]);
      await harness.advance(5_000);
      expect(harness.psp.lookedUpKeys).toHaveLength(looked + 1);
    });

    it('is the order if the PSP corrects itself', async () => {
      const { gateway, listed, orderId } = await openFailed();
      harness.psp.setStatus(harness.psp.attemptedKeys[0]!, 'SUCCEEDED');
      expect(await pullTransactions(gateway, listed)).toContain('waits');
      await harness.advanceUntilState(gateway, 'succeeded');
      await harness.advanceUntilPublished(gateway);
      expect(await pullTransactions(gateway, listed)).toBeUndefined();
      expect(await readRowStatuses(gateway)).toEqual([`${orderId} FAILED`, `${orderId} SUCCEEDED`]);
    });

    it('is a row of its own if the PSP cannot be asked for a minute', async () => {
      const { gateway, listed, orderId } = await openFailed();
      harness.psp.lookupScripts = Array.from({ length: 20 }, () => () => {
        throw new Error('down');
      });
      expect(await pullTransactions(gateway, listed)).toContain('waits');
      await harness.advance(61_000, 5_000);
      expect(await pullTransactions(gateway, listed)).toBeUndefined();
      expect(await readRowStatuses(gateway)).toEqual([`${orderId} FAILED`, `${id} SUCCEEDED`]);
    });
  });

  it('and comes back is a return, whether the listing flips it or lists a row of its own', async () => {
    const gateway = await harness.openGateway({ start: false });
    const first = await harness.submit(gateway.service);
    const second = await harness.submit(gateway.service, { idempotencyKey: 'pi-2' });
    const back = createTransaction('back-1', { relatedTransactionId: 'psp-1', status: 'REFUNDED' });
    await pullTransactions(gateway, [back, createTransaction('psp-2', { status: 'REFUNDED' })]);
    await pullTransactions(gateway, [back, createTransaction('psp-2', { status: 'REFUNDED' })]);
    await harness.advanceUntilPublished(gateway);
    // The two returns may be published in any sequence.
    const [paid, cameBack] = [
      (await readRowStatuses(gateway)).slice(0, 2),
      (await readRowStatuses(gateway)).slice(2),
    ];
    expect(paid).toEqual([`${first.id} SUCCEEDED`, `${second.id} SUCCEEDED`]);
    expect(cameBack.toSorted()).toEqual(
      [`${first.id}-return REFUNDED`, `${second.id}-return REFUNDED`].toSorted(),
    );
    // The destination of the listed row is the own account. The row that the gateway publishes instead must have the same destination.
    expect((await harness.readRows(gateway)).slice(2)).toMatchObject(
      Array(2).fill({ type: 'PAYOUT', sourceAccountID: 'ada', destinationAccountID: 'wallet' }),
    );
  });

  it('and comes back in part keeps its status; the part is tied to it', async () => {
    const gateway = await harness.openGateway({ start: false });
    const idempotencyKey = 'pi 1/2';
    await harness.submit(gateway.service, { idempotencyKey });
    const amount = { amount: 50n, asset: 'EUR/2' };
    await pullTransactions(gateway, [
      createTransaction('back-1', { relatedTransactionId: 'psp-1', status: 'REFUNDED', amount }),
    ]);
    expect((await harness.readRows(gateway)).at(-1)).toMatchObject({
      id: 'back-1',
      relatedTransactionID: idempotencyKey,
      amount: '50',
      status: 'REFUNDED',
    });
    expect((await harness.getOrder(gateway, idempotencyKey)).state).toBe('succeeded');
  });

  it.each([
    ['listed later', { isSamePage: false, paymentId: 'psp-1' }],
    ['listed with it, under an id that no answer had', { isSamePage: true, paymentId: 'movement-7' }],
  ])(
    'and its fee, %s: the fee is tied to the order, which is in the feed',
    async (_, { isSamePage, paymentId }) => {
      const gateway = await harness.openGateway({ start: false });
      const idempotencyKey = 'pi 1/2';
      await harness.submit(gateway.service, { idempotencyKey });
      const orderKey = harness.psp.attemptedKeys[0]!;
      const payment = createTransaction(paymentId, { orderKey });
      const fee = createTransaction('fee-1', {
        ...{ type: 'OTHER', relatedTransactionId: paymentId, amount: { amount: 7n, asset: 'EUR/2' } },
      });
      if (!isSamePage) await pullTransactions(gateway, [payment]);
      await pullTransactions(gateway, isSamePage ? [payment, fee] : [fee]);
      const rows = await harness.readRows(gateway);
      expect(rows.at(-1)).toMatchObject({ id: 'fee-1', type: 'OTHER', relatedTransactionID: idempotencyKey });
      expect(rows.filter(({ relatedTransactionID }) => relatedTransactionID === idempotencyKey)).toHaveLength(
        rows.length,
      );
    },
  );

  it('and its fee and its return, which name the order by its key: the PSP has another id for the order', async () => {
    const gateway = await harness.openGateway({ start: false });
    const idempotencyKey = 'pi 1/2';
    const answer = await harness.submit(gateway.service, { idempotencyKey });
    const about = { orderKey: harness.psp.attemptedKeys[0]!, relatedTransactionId: 'movement-7' };
    await pullTransactions(gateway, [createTransaction('movement-7', { orderKey: about.orderKey })]);
    const amount = { amount: 7n, asset: 'EUR/2' };
    await pullTransactions(gateway, [createTransaction('fee-1', { ...about, type: 'OTHER', amount })]);
    await pullTransactions(gateway, [createTransaction('back-1', { ...about, status: 'REFUNDED' })]);
    await harness.advanceUntilPublished(gateway);
    const rows = await harness.readRows(gateway);
    expect(rows.map(({ id, status }) => `${id} ${status}`).toSorted()).toEqual(
      [`${answer.id} SUCCEEDED`, `${answer.id}-return REFUNDED`, 'fee-1 SUCCEEDED'].toSorted(),
    );
    expect(rows.map(({ relatedTransactionID }) => relatedTransactionID)).toEqual(
      rows.map(() => idempotencyKey),
    );
    expect(harness.findLogLines('was it paid twice')).toEqual([]);
  });

  it('is told by our key, where the PSP has given two orders one id; people learn of that', async () => {
    const gateway = await harness.openGateway({ start: false });
    harness.psp.attemptScripts = ['pi-1', 'pi-2'].map(() => () => ({
      id: 'same',
      status: 'PENDING' as const,
    }));
    for (const idempotencyKey of ['pi-1', 'pi-2']) await harness.submit(gateway.service, { idempotencyKey });
    const findings = await gateway.store.listQuarantine('bank');
    expect(findings.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('one of them may never have been paid'),
    ]);
    await pullTransactions(gateway, [createTransaction('same', { orderKey: harness.psp.attemptedKeys[0]! })]);
    expect((await harness.getOrder(gateway)).state).toBe('succeeded');
    expect((await harness.getOrder(gateway, 'pi-2')).state).toBe('pending');
  });

  it('with another amount is the order all the same, and logged as an error', async () => {
    const gateway = await harness.openGateway({ start: false });
    await harness.submit(gateway.service);
    await pullTransactions(gateway, [createTransaction('psp-1')]);
    expect(harness.findLogLines('what was paid')).toEqual([]);
    await pullTransactions(gateway, [
      createTransaction('psp-1', { amount: { amount: 125_000n, asset: 'EUR/2' } }),
    ]);
    expect(harness.findLogLines('what was paid')).toMatchObject([{ level: 50, reference: 'pi-1' }]);
  });

  it('is not a fee that carries its key: the fee is a row of its own, tied to the order', async () => {
    const gateway = await harness.openGateway({ start: false });
    await harness.submit(gateway.service);
    const fee = createTransaction('fee-1', {
      type: 'OTHER',
      relatedTransactionId: 'psp-1',
      orderKey: harness.psp.attemptedKeys[0]!,
    });
    await pullTransactions(gateway, [fee]);
    expect((await harness.readRows(gateway)).at(-1)).toMatchObject({
      id: 'fee-1',
      relatedTransactionID: 'pi-1',
      type: 'OTHER',
    });
  });

  it('twice is shown: money that left twice must not hide behind one order', async () => {
    const gateway = await harness.openGateway({ start: false });
    const answer = await harness.submit(gateway.service);
    const orderKey = harness.psp.attemptedKeys[0]!;
    await pullTransactions(gateway, [
      createTransaction('psp-1', { orderKey }),
      createTransaction('psp-9', { orderKey }),
    ]);
    expect(await readRowStatuses(gateway)).toEqual([`${answer.id} SUCCEEDED`, 'psp-9 SUCCEEDED']);
    expect(harness.findLogLines('was it paid twice?')).not.toEqual([]);
  });
});

describe('a movement that may be an order whose answer is not there yet', () => {
  it('waits, with its page, until the answer tells', async () => {
    const gateway = await harness.openGateway({ start: false });
    harness.psp.attemptScripts = [executeAndDropConnection];
    const answer = await harness.submit(gateway.service);
    const listed = [createTransaction('before', { type: 'PAYIN' }), createTransaction('psp-1')];
    expect(await pullTransactions(gateway, listed)).toContain('waits');
    expect(await readRowStatuses(gateway)).toEqual([`${answer.id} PENDING`]);
    gateway.engine.start();
    await harness.advanceUntilState(gateway, 'succeeded');
    expect(await pullTransactions(gateway, listed)).toBeUndefined();
    await harness.advanceUntilPublished(gateway);
    expect(await readRowStatuses(gateway)).toEqual([
      `${answer.id} PENDING`,
      'before SUCCEEDED',
      `${answer.id} SUCCEEDED`,
    ]);
  });

  it.each<keyof OrderRepository>(['findByState', 'findByPspReferences'])(
    'is not served as a row of its own, when the answer comes between two looks at the store: after %s',
    async (method) => {
      const gateway = await harness.openGateway({ start: false });
      harness.psp.attemptScripts = [executeAndDropConnection];
      const answer = await harness.submit(gateway.service);
      const { id } = await harness.getOrder(gateway);
      gateway.instrumented.onRead = async (name) => {
        if (name !== method) return;
        gateway.instrumented.onRead = async () => {};
        const set = { state: 'succeeded', pspId: 'psp-1' } as const;
        await gateway.store.orders('bank').update(id, () => ({ set }));
      };
      await pullTransactions(gateway, [createTransaction('psp-1')]);
      await pullTransactions(gateway, [createTransaction('psp-1')]);
      expect(await readRowStatuses(gateway)).toEqual([`${answer.id} PENDING`]);
    },
  );

  it('waits a minute at most; if it was the order after all, the quarantine says so', async () => {
    const gateway = await harness.openGateway({
      start: false,
      idempotency: { keyFormat: 'uuid', idempotencyWindowMs: 0 },
    });
    harness.psp.attemptScripts = [executeAndDropConnection];
    const answer = await harness.submit(gateway.service);
    expect(await pullTransactions(gateway, [createTransaction('psp-1')])).toContain('waits');
    await harness.clock.advance(59_000);
    expect(await pullTransactions(gateway, [createTransaction('psp-1')])).toContain('waits');
    await harness.clock.advance(2_000);
    expect(await pullTransactions(gateway, [createTransaction('psp-1')])).toBeUndefined();
    expect(await readRowStatuses(gateway)).toEqual([`${answer.id} PENDING`, 'psp-1 SUCCEEDED']);
    gateway.engine.start();
    await harness.advanceUntilState(gateway, 'succeeded');
    expect(await gateway.store.listQuarantine('bank')).toMatchObject([
      { kind: 'finding', reason: expect.stringContaining(answer.id) },
    ]);
  });

  it.each([
    ['is of another amount', { amount: { amount: 1251n, asset: 'EUR/2' } }],
    ['is of another asset', { amount: { amount: 1250n, asset: 'USD/2' } }],
    ['is of another kind', { type: 'TRANSFER' as const }],
    ['is older than the order', { createdAt: new Date(START - 3_600_000).toISOString() }],
  ])('does not wait when it %s', async (_, changes) => {
    const gateway = await harness.openGateway({ start: false });
    harness.psp.attemptScripts = [dropConnection];
    await harness.submit(gateway.service);
    expect(await pullTransactions(gateway, [createTransaction('other', changes)])).toBeUndefined();
  });

  it('does not wait when it was served before, in another version', async () => {
    const gateway = await harness.openGateway({ start: false });
    await pullTransactions(gateway, [createTransaction('other', { status: 'PENDING' })]);
    harness.psp.attemptScripts = [dropConnection];
    await harness.submit(gateway.service);
    expect(await pullTransactions(gateway, [createTransaction('other')])).toBeUndefined();
  });
});

it('refusals and malformed items go their own way', async () => {
  const gateway = await harness.openGateway({ start: false });
  await harness.submit(gateway.service);
  const items = [{ id: 'psp-1', reason: 'why' }, null, 7, { id: 3 }, { id: 'psp-1', type: 'PAYOUT' }];
  const matched = await gateway.matcher.match(items);
  expect(matched).toMatchObject({ unmatchedItems: items.slice(0, 4), records: [] } satisfies MatchedPage);
});
