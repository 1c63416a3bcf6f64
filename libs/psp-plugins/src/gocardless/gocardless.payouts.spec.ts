/** Tests payouts with their items: rounding, items that take payments back, payouts that bounce, conversions and old payouts. */
import { isRejectedRecord, mapSettlements } from '@tributary/connector-api';
import type { FeedReader, StoredRecord, Transaction } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import { PAYOUT_FORMAT } from './gocardless.payouts.js';

interface FakeItem {
  type: string;
  amount: string;
  payment?: string;
}

/** A feed that contains what earlier payouts became. */
class MapFeed implements FeedReader {
  readonly rows = new Map<string, Transaction>();

  async findLatest(_stream: string, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    return new Map(
      ids.flatMap((id): [string, StoredRecord][] => {
        const row = this.rows.get(id);
        return row === undefined ? [] : [[id, { metadata: withoutUndefined(row.metadata ?? {}) }]];
      }),
    );
  }

  /** Maps one payout, and stores its rows. @returns one line for each row */
  async read(payout: object, items: readonly FakeItem[] | undefined) {
    const page = await mapSettlements([createPayout(payout, items)], PAYOUT_FORMAT, this);
    const lines = page.items.map((item) => {
      if (isRejectedRecord(item)) return `refused ${item.id}: ${item.reason}`;
      this.rows.set(item.id, item);
      return formatRow(item);
    });
    return { lines, warnings: page.warnings.map(({ message }) => message) };
  }
}

function withoutUndefined(metadata: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

function createPayout(payout: object, items: readonly FakeItem[] | undefined) {
  const json = {
    ...{ id: 'PO1', amount: 0, currency: 'EUR', status: 'paid', created_at: '2026-01-01T08:00:00.000Z' },
    ...{ deducted_fees: 0, links: { creditor: 'CR1', creditor_bank_account: 'BA1' } },
    ...payout,
  };
  const parsed = items?.map(({ payment, ...item }) =>
    Json.parse(JSON.stringify({ ...item, links: { payment } })),
  );
  const details = { items: parsed, refunds: new Map<string, Json>() };
  return { row: Json.parse(JSON.stringify(json)), details };
}

function formatRow({
  id,
  type,
  status,
  amount,
  sourceAccountId,
  relatedTransactionId,
  metadata,
}: Transaction) {
  const sign = sourceAccountId === 'CR1' ? '-' : '+';
  const tie = relatedTransactionId === undefined ? '' : ` of ${relatedTransactionId}`;
  const movement = metadata?.['com.tributary.spec/movement'];
  return `${id} ${type} ${status} ${sign}${amount.amount} ${amount.asset} ${movement}${tie}`;
}

const paidOut = (payment: string, amount: string) => ({ type: 'payment_paid_out', amount, payment });

it('rounds fees so that the rows add up to the payout', async () => {
  const fees = ['-0.5', '-0.5', '-0.4', '-20.3'].map((amount, index) => ({
    ...{ type: 'gocardless_fee', amount, payment: `PM${index}` },
  }));
  // 1000 - 21.7 = 978.3
  const { lines, warnings } = await new MapFeed().read({ amount: 978 }, [...fees, paidOut('PM1', '1000.0')]);
  expect(lines).toEqual([
    'PO1 PAYOUT SUCCEEDED -978 EUR/2 payout',
    'PO1.gocardless_fee.PM0 OTHER SUCCEEDED -1 EUR/2 fee',
    'PO1.gocardless_fee.PM3 OTHER SUCCEEDED -21 EUR/2 fee',
  ]);
  expect(warnings).toEqual([]);
});

it('warns of items that do not add up, and refuses an unknown type', async () => {
  const odd = { type: 'gift', amount: '5.0', payment: 'PM1' };
  const { lines, warnings } = await new MapFeed().read({ amount: 7 }, [paidOut('PM1', '9.0'), odd]);
  expect(lines[1]).toMatch(/^refused PO1\.item\.1: type: expected one of .*, found "gift"$/);
  expect(warnings).toEqual([
    'the items of the payout PO1 add up to 9 minor units, and the payout is 7; 1 items are not readable',
  ]);
});

it('a payment that is charged back, paid out again and fails late has a row for each, and the same ones when it is read again', async () => {
  const feed = new MapFeed();
  const days = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04', '2026-01-05'].map(
    (day) => `${day}T08:00:00.000Z`,
  );
  const history = [
    [paidOut('PM1', '900')],
    [{ type: 'payment_charged_back', amount: '-900', payment: 'PM1' }],
    [paidOut('PM1', '900')],
    [
      { type: 'payment_charged_back', amount: '-900', payment: 'PM1' },
      { type: 'payment_failed', amount: '-5', payment: 'PM2' },
    ],
    [paidOut('PM2', '5')],
  ];
  const read = async () => {
    const lines: string[] = [];
    for (const [index, items] of history.entries())
      lines.push(...(await feed.read({ id: `PO${index}`, created_at: days[index] }, items)).lines);
    return lines.filter((line) => line.startsWith('PM'));
  };
  const first = await read();
  expect(first).toEqual([
    'PM1.payment_charged_back PAYIN REFUNDED -900 EUR/2 dispute of PM1',
    'PM1.payment_paid_out PAYIN REFUND_REVERSED +900 EUR/2 dispute_reversal of PM1',
    'PM1.payment_charged_back.2 PAYIN REFUNDED -900 EUR/2 dispute of PM1',
    'PM2.payment_failed PAYIN REFUNDED -5 EUR/2 adjustment of PM2',
    'PM2.payment_paid_out PAYIN REFUND_REVERSED +5 EUR/2 adjustment of PM2',
  ]);
  expect(await read()).toEqual(first);
});

