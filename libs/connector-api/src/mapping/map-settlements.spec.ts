import { Json } from '../http/json-accessors.js';
import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, StoredRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import {
  fetchSettlementDetails,
  hasAllItems,
  mapSettlements,
  parseFractionalUnits,
  parseMinorUnits,
  parseWebhookEvents,
  toPayment,
  toRefund,
  toRefundReversal,
  translateWord,
} from './index.js';
import type { Movement, Settlement, SettlementListFormat } from './index.js';

const MOVEMENTS: Readonly<Record<string, Movement>> = {
  ...{ payment: 'payment', chargeback: 'dispute', late_failure: 'adjustment', fee: 'fee' },
  ...{ refund: 'refund', refund_return: 'refund_reversal' },
};
const STATES = { pending: 'pending', paid: 'sent', bounced: 'returned' } as const;

const FORMAT: SettlementListFormat = {
  movementByType: MOVEMENTS,
  parseSettlement: (row) => {
    const settlement = {
      ...{ id: row.string('id'), createdAt: row.time('at'), accountId: 'acc-1' },
      amount: parseMinorUnits(row.decimal('amount'), 'EUR'),
    };
    const payout = toPayment({
      ...settlement,
      amount: { ...settlement.amount, amount: -settlement.amount.amount },
    });
    const fees = { amount: parseMinorUnits(row.decimal('fees'), 'EUR') };
    return { ...settlement, state: translateWord(STATES, row, 'status'), fees, rows: [payout] };
  },
  parseItem: (item) => {
    translateWord(MOVEMENTS, item, 'type');
    const [paymentId, refundId] = [item.optionalString('payment'), item.optionalString('refund')];
    return {
      type: item.string('type'),
      exact: parseFractionalUnits(item.decimal('amount')),
      paymentId,
      refundId,
    };
  },
  toRefundRows: (refund, { id, accountId }: Settlement) => {
    const original = { id: refund.string('payment'), type: 'PAYIN' } as const;
    const fields = {
      ...{ createdAt: '2026-01-01T00:00:00Z', accountId, amount: { amount: 5n, asset: 'EUR/2' } },
      ...{ id: refund.string('id'), details: { settlement: id } },
    };
    return [toRefund(original, fields), toRefundReversal(original, { ...fields, id: `${fields.id}.back` })];
  },
};

class MapFeed implements FeedReader {
  private readonly rows = new Map<string, Transaction>();
  readonly rejectedIds = new Set<string>();

  async findLatest(_stream: string, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    return new Map(
      ids.flatMap((id): [string, StoredRecord][] => {
        const row = this.rows.get(id);
        if (row === undefined) return [];
        const metadata = row.metadata as StoredRecord['metadata'];
        return [[id, { metadata, status: row.status, transaction: row }]];
      }),
    );
  }

  /** Maps one settlement, and stores its rows. @returns a line for each record, and the ids of the warnings */
  async read(settlement: object, items: readonly object[] | undefined): Promise<string[]> {
    const toJson = (value: unknown) => Json.parse(JSON.stringify(value));
    const row = toJson({
      id: 'po-1',
      at: '2026-01-01T08:00:00Z',
      amount: 0,
      fees: 0,
      status: 'paid',
      ...settlement,
    });
    const details = await fetchSettlementDetails(items?.map(toJson), FORMAT, async (id) =>
      id === 'gone' ? undefined : toJson({ id, payment: 'pay-1' }),
    );
    const page = await mapSettlements([{ row, details }], FORMAT, this);
    const resolvedWarnings = page.resolvedIds.filter((id) => id.startsWith('items-of-'));
    expect(page.warnings.length + resolvedWarnings.length).toBe(1);
    for (const id of page.resolvedIds) this.rejectedIds.delete(id);
    expect(hasAllItems(row, details, FORMAT)).toBe(
      page.warnings.every(({ id }) => id === 'payouts-without-items'),
    );
    const lines = page.items.map((item) => {
      if (isRejectedRecord(item)) {
        this.rejectedIds.add(item.id);
        return `rejected ${item.id}`;
      }
      this.rows.set(item.id, item);
      const { id, status, amount, sourceAccountId, metadata = {} } = item;
      const sign = sourceAccountId === 'acc-1' ? '-' : '+';
      const settled = metadata['com.tributary.spec/settlement'] ?? '';
      return `${id} ${status} ${sign}${amount.amount} ${metadata['com.tributary.spec/movement']} ${settled}`.trim();
    });
    return [...lines, ...page.warnings.map(({ id }) => `warning ${id}`)];
  }

