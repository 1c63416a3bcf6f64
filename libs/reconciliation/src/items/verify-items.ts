/** Verifies that the stored items of a policy are the items that result from the feed rows and the stored ledger transactions. */
import type { ItemSide, NewItem, ReconciliationItem, ReconciliationRepository } from '@tributary/feed';
import { LEDGER_START } from '../ledger/copy-ledger-transactions.js';
import type { Policy } from '../policy/policy.types.js';
import { yieldToEventLoop } from '../runs/yield-to-event-loop.js';
import { convertFeedRows } from './feed-items.js';
import { convertLedgerTransactions } from './ledger-items.js';

const BATCH_ROWS = 500;

/**
 * Converts all rows and transactions of the policy again, and compares the result with each column and each key of the stored items. The
 * check covers all stored items, also those that were created after a run.
 * @returns the first difference, or `undefined`
 */
export async function verifyItems(
  repository: ReconciliationRepository,
  policyId: string,
  policy: Policy,
): Promise<string | undefined> {
  const verifier = new ItemVerifier(repository, policyId, policy);
  for (const connector of new Set(policy.accounts.map((account) => account.connector))) {
    const problem = await verifier.verifyFeed(connector);
    if (problem !== undefined) return problem;
  }
  return (await verifier.verifyLedger()) ?? (await verifier.verifyNumbers());
}

class ItemVerifier {
  private items = 0;
  private highestNumber = -1;

  constructor(
    private readonly repository: ReconciliationRepository,
    private readonly policyId: string,
    private readonly policy: Policy,
  ) {}

  async verifyFeed(connector: string): Promise<string | undefined> {
    const end = (await this.repository.findPosition(this.policyId, 'psp', connector)) ?? 0;
    for (let from = 0; from < end;) {
      const rows = await this.repository.readFeedRows(connector, from, Math.min(BATCH_ROWS, end - from));
      const to = rows.at(-1)?.seq;
      if (to === undefined) return `the feed of ${connector} ends at row ${from}; expected rows up to ${end}`;
      const ids = [...new Set(rows.map(({ recordId }) => recordId))];
      const stored = await this.repository.findItemsOfRecords(this.policyId, 'psp', connector, ids);
      const start = from;
      const earlier = stored.filter(({ sincePosition }) => sincePosition <= start);
      const before = earlier.map((item) => ({
        ...item,
        untilPosition: hideLater(item.untilPosition, start),
      }));
      const { items, replaced } = convertFeedRows(this.policy, connector, rows, before);
      const ends = new Map(replaced.map(({ number, untilPosition }) => [number, untilPosition]));
      const wrong = earlier.find(
        ({ number, untilPosition }) =>
          hideLater(untilPosition, to) !== (hideLater(untilPosition, start) ?? ends.get(number)),
      );
      if (wrong) return describeDifference('psp', connector, wrong.recordId);
      const added = stored.filter(({ sincePosition }) => sincePosition > start && sincePosition <= to);
      const problem =
        (await this.compare('psp', connector, items, added, to)) ??
        (await this.findUnfoundedEnd(connector, added));
      if (problem !== undefined) return problem;
      from = to;
      await yieldToEventLoop();
    }
    return undefined;
  }

  async verifyLedger(): Promise<string | undefined> {
    const { ledger } = this.policy;
    const end = (await this.repository.findPosition(this.policyId, 'ledger', ledger)) ?? LEDGER_START;
    for (let from = LEDGER_START; from < end;) {
      const read = await this.repository.readLedgerTransactions(ledger, from, BATCH_ROWS);
      const transactions = read.filter(({ id }) => id <= end);
      const items = await convertLedgerTransactions(this.repository, this.policy, transactions);
      const ids = transactions.map(({ id }) => String(id));
      const stored = await this.repository.findItemsOfRecords(this.policyId, 'ledger', ledger, ids);
      const problem = await this.compare('ledger', ledger, items, stored, Infinity);
      if (problem !== undefined) return problem;
      from = transactions.at(-1)?.id ?? end;
      await yieldToEventLoop();
    }
    return undefined;
  }

  /**
   * Checks that the number of stored items is the number of compared items, and that the item numbers have no gap. Otherwise an item does
   * not result from any row, or a number was changed.
   */
  async verifyNumbers(): Promise<string | undefined> {
    const count = await this.repository.countItems(this.policyId);
    return this.items === count && this.highestNumber < count
      ? undefined
      : `the policy has ${count} items; its rows and transactions give ${this.items} with numbers below ${count}`;
  }

  /**
   * Compares the stored items of some records with the items that result from their rows.
   * @param to the position up to which the rows were read. If a stored item ends after this position, the end is not compared
   */
  private async compare(
    side: ItemSide,
    source: string,
    expected: readonly NewItem[],
    stored: readonly ReconciliationItem[],
    to: number,
  ): Promise<string | undefined> {
    this.items += stored.length;
    for (const { number } of stored) this.highestNumber = Math.max(this.highestNumber, number);
    const keys = await this.repository.findKeys(
      this.policyId,
      stored.map(({ number }) => number),
    );
    const keysByNumber = Map.groupBy(keys, ({ number }) => number);
    const found = stored.map((item) => ({
      ...item,
      untilPosition: hideLater(item.untilPosition, to),
      keys: keysByNumber.get(item.number) ?? [],
    }));
    const texts = [expected, found].map((items) => items.map((item) => [toText(item), item.recordId]).sort());
    const [wanted = [], actual = []] = texts;
    const index = Array.from({ length: Math.max(wanted.length, actual.length) }).findIndex(
      (_, position) => wanted[position]?.[0] !== actual[position]?.[0],
    );
    return index < 0
      ? undefined
      : describeDifference(side, source, (wanted[index] ?? actual[index])?.[1] ?? '');
  }

  /**
   * Checks that each item ends exactly at the row of the next version of its record.
   * @returns the first difference, or `undefined`
   */
  private async findUnfoundedEnd(
    connector: string,
    items: readonly ReconciliationItem[],
  ): Promise<string | undefined> {
    for (const { recordId, untilPosition } of items) {
      if (untilPosition === undefined) continue;
      const [row] = await this.repository.readFeedRows(connector, untilPosition - 1, 1);
      if (row?.recordId !== recordId) return describeDifference('psp', connector, recordId);
    }
    return undefined;
  }
}

/** Omits the end of an item if a row after position `to` caused this end. */
function hideLater(untilPosition: number | undefined, to: number): number | undefined {
  return untilPosition === undefined || untilPosition > to ? undefined : untilPosition;
}

function toText(item: NewItem): string {
  const { side, source, recordId, sincePosition, untilPosition, account, asset, amount, at, state } = item;
  const keys = item.keys.map(({ rule, key }) => [rule, key]).sort();
  return JSON.stringify([
    ...[side, source, recordId, sincePosition, untilPosition ?? null, account, asset],
    ...[amount.toString(), at, state, keys],
  ]);
}

function describeDifference(side: ItemSide, source: string, recordId: string): string {
  const record = side === 'psp' ? `row ${recordId}` : `ledger transaction ${recordId}`;
  return `the stored items of ${record} of ${source} are not those that it gives: they were changed`;
}
