/** Tests the listing of transactions in cases in which PayPal behaves differently from its document. */
import { parseMoney } from '@tributary/connector-api';
import type { PspError, Transaction } from '@tributary/connector-api';
import fc from 'fast-check';
import { FAKE_ACCOUNT_ID, type FakeTransaction } from './paypal.fake.js';
import { openPaypal } from './testing/open-paypal.js';

const NOW = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SINCE = { since: '2026-03-01' };

let test: Awaited<ReturnType<typeof openPaypal>>;
const start = async (settings = {}) => {
  test = await openPaypal(NOW, { ...SINCE, ...settings });
  return test;
};
afterEach(() => test.close());

const PAYMENT = { code: 'T0006', currency: 'EUR' };
const findRequests = () =>
  test.fake.server.requests.filter(({ path }) => path === '/v1/reporting/transactions');
/** Compares the sums of the rows with the balances, in EUR and USD. */
const expectSums = () => {
  const balances = [...test.fake.computeBalances()].map(
    ([currency, units]) => [`${currency}/2`, units] as const,
  );
  const takeMoved = (sums: (readonly [string, bigint])[]) => sums.filter(([, units]) => units !== 0n).sort();
  expect(takeMoved(Object.entries(test.feed.computeSums(FAKE_ACCOUNT_ID)))).toEqual(takeMoved(balances));
};

it('divides a window that PayPal refuses, down to a second', async () => {
  const { fake, feed, psp } = await start();
  // The end of a range counts as inclusive, so the shortest window contains the rows of two seconds.
  fake.maxResultSize = 8;
  for (let row = 0; row < 60; row += 1) {
    const at = NOW - 50 * DAY + Math.floor(row / 4) * (row < 40 ? 1000 : 3 * HOUR);
    fake.add({ ...PAYMENT, at, amount: `${row + 1}.00` });
  }
  await feed.pull(psp);
  expect(feed.rows.size).toBe(60);
  expectSums();
});

it('never asks for more than 31 days, nor for more than three years ago', async () => {
  const { fake, feed, psp } = await start({ since: '2015-01-01', changesWithinDays: 90 });
  fake.add({ ...PAYMENT, at: NOW - 80 * DAY, amount: '1.00', status: 'P' });
  await feed.pull(psp);
  await feed.pull(psp);
  expect(feed.rows.size).toBe(1);
  const spans = findRequests().map(({ query }) => {
    const [from = 0, to = 0] = ['start_date', 'end_date'].map((name) => Date.parse(query.get(name) ?? ''));
    return { days: (to - from) / DAY, age: (NOW - from) / DAY };
  });
  expect(Math.max(...spans.map(({ days }) => days))).toBeLessThanOrEqual(31);
  expect(Math.max(...spans.map(({ age }) => age))).toBeLessThan(3 * 365);
});

it('serves each of several transactions with one id', async () => {
  const { fake, feed, psp } = await start();
  const [id, at] = ['5TY05013RG002845M', NOW - DAY];
  fake.add({ ...PAYMENT, id, at, amount: '100.00', fee: '-3.00' });
  fake.add({ ...PAYMENT, id, at, amount: '100.00', currency: 'USD', fee: '-2.00' });
  fake.add({ id, at: at + 1000, code: 'T2103', amount: '-10.00', currency: 'EUR' });
  fake.add({ id, at: at + 2000, code: 'T1107', amount: '-40.00', currency: 'EUR', reference: id });
  await feed.pull(psp);
  expect([...feed.rows.keys()]).toEqual([id, `${id}.fee`, `${id}.2`, `${id}.2.fee`, `${id}.3`, `${id}.4`]);
  expect(feed.rows.get(`${id}.4`)).toMatchObject({ relatedTransactionId: id, type: 'PAYIN' });
  // Clients merge two fees of one payment, so each fee belongs to the row of its own transaction.
  expect([`${id}.fee`, `${id}.2.fee`].map((fee) => feed.rows.get(fee)?.relatedTransactionId)).toEqual([
    id,
    `${id}.2`,
  ]);
  expectSums();
  await feed.pull(psp);
  expect(feed.newVersionCount).toBe(0);
});

/** Lists all transactions that can change once more, a day later. */
const rereadAll = async () => {
  test.clock.time += DAY;
  await test.feed.pull(test.psp);
  expectSums();
};

