/**
 * Creates items from all new rows of the feeds and all new transactions of the stored ledger. The work is proportional to the number of new
 * rows and transactions.
 */
import type { ItemCuts, ReconciliationRepository } from '@tributary/feed';
import { LEDGER_START } from '../ledger/copy-ledger-transactions.js';
import type { Policy } from '../policy/policy.types.js';
import { yieldToEventLoop } from '../runs/yield-to-event-loop.js';
import { convertFeedRows } from './feed-items.js';
import { convertLedgerTransactions } from './ledger-items.js';

/** The number of rows that one transaction reads, converts and stores. */
const BATCH_ROWS = 1000;

/**
 * Creates the items of a policy version up to the given positions of the feeds and of the ledger. Several processes may call this function
 * for the same version at the same time.
 */
export async function createNewItems(
  repository: ReconciliationRepository,
  policyId: string,
  policy: Policy,
  cuts: ItemCuts,
): Promise<void> {
  for (const [connector, cut] of Object.entries(cuts.feeds))
    while (await addFeedBatch(repository, policyId, policy, connector, cut)) await yieldToEventLoop();
  while (await addLedgerBatch(repository, policyId, policy, cuts.ledger)) await yieldToEventLoop();
}

/**
 * Creates the items of the next batch of feed rows.
 * @returns false when there are no further rows
 */
async function addFeedBatch(
  repository: ReconciliationRepository,
  policyId: string,
  policy: Policy,
  connector: string,
  cut: number,
): Promise<boolean> {
  const position = (await repository.findPosition(policyId, 'psp', connector)) ?? 0;
  if (position >= cut) return false;
  const rows = await repository.readFeedRows(connector, position, Math.min(BATCH_ROWS, cut - position));
  const last = rows.at(-1);
  if (!last)
    throw new Error(`the feed of ${connector} has no row after ${position}; expected rows up to ${cut}`);
  const ids = [...new Set(rows.map(({ recordId }) => recordId))];
  const stored = await repository.findItemsOfRecords(policyId, 'psp', connector, ids);
  await repository.storeItems(policyId, {
    ...{ side: 'psp', source: connector, fromPosition: position, toPosition: last.seq },
    ...convertFeedRows(policy, connector, rows, stored),
  });
  return true;
}

async function addLedgerBatch(
  repository: ReconciliationRepository,
  policyId: string,
  policy: Policy,
  cut: number,
): Promise<boolean> {
  const position = (await repository.findPosition(policyId, 'ledger', policy.ledger)) ?? LEDGER_START;
  if (position >= cut) return false;
  const read = await repository.readLedgerTransactions(policy.ledger, position, BATCH_ROWS);
  const transactions = read.filter(({ id }) => id <= cut);
  const items = await convertLedgerTransactions(repository, policy, transactions);
  await repository.storeItems(policyId, {
    ...{ side: 'ledger', source: policy.ledger, fromPosition: position },
    ...{ toPosition: transactions.at(-1)?.id ?? cut, items, replaced: [] },
  });
  return true;
}
