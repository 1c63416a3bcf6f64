/** A plugin's page becomes a page of the feed: what can be served, oldest first, and what cannot, with the reason. */
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

/** Items between two breaths of the event loop: a few milliseconds. */
const SLICE = 250;
/** Refusals of balances are told from those of records by their ids. */
const BALANCES_OF = 'balances:';

/** A plugin's page is of the stream's type by the plugin's own type; a cast that lied throws, and the item is refused. */
const TO_WIRE = {
  accounts: accountToWire,
  beneficiaries: beneficiaryToWire,
  transactions: transactionToWire,
} as Record<Stream, (item: object) => WireRecord>;

/** @param records of the page that are ready already */
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
    // The store clears refusals by the id that is served; a refusal carries the PSP's.
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