it('a changed amount, code or sign is a new version of the row, any number of times', async () => {
  const { fake, feed, psp } = await start();
  const id = fake.add({ ...PAYMENT, at: NOW - 2 * DAY, amount: '100.00' });
  await feed.pull(psp);
  for (const change of [
    ...[{ code: 'T0005' }, { code: 'T0006' }, { code: 'T0005' }],
    ...[{ amount: '98.00' }, { code: 'T0005' }, { amount: '100.00' }, { code: 'T0006' }],
    ...[
      { amount: '-100.00', code: 'T0400' },
      { amount: '100.00', code: 'T0006' },
    ],
  ]) {
    Object.assign(fake.find(id)!, change);
    await rereadAll();
    expect([...feed.rows.keys()]).toEqual([id]);
    const { type, amount, metadata } = feed.rows.get(id)!;
    const isOutgoing = fake.find(id)!.amount.startsWith('-');
    expect({ type, amount }).toEqual({
      type: isOutgoing ? 'PAYOUT' : 'PAYIN',
      amount: parseMoney(fake.find(id)!.amount.replace('-', ''), 'EUR'),
    });
    expect(metadata?.['com.paypal.spec/transaction_event_code']).toBe(fake.find(id)!.code);
  }
  await rereadAll();
  expect(feed.newVersionCount).toBe(0);
});

it('a fee that PayPal takes back is cancelled, and counts when PayPal charges it again', async () => {
  const { fake, feed, psp } = await start();
  const id = fake.add({ ...PAYMENT, at: NOW - 2 * DAY, amount: '100.00', fee: '-3.00' });
  const other = fake.add({ ...PAYMENT, at: NOW - 2 * DAY, amount: '5.00' });
  await feed.pull(psp);
  for (const fee of [undefined, '-3.00', '0.00', '2.00', undefined, '-2.00', undefined, '-3.00']) {
    if (fee === undefined) delete fake.find(id)!.fee;
    else fake.find(id)!.fee = fee;
    await rereadAll();
    const isCharged = fee !== undefined && fee !== '0.00';
    expect(feed.rows.get(`${id}.fee`)?.status).toBe(isCharged ? 'SUCCEEDED' : 'CANCELLED');
    await rereadAll();
    expect(feed.newVersionCount).toBe(0);
  }
  fake.find(id)!.status = 'D';
  await rereadAll();
  expect([...feed.rows].map(([rowId, { status }]) => [rowId, status])).toEqual([
    [id, 'FAILED'],
    [`${id}.fee`, 'CANCELLED'],
    [other, 'SUCCEEDED'],
  ]);
});

it.each([1, 3 * HOUR, 40 * DAY])(
  'two transactions that differ only in their time by %d ms or more are two rows',
  async (ms) => {
    const { fake, feed, psp } = await start();
    const id = '5TY05013RG002845M';
    const at = NOW - 50 * DAY;
    fake.add({ ...PAYMENT, id, at, amount: '100.00', fee: '-3.00' });
    fake.add({ ...PAYMENT, id, at: at + Math.max(ms, 1000), amount: '100.00', fee: '-3.00' });
    await feed.pull(psp);
    expect([...feed.rows.keys()]).toEqual([id, `${id}.fee`, `${id}.2`, `${id}.2.fee`]);
    expectSums();
    fake.transactions.reverse();
    await rereadAll();
    expect(feed.newVersionCount).toBe(0);
  },
);

it('each of several transactions with one id and time keeps its row when they change', async () => {
  const { fake, feed, psp } = await start();
  const [id, at] = ['5TY05013RG002845M', NOW - 2 * DAY];
  fake.add({ ...PAYMENT, id, at, amount: '100.00' });
  fake.add({ ...PAYMENT, id, at, amount: '100.00', currency: 'USD' });
  fake.add({ id, at, code: 'T1503', amount: '-10.00', currency: 'EUR' });
  await feed.pull(psp);
  const rows = () => [...feed.rows].map(([rowId, { amount }]) => `${rowId} ${amount.amount} ${amount.asset}`);
  expect(rows()).toEqual([`${id} 10000 EUR/2`, `${id}.2 10000 USD/2`, `${id}.3 1000 EUR/2`]);
  fake.transactions.reverse();
  fake.transactions[0]!.amount = '-12.00';
  fake.transactions[1]!.amount = '98.00';
  fake.transactions[2]!.code = 'T0005';
  await rereadAll();
  expect(rows()).toEqual([`${id} 10000 EUR/2`, `${id}.2 9800 USD/2`, `${id}.3 1200 EUR/2`]);
  // A transaction that is listed later, and that is pending, is no version of the others.
  fake.add({ ...PAYMENT, id, at, amount: '100.00', status: 'P' });
  test.clock.time += HOUR;
  await feed.pull(psp);
  expect(rows().at(-1)).toBe(`${id}.4 10000 EUR/2`);
  expect(feed.rows.size).toBe(4);
  expectSums();
});

