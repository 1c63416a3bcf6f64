/**
 * Tests that the proof of delivery finds the faults that were inserted into a list of payments, and nothing else. Rows and payments are
 * generated, so a million rows need little memory: `VERIFIED_ROWS=1000000`.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CursorPage } from '../http/formance-http.js';
import { DeliveryWorkFile } from './delivery-work-file.js';
import type { NumberedTransactionRow, PaymentAdjustment, PaymentSummary } from './delivery.types.js';
import { verifyPayments, type PaymentsToVerify } from './verify-payments.js';

const ROWS = Number(process.env['VERIFIED_ROWS'] ?? 3_000);
const PAGE_SIZE = 100;
/** The number of rows of a payment: PENDING, SUCCEEDED, and a refund of a tenth. */
const ROWS_PER_PAYMENT = 3;
const PAYMENTS = Math.floor(ROWS / ROWS_PER_PAYMENT);
const FAULT_KINDS = ['lost', 'doubled', 'wrong status', 'wrong amount', 'unlinked refund'] as const;
type Fault = (typeof FAULT_KINDS)[number];

/** The inserted faults: twenty, four of each kind, distributed over all payments. */
const FAULTS: ReadonlyMap<number, Fault> = new Map(
  Array.from({ length: 20 }, (_, index) => [
    Math.floor(((index + 0.5) * PAYMENTS) / 20),
    FAULT_KINDS[index % FAULT_KINDS.length]!,
  ]),
);

const getAmount = (payment: number) =>
  1000n + BigInt(createHash('md5').update(String(payment)).digest().readUInt32BE(0) % 100_000) * 10n;
const getTime = (payment: number) => new Date(Date.UTC(2026, 0, 1) + payment * 1000).toISOString();

async function* readRows(afterSeq: number): AsyncGenerator<NumberedTransactionRow> {
  for (let seq = afterSeq + 1; seq <= PAYMENTS * ROWS_PER_PAYMENT; seq++) {
    const payment = Math.floor((seq - 1) / ROWS_PER_PAYMENT);
    const part = (seq - 1) % ROWS_PER_PAYMENT;
    const common = { type: 'PAYIN', currency: 'EUR/2', createdAt: getTime(payment) };
    const amount = getAmount(payment);
    const row =
      part < 2
        ? { id: `p${payment}`, status: part === 0 ? 'PENDING' : 'SUCCEEDED', amount: String(amount) }
        : {
            ...{ id: `r${payment}`, relatedTransactionID: `p${payment}`, status: 'REFUNDED' },
            ...{ amount: String(amount / 10n) },
          };
    yield { seq, row: { ...common, ...row } };
  }
}

/** Yields the payments that Formance has for one payment of the PSP. Because of a fault, this can be none or two. */
function* listPayments(payment: number): Generator<PaymentSummary> {
  const fault = FAULTS.get(payment);
  if (fault === 'lost') return;
  const amount = getAmount(payment);
  const remaining = fault === 'unlinked refund' ? amount : amount - amount / 10n;
  const status = fault === 'unlinked refund' ? 'SUCCEEDED' : 'REFUNDED';
  const stored = {
    ...{ id: `id-p${payment}`, reference: `p${payment}`, type: 'PAYIN', asset: 'EUR/2' },
    initialAmount: String(amount),
    amount: String(fault === 'wrong amount' ? remaining + 1n : remaining),
    status: fault === 'wrong status' ? 'PENDING' : status,
  };
  yield stored;
  if (fault === 'doubled') yield { ...stored, id: `id-p${payment}-again` };
  if (fault === 'unlinked refund')
    yield {
      ...{ ...stored, id: `id-r${payment}`, reference: `r${payment}`, status: 'REFUNDED', amount: '0' },
      initialAmount: String(amount / 10n),
    };
}

