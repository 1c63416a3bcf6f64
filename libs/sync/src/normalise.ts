/** Converts a plugin's page to a page of the feed: valid records, oldest first, and rejected records with the reason. */
import {
  accountToWire,
  balancesToWire,
  beneficiaryToWire,
  isRefusal,
  RefusedError,
  transactionToWire,
} from '@tributary/connector-api';
import type { Balances, Page, Stream, WireRecord } from '@tributary/connector-api';
import type { FeedPage } from '@tributary/feed';
import { setImmediate } from 'node:timers/promises';
import { oldestFirst } from './order.js';
import type { Redact } from './redaction.js';
import { checkedFinding, checkedRefusal, refuseItem } from './refusals.js';

/** Number of items that are processed before the event loop gets a turn. They take a few milliseconds. */
const SLICE = 250;
/** Prefix of the ids of rejected balances. It distinguishes them from rejected records. */
const BALANCES_OF = 'balances:';

/**
 * Serializers by stream. The plugin's types guarantee the type of the items. If a cast in a plugin was wrong, the serializer
 * throws and the item is rejected.
 */
const TO_WIRE = {
  accounts: accountToWire,
  beneficiaries: beneficiaryToWire,
  transactions: transactionToWire,
} as Record<Stream, (item: object) => WireRecord>;

/**
 * Validates, serializes and sorts the items of a page.
 * @param records records of this page that are serialized already
 */
export async function normalise(
  stream: Stream,
  page: Page<unknown>,
  redact: Redact,
  records: readonly WireRecord[] = [],
): Promise<FeedPage> {
  const result: FeedPage = {
    records: [...records],
    refused: [],
    findings: (page.findings ?? []).map((finding) => checkedFinding(finding, redact)),
    cleared: [...(page.cleared ?? [])],
    balances: [],
    cursor: page.cursor,
  };
  await inSlices(page.items, (item) => addItem(item, TO_WIRE[stream], result, redact));
  await inSlices(page.balances ?? [], (balances) => addBalances(balances, result, redact));
  result.records = oldestFirst(result.records);
  return result;
}

async function inSlices<T>(items: readonly T[], take: (item: T) => void): Promise<void> {
  for (let start = 0; start < items.length; start += SLICE) {
    if (start > 0) await setImmediate();
    items.slice(start, start + SLICE).forEach(take);
  }
}

function addItem(item: unknown, toWire: (item: object) => WireRecord, page: FeedPage, redact: Redact): void {
  try {
    if (typeof item !== 'object' || item === null) {
      throw new RefusedError(`the item is ${item === null ? 'null' : typeof item}, expected an object`);
    }
    if (isRefusal(item)) {
      page.refused.push(checkedRefusal(item, redact));
      return;
    }
    const record = toWire(item);
    page.records.push(record);
    // The store resolves quarantine entries by the served id, but a rejected record has the PSP's id.
    const { id } = item as { id: string };
    if (id !== record.id) page.cleared.push(id);
  } catch (thrown) {
    page.refused.push(refuseItem(item, thrown, redact));
  }
}

function addBalances(balances: Balances, page: FeedPage, redact: Redact): void {
  try {
    page.balances.push(balancesToWire(balances));
    page.cleared.push(`${BALANCES_OF}${balances.accountId}`);
  } catch (thrown) {
    page.refused.push(refuseItem(balances, thrown, redact, BALANCES_OF));
  }
}
