/** Tests that the items of payouts are requested when a payout changes or is incomplete, and that they become its rows. */
import { Json } from '../http/json-accessors.js';
import { parseFractionalUnits, toPayment, toRefund } from '../mapping/index.js';
import type { SettlementListFormat } from '../mapping/index.js';
import { isRejectedRecord } from '../plugin.js';
import { ManualClock } from '../testing/index.js';
import { createSettlementSource, listSources } from './index.js';

const asset = 'EUR/2';
const shared = { createdAt: '2026-01-01T08:00:00Z', accountId: 'acc-1' };
const FORMAT: SettlementListFormat = {
  movementByType: { payment: 'payment', refund: 'refund', fee: 'fee' },
  parseSettlement: (row) => {
    const [id, amount] = [row.string('id'), { amount: BigInt(row.decimal('amount')), asset }];
    const payout = toPayment({ ...shared, id, amount: { amount: -amount.amount, asset } });
    return { ...shared, id, amount, state: 'sent', fees: { amount: { amount: 0n, asset } }, rows: [payout] };
  },
  parseItem: (item) => ({
    ...{ type: item.string('type'), exact: parseFractionalUnits(item.decimal('amount')), paymentId: 'pay-1' },
    refundId: item.optionalString('refund'),
  }),
  toRefundRows: (refund, { id: settlement }) => {
    const fields = { ...shared, id: refund.string('id'), amount: { amount: 5n, asset } };
    return [toRefund({ id: 'pay-1', type: 'PAYIN' }, { ...fields, details: { settlement } })];
  },
};

/** A PSP with one payout, which each listing returns. */
function startTest() {
  const toJson = (value: unknown) => Json.parse(JSON.stringify(value));
  const payout = { id: 'po-1', amount: 95, status: 'paid' };
  const items: object[] = [{ type: 'payment', amount: '100' }];
  const requested: string[] = [];
  const feedReader = { findLatest: async () => new Map() };
  const source = createSettlementSource(
    {
      id: 'payouts',
      isPosition: (value) => typeof value === 'number',
      async *list(since = 0) {
        yield { rows: [toJson(payout)], position: since + 1 };
      },
      getVersion: (row) => `${row.string('id')} ${row.string('status')}`,
      fetchItems: async (id) => {
        requested.push(id);
        return items.map(toJson);
      },
      fetchObject: async (_kind, id) => {
        requested.push(id);
        return toJson({ id });
      },
      toPaymentRecords: async () => ({ items: [] }),
      format: FORMAT,
    },
    { clock: new ManualClock(), feedReader },
  );
  /** Lists the payout. @returns the ids of the rows, and of the warnings */
  const list = async (since?: string) => {
    const listed: string[] = [];
    let cursor = since;
    for await (const page of listSources({ plugin: 'acme', version: 1 }, [source], since)) {
      const ids = page.items.map((item) => (isRejectedRecord(item) ? `rejected ${item.id}` : item.id));
      listed.push(...ids, ...(page.warnings ?? []).map(({ id }) => `warning ${id}`));
      cursor = page.cursor;
    }
    return { listed, cursor, requested: requested.splice(0) };
  };
  return { list, payout, items };
}

it('requests the items of a payout until they add up to it, and then only when it changes', async () => {
  const { list, payout, items } = startTest();
  const first = await list();
  expect(first).toMatchObject({ listed: ['po-1', 'warning items-of-po-1'], requested: ['po-1'] });
  items.push({ type: 'refund', amount: '-5', refund: 're-1' });
  const second = await list(first.cursor);
  expect(second).toMatchObject({ listed: ['po-1', 're-1'], requested: ['po-1', 're-1'] });
  const third = await list(second.cursor);
  expect(third).toMatchObject({ listed: [], requested: [] });
  payout.status = 'bounced';
  expect(await list(third.cursor)).toMatchObject({ listed: ['po-1', 're-1'], requested: ['po-1', 're-1'] });
});