  store(row: Transaction): void {
    this.rows.set(row.id, row);
  }

  /** Adds up the fees that were charged, without those that were taken back. */
  sumFees(): bigint {
    const fees = [...this.rows.values()].filter(({ id }) => id.includes('.fee.'));
    return fees.reduce((sum, { amount, sourceAccountId }) => {
      return sum + (sourceAccountId === 'acc-1' ? amount.amount : -amount.amount);
    }, 0n);
  }
}

it('maps fees, rounded to the settlement, and refunds with their settlement', async () => {
  const items = [
    { type: 'fee', amount: '-0.5', payment: 'pay-1' },
    { type: 'fee', amount: '-0.5', payment: 'pay-1' },
    { type: 'payment', amount: '110', payment: 'pay-1' },
    { type: 'refund', amount: '-5', payment: 'pay-1', refund: 're-1' },
    { type: 'refund', amount: '-9', payment: 'pay-1', refund: 'gone' },
    { type: 'refund_return', amount: '5', payment: 'pay-1', refund: 're-1' },
  ];
  expect(await new MapFeed().read({ amount: 100 }, items)).toEqual([
    'po-1 SUCCEEDED -100 payout',
    'po-1.fee.pay-1 SUCCEEDED -1 fee po-1',
    're-1 REFUNDED -5 refund po-1',
    're-1.back REFUND_REVERSED +5 refund_reversal po-1',
  ]);
});

it('numbers what later settlements repeat: a chargeback, its cancellation, a late failure', async () => {
  const feed = new MapFeed();
  const lines: string[] = [];
  for (const [index, type] of [
    'payment',
    'chargeback',
    'payment',
    'late_failure',
    'payment',
    'chargeback',
  ].entries()) {
    const settlement = { id: `po-${index}`, at: `2026-01-0${index + 1}T08:00:00Z` };
    const amount = type === 'payment' ? '9' : '-9';
    const read = await feed.read({ ...settlement, amount }, [{ type, amount, payment: 'pay-1' }]);
    lines.push(...read.filter((line) => line.startsWith('pay-1')));
  }
  expect(lines).toEqual([
    'pay-1.chargeback REFUNDED -9 dispute po-1',
    'pay-1.payment REFUND_REVERSED +9 dispute_reversal po-2',
    'pay-1.late_failure REFUNDED -9 adjustment po-3',
    'pay-1.payment.2 REFUND_REVERSED +9 adjustment po-4',
    'pay-1.chargeback.2 REFUNDED -9 dispute po-5',
  ]);
});

describe('a payment that one settlement both takes back and pays out', () => {
  const item = (type: string, amount: number) => ({ type, amount, payment: 'pay-1' });

  it('is restored, if an earlier settlement has paid it out', async () => {
    const feed = new MapFeed();
    feed.store(
      toPayment({
        ...{
          id: 'pay-1',
          createdAt: '2026-01-01T00:00:00Z',
          accountId: 'acc-1',
          amount: { amount: 5n, asset: 'EUR/2' },
        },
        details: { settlement: 'po-1' },
      }),
    );
    await feed.read({ amount: 5 }, [item('payment', 5)]);
    const second = () =>
      feed.read({ id: 'po-2', at: '2026-01-09T08:00:00Z', amount: 1 }, [
        ...[item('chargeback', -5), item('payment', 5), { type: 'fee', amount: 1 }],
      ]);
    const rows = await second();
    expect(rows.filter((row) => row.startsWith('pay-1.')).toSorted()).toEqual([
      'pay-1.chargeback REFUNDED -5 dispute po-2',
      'pay-1.payment REFUND_REVERSED +5 dispute_reversal po-2',
    ]);
    expect(await second()).toEqual(rows);
  });

  it('is only taken back, if this settlement has paid it out', async () => {
    const feed = new MapFeed();
    const rows = await feed.read({ amount: 1 }, [
      ...[item('chargeback', -5), item('payment', 5), { type: 'fee', amount: 1 }],
    ]);
    expect(rows.filter((row) => row.startsWith('pay-1.'))).toEqual([
      'pay-1.chargeback REFUNDED -5 dispute po-1',
    ]);
  });

  it('is taken back and restored, if this settlement has paid it out twice', async () => {
    const feed = new MapFeed();
    const rows = await feed.read({ amount: 6 }, [
      ...[item('chargeback', -5), item('payment', 5), item('payment', 5), { type: 'fee', amount: 1 }],
    ]);
    expect(rows.filter((row) => row.startsWith('pay-1.')).toSorted()).toEqual([
      'pay-1.chargeback REFUNDED -5 dispute po-1',
      'pay-1.payment REFUND_REVERSED +5 dispute_reversal po-1',
    ]);
  });
});