/** Yields pages as Formance does: the newest payment first. The cursor is the last payment of the page. */
async function* listPages(cursor: string | undefined): AsyncGenerator<CursorPage<PaymentSummary>> {
  let items: PaymentSummary[] = [];
  for (let payment = Number(cursor ?? PAYMENTS) - 1; payment >= 0; payment--) {
    items.push(...listPayments(payment));
    if (items.length < PAGE_SIZE && payment > 0) continue;
    yield { items, next: payment > 0 ? String(payment) : undefined };
    items = [];
  }
}

async function findAdjustments(id: string): Promise<PaymentAdjustment[]> {
  const payment = Number(/\d+/.exec(id)![0]);
  const [reference, createdAt] = [`p${payment}`, getTime(payment)];
  const own = ['PENDING', 'SUCCEEDED'].map((status) => ({ reference, createdAt, status }));
  return FAULTS.get(payment) === 'unlinked refund'
    ? own
    : [...own, { reference: `r${payment}`, createdAt, status: 'REFUNDED' }];
}

const SOURCE: PaymentsToVerify = {
  ...{ readRows, cut: PAYMENTS * ROWS_PER_PAYMENT, listPayments: listPages, findAdjustments },
};

let directory: string;
let workFile: DeliveryWorkFile;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-delivery-'));
  workFile = new DeliveryWorkFile(join(directory, 'proof.db'));
});
afterEach(() => {
  workFile.close();
  rmSync(directory, { recursive: true });
});

/** Returns the differences that the inserted faults should cause, by payment. */
function listWanted(): string[] {
  return [...FAULTS].flatMap(([payment, fault]) => {
    switch (fault) {
      case 'lost':
        return [`missing payment p${payment}`];
      case 'doubled':
        return [`doubled payment p${payment}`];
      case 'wrong status':
      case 'wrong amount':
        return [`different payment p${payment}`];
      case 'unlinked refund':
        return [
          `different payment p${payment}`,
          `missing adjustment r${payment}`,
          `unexpected payment r${payment}`,
        ];
    }
  });
}

const listFound = () =>
  [...workFile.listDifferences()].map(({ kind, object, id }) => `${kind} ${object} ${id}`).sort();

test('finds twenty seeded faults and nothing else, with their causes', async () => {
  const counts = await verifyPayments(SOURCE, workFile);
  expect(listFound()).toEqual(listWanted().sort());
  expect(counts).toEqual({
    ...{ rows: PAYMENTS * ROWS_PER_PAYMENT, payments: PAYMENTS, found: PAYMENTS - 4 + 4, inTransit: 0 },
  });
  const unlinked = [...FAULTS].find(([, fault]) => fault === 'unlinked refund')![0];
  expect([...workFile.listDifferences()].find(({ id }) => id === `r${unlinked}`)?.message).toContain(
    'is missing',
  );
  expect(
    [...workFile.listDifferences()].find(({ kind, id }) => kind === 'unexpected' && id === `r${unlinked}`)
      ?.message,
  ).toContain(`this row belongs to the PAYIN p${unlinked}, and Formance has not linked it`);
}, 600_000);

test('goes on after an interruption, and does not judge payments that newer rows change', async () => {
  let pages = 0;
  const failing: PaymentsToVerify = {
    ...SOURCE,
    listPayments: async function* (cursor) {
      for await (const page of listPages(cursor)) {
        if (++pages === 3) throw new Error('Formance is away');
        yield page;
      }
    },
  };
  await expect(verifyPayments(failing, workFile)).rejects.toThrow('Formance is away');
  workFile.close();
  workFile = new DeliveryWorkFile(join(directory, 'proof.db'));
  const cursors: (string | undefined)[] = [];
  await verifyPayments(
    {
      ...SOURCE,
      listPayments: (cursor) => {
        cursors.push(cursor);
        return listPages(cursor);
      },
    },
    workFile,
  );
  expect(cursors).toEqual([expect.any(String)]);
  expect(listFound()).toEqual(listWanted().sort());
  const early = new DeliveryWorkFile('');
  // The rows of the second half have not been served, so their payments are not reported.
  const counts = await verifyPayments({ ...SOURCE, cut: Math.floor(PAYMENTS / 2) * ROWS_PER_PAYMENT }, early);
  expect(counts.inTransit).toBe(Math.ceil(PAYMENTS / 2));
  expect([...early.listDifferences()].filter(({ kind }) => kind === 'missing')).toHaveLength(
    2 +
      [...FAULTS].filter(([payment, fault]) => fault === 'unlinked refund' && payment < PAYMENTS / 2).length,
  );
  early.close();
}, 600_000);