it('a payout that bounces twice has a row for each return and for each time that it was sent again', async () => {
  const feed = new MapFeed();
  const lines: string[] = [];
  for (const status of ['paid', 'bounced', 'pending', 'paid', 'bounced', 'bounced', 'paid', 'paid'])
    lines.push(...(await feed.read({ amount: 50, status }, [paidOut('PM1', '50')])).lines);
  expect([...new Set(lines)]).toEqual([
    'PO1 PAYOUT SUCCEEDED -50 EUR/2 payout',
    'PO1.returned PAYOUT REFUNDED +50 EUR/2 payout_return of PO1',
    'PO1.resent PAYOUT REFUND_REVERSED -50 EUR/2 refund_reversal of PO1',
    'PO1.returned.2 PAYOUT REFUNDED +50 EUR/2 payout_return of PO1',
    'PO1.resent.2 PAYOUT REFUND_REVERSED -50 EUR/2 refund_reversal of PO1',
  ]);
});

it('a payout in another currency is a conversion and a payout, as soon as the money was exchanged', async () => {
  const feed = new MapFeed();
  const items = [paidOut('PM1', '1000')];
  const pending = { amount: 1000, status: 'pending', fx: { fx_currency: 'GBP', fx_amount: null } };
  expect((await feed.read(pending, items)).lines).toEqual([]);
  const paid = { amount: 1000, fx: { fx_currency: 'GBP', fx_amount: '861', exchange_rate: '0.861' } };
  expect((await feed.read(paid, items)).lines).toEqual([
    'PO1.sold TRANSFER SUCCEEDED -1000 EUR/2 conversion',
    'PO1.bought TRANSFER SUCCEEDED +861 GBP/2 conversion',
    'PO1 PAYOUT SUCCEEDED -861 GBP/2 payout',
  ]);
});

it('a payout whose items are not listed any more has one row for its fees', async () => {
  const { lines, warnings } = await new MapFeed().read({ amount: 80, deducted_fees: 20 }, undefined);
  expect(lines).toEqual(['PO1 PAYOUT SUCCEEDED -80 EUR/2 payout', 'PO1.fees OTHER SUCCEEDED -20 EUR/2 fee']);
  expect(warnings).toHaveLength(1);
});