it('warns of items that do not add up, or that are not listed any more, and rejects what is not readable', async () => {
  expect(
    await new MapFeed().read({ amount: 7 }, [{ type: 'payment', amount: '9', payment: 'pay-1' }]),
  ).toEqual([...['po-1 SUCCEEDED -7 payout', 'warning items-of-po-1']]);
  const odd = [
    { type: 'gift', amount: '7' },
    { type: 'chargeback', amount: '7' },
  ];
  expect(await new MapFeed().read({ amount: 7 }, odd)).toEqual([
    ...['po-1 SUCCEEDED -7 payout', 'rejected po-1.item.0', 'rejected po-1.item.1', 'warning items-of-po-1'],
  ]);
  expect(await new MapFeed().read({ amount: 7, fees: 3 }, undefined)).toEqual([
    ...['po-1 SUCCEEDED -7 payout', 'po-1.fees SUCCEEDED -3 fee po-1', 'warning payouts-without-items'],
  ]);
});

it('takes back the row of an item that a later reading no longer has, and restores it', async () => {
  const feed = new MapFeed();
  const [payment, fee] = [
    { type: 'payment', amount: '110', payment: 'pay-1' },
    { type: 'fee', amount: '-10', payment: 'pay-1' },
  ];
  const sums: bigint[] = [];
  for (const [amount, items] of [
    [100, [payment, fee]],
    // Overlapping pages contain the fee twice, so the items do not add up.
    [100, [payment, fee, fee]],
    [100, [payment, fee]],
    [100, [payment, fee]],
    // The fee is not charged any more.
    [110, [payment]],
    [100, [payment, fee]],
    [90, [payment, fee, fee]],
    [100, [payment, fee]],
  ] as const) {
    await feed.read({ amount }, items);
    sums.push(feed.sumFees());
  }
  expect(sums).toEqual([10n, 20n, 10n, 10n, 0n, 10n, 20n, 10n]);
});

it('resolves the rejection of an item that a later complete reading does not have', async () => {
  const feed = new MapFeed();
  const payment = { type: 'payment', amount: '7', payment: 'pay-1' };
  await feed.read({ amount: 7 }, [payment, { type: 'gift', amount: '1' }]);
  expect([...feed.rejectedIds]).toEqual(['po-1.item.1']);
  await feed.read({ amount: 7 }, [payment]);
  expect([...feed.rejectedIds]).toEqual([]);
});

it('a settlement that is returned and sent again has a row for each', async () => {
  const feed = new MapFeed();
  const lines: string[] = [];
  for (const status of ['paid', 'bounced', 'paid'])
    lines.push(
      ...(await feed.read({ amount: 7, status }, [{ type: 'payment', amount: '7', payment: 'pay-1' }])),
    );
  expect([...new Set(lines)]).toEqual([
    'po-1 SUCCEEDED -7 payout',
    'po-1.returned REFUNDED +7 payout_return',
    'po-1.resent REFUND_REVERSED -7 refund_reversal',
  ]);
});

it('reads the words of the events of a webhook', () => {
  const read = (body: unknown) => parseWebhookEvents(Buffer.from(JSON.stringify(body)), 'events', 'type');
  expect(read({ events: [{ type: 'paid' }, {}, { type: 'failed' }] })).toEqual(['paid', 'failed']);
  expect(() => read({ events: {} })).toThrow('no JSON object with a list "events"');
});