describe('a row whose amount the PSP changes', () => {
  const PAYMENT_TIME = '2026-03-02T08:00:00Z';
  const KEPT = 'The PSP changed the amount later, and Formance keeps the amount that it read first';
  type Version = [id: string, status: string, amount: string];

  /** Compares the versions with the payment that Formance makes of them. */
  async function findMessages(
    versions: readonly Version[],
    stored: { initialAmount: string; amount: string; status: string },
  ): Promise<string[]> {
    const rows = versions.map(([id, status, amount], index) => ({
      seq: index + 1,
      row: {
        ...{ id, status, amount, type: 'PAYIN', currency: 'EUR/2', createdAt: PAYMENT_TIME },
        ...(id !== 'p' && { relatedTransactionID: 'p' }),
      },
    }));
    const distinct = new Map(
      versions.map(([reference, status]) => [`${reference} ${status}`, { reference, status }]),
    );
    await verifyPayments(
      {
        cut: rows.length,
        readRows: async function* (afterSeq) {
          yield* rows.filter(({ seq }) => seq > afterSeq);
        },
        listPayments: async function* () {
          const payment = { id: 'id-p', reference: 'p', type: 'PAYIN', asset: 'EUR/2', ...stored };
          yield { items: [payment], next: undefined };
        },
        findAdjustments: async () =>
          [...distinct.values()].map((each) => ({ ...each, createdAt: PAYMENT_TIME })),
      },
      workFile,
    );
    return [...workFile.listDifferences()].map(
      ({ kind, object, message }) => `${kind} ${object}: ${message}`,
    );
  }

  test.each<[string, Version[], { initialAmount: string; amount: string; status: string }, string]>([
    [
      'a cent more, with the same status',
      [
        ['p', 'SUCCEEDED', '10000'],
        ['p', 'SUCCEEDED', '10001'],
      ],
      { initialAmount: '10000', amount: '10000', status: 'SUCCEEDED' },
      'the initial amount is 10000 instead of 10001, the amount is 10000 instead of 10001',
    ],
    [
      'a cent less, with another status',
      [
        ['p', 'PENDING', '10000'],
        ['p', 'SUCCEEDED', '9999'],
      ],
      { initialAmount: '10000', amount: '10000', status: 'SUCCEEDED' },
      'the initial amount is 10000 instead of 9999, the amount is 10000 instead of 9999',
    ],
    [
      'a refund of a cent more',
      [
        ['p', 'SUCCEEDED', '10000'],
        ['r', 'REFUNDED', '3000'],
        ['r', 'REFUNDED', '3001'],
      ],
      { initialAmount: '10000', amount: '7000', status: 'REFUNDED' },
      'the amount is 7000 instead of 6999',
    ],
    [
      'an authorised amount, which only its captures move',
      [
        ['p', 'AUTHORISATION', '10000'],
        ['c', 'CAPTURE', '4000'],
        ['p', 'AUTHORISATION', '9000'],
      ],
      { initialAmount: '10000', amount: '4000', status: 'CAPTURE' },
      'the initial amount is 10000 instead of 9000',
    ],
    [
      'a refund without its payment',
      [
        ['p', 'REFUNDED', '3000'],
        ['p', 'REFUNDED', '4000'],
      ],
      { initialAmount: '3000', amount: '0', status: 'REFUNDED' },
      'the initial amount is 3000 instead of 4000',
    ],
  ])('is a difference, because Formance keeps the first amount: %s', async (_, versions, stored, texts) => {
    // Formance shows the status of the version that it stored last.
    const expected = `different payment: PAYIN p: ${texts}. ${KEPT}`;
    expect(await findMessages(versions, stored)).toEqual([expected]);
  });

  test('is no difference after the amount has returned, or if Formance has the new amount', async () => {
    const versions: Version[] = [
      ['p', 'SUCCEEDED', '10000'],
      ['p', 'SUCCEEDED', '10001'],
    ];
    const stored = { initialAmount: '10000', amount: '10000', status: 'SUCCEEDED' };
    expect(await findMessages([...versions, versions[0]!], stored)).toEqual([]);
    workFile.close();
    workFile = new DeliveryWorkFile('');
    expect(await findMessages(versions, { ...stored, initialAmount: '10001', amount: '10001' })).toEqual([]);
  });

  test.each([
    ['PENDING', '9000'],
    ['AUTHORISATION', '9000'],
  ])('is no difference after the first version has come again behind %s', async (status, amount) => {
    const first: Version = ['p', 'SUCCEEDED', '10000'];
    const stored = { initialAmount: '10000', amount: '10000', status };
    expect(await findMessages([first, ['p', status, amount], first], stored)).toEqual([]);
  });

  test('has no named cause if Formance has a third amount', async () => {
    const versions: Version[] = [
      ['p', 'SUCCEEDED', '10000'],
      ['p', 'SUCCEEDED', '10001'],
    ];
    const stored = { initialAmount: '10002', amount: '10002', status: 'SUCCEEDED' };
    expect(await findMessages(versions, stored)).toEqual([
      'different payment: PAYIN p: the initial amount is 10002 instead of 10001, the amount is 10002 instead of 10001',
    ]);
  });
});