it.each([
  ['its status', { status: 'S' }],
  ['its status, amount and code', { amount: '98.00', code: 'T0005', status: 'S' }],
])('a pending transaction on a middle page is seen at the next listing with %s', async (_name, change) => {
  const { clock, fake, feed, psp } = await start({ pageSize: 2 });
  const [id, at] = ['5TY05013RG002845M', NOW - 20 * DAY];
  for (const amount of ['1.00', '2.00']) fake.add({ ...PAYMENT, at, amount });
  fake.add({ ...PAYMENT, id, at, amount: '100.00', status: 'P' });
  for (const amount of ['3.00', '4.00']) fake.add({ ...PAYMENT, at, amount });
  await feed.pull(psp);
  Object.assign(fake.find(id)!, change);
  clock.time += HOUR;
  await feed.pull(psp);
  expect(feed.rows.get(id)).toMatchObject({
    ...{ status: 'SUCCEEDED', amount: parseMoney(fake.find(id)!.amount, 'EUR') },
  });
  expect(feed.rows.size).toBe(5);
  const before = findRequests().length;
  await feed.pull(psp);
  expect(findRequests().length - before).toBeLessThanOrEqual(3);
  expectSums();
});

it('a transaction that is not readable stays rejected beside a valid one with the same id', async () => {
  const { fake, feed, psp } = await start();
  const [id, at] = ['5TY05013RG002845M', NOW - 2 * DAY];
  fake.add({ ...PAYMENT, id, at, amount: '100.00' });
  fake.add({ ...PAYMENT, id, at, amount: '50.00', isMalformed: true });
  await feed.pull(psp);
  expect([[...feed.rows.keys()], [...feed.rejected.keys()]]).toEqual([[id], [`${id}.2`]]);
  fake.transactions[1]!.isMalformed = false;
  await rereadAll();
  expect([...feed.rows.keys()]).toEqual([id, `${id}.2`]);
});

it('rows of the release before are recognised, also after a change', async () => {
  const { fake, feed, psp } = await start();
  const [id, at, other] = ['5TY05013RG002845M', NOW - 2 * DAY, '8AB05013RG002845M'];
  fake.add({ ...PAYMENT, id: other, at, amount: '7.00', fee: '-1.00' });
  fake.add({ id, at, code: 'T1503', amount: '-10.00', currency: 'EUR' });
  fake.add({ ...PAYMENT, id, at: at + 1000, amount: '100.00', currency: 'USD', fee: '-2.00' });
  await feed.pull(psp);
  // The release before named the rows of an id that is not unique by code and amount, and gave the first fee the plain id.
  const key = `${id}.T0006.USD.100.00`;
  const [first, second, fee] = [id, `${id}.2`, `${id}.fee`].map((row) => feed.rows.get(row)!);
  const rename = (row: Transaction, rowId: string, record_id: string): Transaction => ({
    ...{ ...row, id: rowId },
    metadata: { ...row.metadata, 'com.paypal.spec/record_id': record_id },
  });
  const oldFee = rename(fee!, `${id}.fee`, `${key}.fee`);
  const old = [
    ...[other, `${other}.fee`].map((row) => feed.rows.get(row)!),
    ...[first!, rename(second!, key, key)],
    {
      ...{ ...oldFee, relatedTransactionId: id },
      metadata: { ...oldFee.metadata, 'com.tributary.spec/related_id': id },
    },
  ];
  feed.clear();
  for (const row of old) feed.add(row);
  await feed.pull(psp);
  expect(feed.newVersionCount).toBe(0);
  expect([...feed.rows.keys()]).toEqual([other, `${other}.fee`, id, key, `${id}.fee`]);
  for (const change of [{ amount: '8.00' }, { fee: '-1.50' }]) Object.assign(fake.find(other)!, change);
  Object.assign(fake.transactions[2]!, { fee: '-2.50' });
  await rereadAll();
  expect(feed.rows.size).toBe(5);
});

