/**
 * Books the rows of a connector in the ledger, as a company would do. The id of each row is the reference of its booking. Two mistakes are
 * made on purpose, so that reconciliation has something to find: the newest payment is not booked, and the payment before it is booked with
 * a wrong amount.
 */
import { readBalanceEffects, type BalanceEffect } from '@tributary/connector-api';
import { toApiKey, toLedgerAccount } from './demo-names.js';
import type { DemoLedger, Posting } from './demo-ledger.js';

const MAX_ROWS = 1000;
const WRONG_BY_MINOR_UNITS = 100n;
/** The ledger account of the company's customers and suppliers. */
const COUNTERPARTIES = 'world';

interface FeedRecord {
  id: string;
  createdAt: string;
}

/**
 * Books the rows of a connector.
 * @returns the ids of the accounts of the connector
 */
export async function bookRows(ledger: DemoLedger, connector: string, gatewayUrl: string): Promise<string[]> {
  const feedUrl = `${gatewayUrl}/${connector}/feed`;
  const accounts = [...(await readFeed(`${feedUrl}/accounts`, connector)).keys()];
  const versions = await readFeed(`${feedUrl}/transactions`, connector);
  const rows = [...versions].map(([id, bodies]) => ({ id, bodies, effects: readBalanceEffects(bodies) }));
  const payments = rows.filter(({ effects }) => effects.length === 1 && (effects[0]?.amount ?? 0n) > 0n);
  const [wrong, forgotten] = payments.slice(-2);
  for (const row of rows) {
    if (row === forgotten || row.effects.length === 0) continue;
    const error = row === wrong ? WRONG_BY_MINOR_UNITS : 0n;
    const { createdAt } = JSON.parse(row.bodies[0] ?? '{}') as FeedRecord;
    const postings = row.effects.map((effect) => toPosting(effect, connector, error));
    ledger.book({ reference: row.id, timestamp: createdAt, postings });
  }
  return accounts;
}

function toPosting({ accountId, asset, amount }: BalanceEffect, connector: string, error: bigint): Posting {
  const own = toLedgerAccount(connector, accountId);
  return amount > 0n
    ? { source: COUNTERPARTIES, destination: own, asset, amount: amount + error }
    : { source: own, destination: COUNTERPARTIES, asset, amount: -amount };
}

/**
 * Reads a whole feed.
 * @returns the JSON of all versions of each record, oldest first, by the id of the record
 */
async function readFeed(url: string, connector: string): Promise<Map<string, string[]>> {
  const records = new Map<string, string[]>();
  for (let after = 0; ;) {
    const response = await fetch(`${url}?after=${after}&limit=${MAX_ROWS}`, {
      headers: { authorization: `Bearer ${toApiKey(connector)}` },
    });
    if (!response.ok) throw new Error(`GET ${url} was answered ${response.status}: ${await response.text()}`);
    const { next, rows } = (await response.json()) as { next: number; rows: { record: FeedRecord }[] };
    for (const { record } of rows)
      records.set(record.id, [...(records.get(record.id) ?? []), JSON.stringify(record)]);
    if (rows.length === 0) return records;
    after = next;
  }
}