test('a row whose type the PSP changes leaves a payment in Formance that is too much', async () => {
  const rows = ['PAYIN', 'PAYOUT'].map((type, index) => ({
    seq: index + 1,
    row: {
      ...{ id: 'p', type, status: 'SUCCEEDED', amount: '100', currency: 'EUR/2' },
      createdAt: '2026-03-02T08:00:00Z',
    },
  }));
  const [payin, payout] = rows as [NumberedTransactionRow, NumberedTransactionRow];
  /** Formance makes one payment for each type of the row. */
  const findMessages = async (served: readonly NumberedTransactionRow[]) => {
    const file = new DeliveryWorkFile('');
    const source: PaymentsToVerify = {
      cut: served.length,
      readRows: async function* (afterSeq) {
        yield* served.map(({ row }, index) => ({ seq: index + 1, row })).filter(({ seq }) => seq > afterSeq);
      },
      listPayments: async function* () {
        const payment = {
          reference: 'p',
          asset: 'EUR/2',
          initialAmount: '100',
          amount: '100',
          status: 'SUCCEEDED',
        };
        const types = [...new Set(served.map(({ row }) => row.type))];
        yield { items: types.map((type) => ({ id: `id-${type}`, type, ...payment })), next: undefined };
      },
      findAdjustments: async () => [],
    };
    await verifyPayments(source, file);
    const messages = [...file.listDifferences()].map(({ kind, message }) => `${kind}: ${message}`);
    file.close();
    return messages;
  };
  expect(await findMessages([payin])).toEqual([]);
  expect(await findMessages([payin, payout])).toEqual([
    'unexpected: Formance has the PAYIN p (id-PAYIN): the PSP changed this row to PAYOUT later, and Formance keeps both payments',
  ]);
  expect(await findMessages([payin, payout, payin])).toEqual([
    'unexpected: Formance has the PAYOUT p (id-PAYOUT): the PSP changed this row to PAYIN later, and Formance keeps both payments',
  ]);
});
