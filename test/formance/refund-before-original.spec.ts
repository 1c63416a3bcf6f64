/**
 * Tests that a refund that becomes visible before its original reaches Formance after the original, so that the amount of every payment is
 * right.
 */
import { serializeTransaction, type SerializedRecord, type Transaction } from '@tributary/connector-api';
import { getCurrentProcess, openStore } from '@tributary/feed';
import { parseGoTime } from '../../libs/conformance/src/clients/go-time.js';
import { DEFAULT_STORE } from '../../libs/feed/src/testing/stores.js';
import {
  collectRecords,
  createPsp,
  createSettings,
  FAULTY_SETTINGS,
  MINUTE_MS,
  START_TIME_MS,
} from '../../libs/psp-plugins/src/sandbox/testing/sandbox-setup.js';
import { PaymentStore } from '../orders/payment-store.js';

const PULL_INTERVAL_MS = MINUTE_MS / 4;
const PULLS = 12;

interface ServedTransaction {
  id: string;
  relatedTransactionID?: string;
  createdAt: string;
  type: string;
  status: string;
  amount: string;
  currency: string;
}

test('every payment has the right amount, although 40 % of the rows come late', async () => {
  const fresh = await DEFAULT_STORE.createMigrated();
  let now = START_TIME_MS;
  const store = await openStore(fresh.url, () => now);
  const settings = createSettings({ ...FAULTY_SETTINGS, activityPerMinute: 120, pageSize: 50 });
  const psp = createPsp(settings, () => now);
  const feed = await store.feed('sand', 'transactions');
  const lease = (await feed.acquireLease(getCurrentProcess(), MINUTE_MS))!;
  const arrived: SerializedRecord[] = [];
  try {
    for (let pull = 1; pull <= PULLS; pull++) {
      now = START_TIME_MS + pull * PULL_INTERVAL_MS;
      for await (const { items, cursor } of psp.transactions(lease.cursor)) {
        const records = items.map((item) => serializeTransaction(item as Transaction));
        arrived.push(...records);
        await lease.append({
          ...{ records, rejected: [], warnings: [], resolvedIds: [], balances: [], cursor },
        });
      }
    }
    const { body } = await feed.readPage(undefined, 1, 100_000);
    const wanted = computeAmounts(await collectRecords(createPsp(settings, () => now).transactions()));
    expect(wanted.size).toBeGreaterThan(300);
    expect(findWrongAmounts(JSON.parse(body.toString()) as ServedTransaction[], wanted)).toEqual([]);
    // These are the rows in the sequence in which they became visible. Some refunds come first, so their payments would get a wrong amount
    // in Formance.
    const unordered = arrived.map(({ content }) => JSON.parse(`${content}}`) as ServedTransaction);
    expect(findWrongAmounts(unordered, wanted).length).toBeGreaterThan(0);
  } finally {
    await store.close();
    await fresh.remove();
  }
});

/** Returns the remaining amount of each payment that the PSP lists: the booked amount minus the refunded amounts. */
function computeAmounts(rows: readonly Transaction[]): Map<string, bigint> {
  const amounts = new Map<string, bigint>();
  const shown = new Set<string>();
  for (const row of rows) {
    const { originalId, id } = serializeTransaction(row);
    const payment = `${originalId ?? id} ${row.type}`;
    const amount = row.status === 'REFUNDED' ? -row.amount.amount : row.amount.amount;
    amounts.set(payment, (amounts.get(payment) ?? 0n) + amount);
    // The first refund of the history has no original.
    if (originalId === undefined && row.status !== 'REFUNDED') shown.add(payment);
  }
  return new Map([...amounts].filter(([payment]) => shown.has(payment)));
}

function findWrongAmounts(rows: readonly ServedTransaction[], wanted: ReadonlyMap<string, bigint>): string[] {
  const payments = new PaymentStore();
  // Formance stores all rows of a page together. So pages with one row are the strictest test of the sequence.
  for (const { id, relatedTransactionID, createdAt, type, status, amount, currency } of rows)
    payments.store([
      {
        ...{
          reference: id,
          parent: relatedTransactionID,
          type,
          status,
          amount: BigInt(amount),
          asset: currency,
        },
        createdAt: parseGoTime(createdAt)!,
      },
    ]);
  return [...wanted].flatMap(([payment, amount]) => {
    const found = payments.byId.get(payment)?.amount;
    return found === amount ? [] : [`${payment}: ${found} instead of ${amount}`];
  });
}