it('sees a decision, a late row and a row whose report was late', async () => {
  const { clock, fake, feed, psp } = await start();
  const pending = fake.add({ ...PAYMENT, at: NOW - 33 * DAY, amount: '1.00', status: 'P' });
  fake.reportDelayMs = 2 * HOUR;
  fake.add({ ...PAYMENT, at: NOW - HOUR, amount: '2.00', visibleFrom: NOW + 3 * HOUR });
  await feed.pull(psp);
  expect(feed.rows.get(pending)?.status).toBe('PENDING');
  expect(feed.rows.size).toBe(1);
  clock.time += 2.5 * HOUR;
  fake.find(pending)!.status = 'D';
  await feed.pull(psp);
  expect(feed.rows.get(pending)?.status).toBe('FAILED');
  clock.time += HOUR;
  await feed.pull(psp);
  expect(feed.rows.size).toBe(2);
  // A transaction that appears a day late is found when all transactions are read again.
  fake.add({ ...PAYMENT, at: NOW - 2 * DAY, amount: '3.00' });
  clock.time += DAY;
  await feed.pull(psp);
  expect(feed.rows.size).toBe(3);
  expectSums();
});

it('costs few requests when nothing is new', async () => {
  const { clock, fake, feed, psp } = await start();
  fake.add({ ...PAYMENT, at: NOW - 2 * DAY, amount: '3.00' });
  await feed.pull(psp);
  clock.time += 20 * 60_000;
  const before = findRequests().length;
  await feed.pull(psp);
  expect(findRequests().length - before).toBeLessThanOrEqual(3);
});

it.each<[string, (body: Record<string, unknown>, page: number) => unknown]>([
  ['no number of pages', ({ total_pages: _, ...body }) => body],
  ['no number of rows', ({ total_items: _, ...body }) => body],
  ['rows that are no list', (body) => ({ ...body, transaction_details: {} })],
  ['no rows, although it says that there are some', (body) => ({ ...body, transaction_details: [] })],
  ['fewer rows than it says', (body) => ({ ...body, total_items: 9, total_pages: 1 })],
])('an answer with %s is not the end', async (_name, change) => {
  const { fake, feed, psp } = await start({ since: '2026-05-25' });
  for (let row = 1; row < 4; row += 1) fake.add({ ...PAYMENT, at: NOW - 5 * DAY, amount: `${row}.00` });
  fake.server.transformResponse = ({ path, query }, body) =>
    path.endsWith('/transactions') && !query.has('transaction_status')
      ? change(body as Record<string, unknown>, Number(query.get('page')))
      : body;
  await expect(feed.pull(psp)).rejects.toMatchObject({ kind: 'unavailable' } satisfies Partial<PspError>);
  fake.server.transformResponse = undefined;
  await feed.pull(psp);
  expect(feed.rows.size).toBe(3);
});

it('serves transactions that differ in their invoice only, and stops at two that are equal', async () => {
  const { fake, feed, psp } = await start();
  const [id, at] = ['5TY05013RG002845M', NOW - 50 * DAY];
  const payment = { ...PAYMENT, id, at, amount: '5.00' };
  fake.add(payment);
  fake.add({ ...payment, info: { invoice_id: 'B2' } });
  await feed.pull(psp);
  expect([...feed.rows.keys()]).toEqual([id, `${id}.2`]);
  expectSums();
  fake.add({ ...payment, info: { invoice_id: 'B2' } });
  feed.clear();
  await expect(feed.pull(psp)).rejects.toThrow('the window has 3 rows, and listed 2');
});

it.each([0, 1])('an empty list that comes once hides no old row (%d days)', async (days) => {
  const { fake, feed, psp } = await start();
  for (let row = 1; row < 4; row += 1)
    fake.add({ ...PAYMENT, at: NOW - (88 - days) * DAY, amount: `${row}.00` });
  let faults = 0;
  fake.server.transformResponse = ({ path }, body) => {
    const { transaction_details: rows } = body as { transaction_details?: unknown[] };
    if (!path.endsWith('/transactions') || !rows?.length || faults > 0) return body;
    faults += 1;
    return { ...(body as object), transaction_details: [], total_items: 0, total_pages: days };
  };
  await feed.pull(psp);
  expect([faults, feed.rows.size]).toEqual([1, 3]);
  expectSums();
});

it.each(['total', 'available'] as const)(
  'a balance whose %s amount has another currency is not served',
  async (balance) => {
    const { fake, psp } = await start({ balance });
    fake.add({ ...PAYMENT, at: NOW - DAY, amount: '5.00' });
    let currency = 'GBP';
    fake.server.transformResponse = ({ path }, body) =>
      path.endsWith('/balances')
        ? JSON.parse(JSON.stringify(body).replace(/"currency":"EUR"/, `"currency":"${currency}"`))
        : body;
    const { value: wrong } = await psp.accounts()[Symbol.asyncIterator]().next();
    expect(wrong).toMatchObject({ items: [{ id: FAKE_ACCOUNT_ID }], balances: [] });
    const message = `${balance}_balance: the amount is in EUR, and what contains it in GBP`;
    expect(wrong?.warnings).toMatchObject([{ message: expect.stringContaining(message) }]);
    currency = 'EUR';
    const { value: right } = await psp.accounts()[Symbol.asyncIterator]().next();
    expect(right?.balances).toMatchObject([{ amounts: [{ amount: 500n, asset: 'EUR/2' }] }]);
    expect(right?.warnings).toBeUndefined();
  },
);

it('counts and flags may come as texts, and an empty result may have no list', async () => {
  const { fake, feed, psp } = await start();
  fake.maxPageSize = 2;
  for (let row = 1; row < 6; row += 1) fake.add({ ...PAYMENT, at: NOW - row * DAY, amount: `${row}.00` });
  fake.server.transformResponse = ({ path }, body) => {
    const { transaction_details, total_items, total_pages, ...more } = body as Record<string, unknown>;
    if (!path.endsWith('/transactions')) return body;
    const counts = { ...more, total_items: String(total_items), total_pages: String(total_pages) };
    return total_items === 0 ? counts : { ...counts, transaction_details };
  };
  await feed.pull(psp);
  expect(feed.rows.size).toBe(5);
});

it('an amount that PayPal writes in another way later is the same row', async () => {
  const { clock, fake, feed, psp } = await start();
  const id = fake.add({ ...PAYMENT, at: NOW - 2 * DAY, amount: '12.50' });
  await feed.pull(psp);
  fake.server.transformResponse = (_request, body) =>
    JSON.parse(JSON.stringify(body).replaceAll('"12.50"', '"12.5"')) as unknown;
  clock.time += 2 * DAY;
  await feed.pull(psp);
  expect(findRequests().length).toBeGreaterThan(3);
  expect([...feed.rows.keys()]).toEqual([id]);
});

/** Numbers of the world of a property: which transaction changes, and how. */
const change = fc.record({
  target: fc.nat(20),
  kind: fc.constantFrom('add', 'amount', 'code', 'fee', 'status', 'pull', 'kill', 'hours', 'reverse'),
  value: fc.nat(3),
});
const AMOUNTS = ['100.00', '98.00', '-100.00', '7.00'];
const CODES = ['T0006', 'T0005', 'T1503', 'T0400'];
const FEES = [undefined, '-3.00', '-2.00', '1.00'];

it('rows add up to the balances after any changes of transactions with few ids, and interrupted listings', async () => {
  const { clock, fake, feed, psp } = await start({ changesWithinDays: 180, pageSize: 2 });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 30 }), async (changes) => {
      clock.time = NOW;
      fake.transactions.splice(0);
      feed.clear();
      for (const { kind, target, value } of changes) {
        const found = fake.transactions[target % Math.max(1, fake.transactions.length)];
        const at = NOW - 3 * DAY + value * HOUR;
        if (kind === 'add') {
          const status = target % 3 === 0 ? 'P' : 'S';
          const about = { code: CODES[value]!, amount: AMOUNTS[target % 4]!, status };
          addDistinct({ ...about, id: `ID${target % 3}`, at, currency: target % 2 ? 'EUR' : 'USD' });
        } else if (kind === 'pull' || kind === 'kill') await feed.pull(psp, kind === 'kill' ? 1 : Infinity);
        else if (kind === 'hours') clock.time += (value + 1) * 8 * HOUR;
        else if (kind === 'reverse') fake.transactions.reverse();
        else if (found !== undefined && kind === 'amount') changeDistinct(found, { amount: AMOUNTS[value]! });
        else if (found !== undefined && kind === 'code') changeDistinct(found, { code: CODES[value]! });
        else if (found !== undefined && kind === 'status') found.status = ['S', 'D', 'V', 'S'][value]!;
        else if (found !== undefined) Object.assign(found, { fee: FEES[value] });
      }
      await feed.pull(psp);
      await rereadAll();
      await rereadAll();
      expect(feed.newVersionCount).toBe(0);
    }),
    { numRuns: 50 },
  );
}, 60_000);

/** Two transactions with one id and time whose other properties are equal cannot be told apart. */
function isDistinct(one: FakeTransaction): boolean {
  const format = ({ id, at, code, currency, amount }: FakeTransaction) =>
    [id, at, code, currency, amount].join();
  return !test.fake.transactions.some((other) => other !== one && format(other) === format(one));
}

function addDistinct(transaction: FakeTransaction): void {
  if (isDistinct(transaction)) test.fake.add(transaction);
}

function changeDistinct(transaction: FakeTransaction, values: Partial<FakeTransaction>): void {
  const before = { ...transaction };
  Object.assign(transaction, values);
  if (!isDistinct(transaction)) Object.assign(transaction, before);
}
