/** Fills a store with the data of reconciliation, and lists the calls of its repository, for tests of query plans. */
import { serializeTransaction } from '@tributary/connector-api';
import { getCurrentProcess } from '../leases/lease-holder.js';
import type { Store } from '../types/store.types.js';
import type {
  ItemCuts,
  ItemSide,
  NewItem,
  ReconciliationRepository,
  StoredBreak,
} from '../types/reconciliation.types.js';

/** Each side of each policy, each ledger and each feed has this number of rows. */
const FILLED_ROWS = 6000;
/** Each policy has this number of runs. */
const FILLED_RUNS = 100;
/** A call asks for this number of rows at most, except where the call itself reads all items or all breaks. */
const ASKED_ROWS = 20;
/** The first run of the first policy has this number of breaks, and no other run has breaks. */
const FILLED_BREAKS = 1000;

const LEASE_MS = 60_000;
const BATCH_ROWS = 1000;
const CUTS: ItemCuts = { feeds: { bank: FILLED_ROWS, card: FILLED_ROWS }, ledger: FILLED_ROWS };

/** A call of the repository that executes at least one statement. */
export type RepositoryCall = (repository: ReconciliationRepository) => Promise<unknown>;

const NUMBERS = Array.from({ length: ASKED_ROWS }, (_, index) => index * 100);
const RECORD_IDS = NUMBERS.map(toRecordId);

/** The reading calls that a run, or a request of an operator, repeats. */
export const READING_CALLS: Readonly<Record<string, RepositoryCall>> = {
  findPolicySpec: (repository) => repository.findPolicySpec('p1'),
  findPosition: (repository) => repository.findPosition('p1', 'psp', 'bank'),
  countItems: (repository) => repository.countItems('p1'),
  findItemsOfRecords: (repository) => repository.findItemsOfRecords('p1', 'psp', 'bank', RECORD_IDS),
  findKeys: (repository) => repository.findKeys('p1', NUMBERS),
  findItemsByKeys: (repository) => repository.findItemsByKeys('p1', 0, RECORD_IDS),
  findItems: (repository) => repository.findItems('p1', NUMBERS),
  'compareKeyGroups, first': (repository) =>
    repository.compareKeyGroups('p1', 0, CUTS, undefined, ASKED_ROWS),
  'compareKeyGroups, next': (repository) =>
    repository.compareKeyGroups('p1', 0, CUTS, toRecordId(FILLED_ROWS / 2), ASKED_ROWS),
  sumItems: (repository) => repository.sumItems('p1', CUTS),
  findNewestLedgerId: (repository) => repository.findNewestLedgerId('ledger'),
  readLedgerTransactions: (repository) =>
    repository.readLedgerTransactions('ledger', FILLED_ROWS / 2, ASKED_ROWS),
  findLedgerTransaction: (repository) => repository.findLedgerTransaction('ledger', 7),
  readFeedRows: (repository) => repository.readFeedRows('bank', FILLED_ROWS / 2, ASKED_ROWS),
  findFeedHead: (repository) => repository.findFeedHead('bank'),
  findFeedRow: (repository) => repository.findFeedRow('bank', toRecordId(7), FILLED_ROWS),
  findRun: (repository) => repository.findRun('p1-run-7'),
  listRuns: (repository) => repository.listRuns('p1', 1),
  readBreaks: (repository) => repository.readBreaks('p0-run-0', '', ASKED_ROWS),
  findBreak: (repository) => repository.findBreak('p0-run-0', 'break-0007'),
  findBreakIds: (repository) => repository.findBreakIds('p0-run-0', ['break-0007', 'break-0008']),
  readEvents: (repository) => repository.readEvents(FILLED_RUNS, ASKED_ROWS),
  findLastEventSeq: (repository) => repository.findLastEventSeq(),
};

/** The writing calls of a run. Each call writes few rows. They are made in this sequence. */
export const WRITING_CALLS: Readonly<Record<string, RepositoryCall>> = {
  storeItems: async (repository) => {
    const position = (await repository.findPosition('p1', 'psp', 'bank')) ?? 0;
    return repository.storeItems('p1', {
      ...{ side: 'psp', source: 'bank', fromPosition: position, toPosition: position + 1 },
      items: [createItem('psp', position)],
      replaced: [{ number: 7, untilPosition: position + 1 }],
    });
  },
  storeLedgerTransactions: (repository) =>
    repository.storeLedgerTransactions('ledger', [createTransaction(FILLED_ROWS + 1)]),
  beginRun: (repository) =>
    repository.beginRun({
      ...{ id: 'p1-run-next', policyId: 'p1', name: 'p1', inputs: '{}', startedAt: FILLED_RUNS },
    }),
  finishRun: (repository) =>
    repository.finishRun(
      { id: 'p1-run-next', finishedAt: FILLED_RUNS, verdict: 'equal', summary: '{}', sha256: '' },
      { kind: 'run' },
    ),
};

/** The amount of data that `fillReconciliation` stores. */
export interface FilledData {
  connectors: readonly string[];
  ledgers: readonly string[];
  policies: readonly string[];
  /** The number of rows of each feed and each ledger, and of items of each side of each policy. */
  rows: number;
  /** The number of runs of each policy. */
  runs: number;
}

const MANY_ROWS: FilledData = {
  ...{ connectors: ['card', 'bank'], ledgers: ['ledger', 'other'], policies: ['p0', 'p1', 'p2'] },
  ...{ rows: FILLED_ROWS, runs: FILLED_RUNS },
};
/** One row for each policy, so that the statistics say that a policy has one row. */
export const FEW_ROWS: FilledData = {
  ...{ connectors: ['few'], ledgers: ['few'], policies: ['f0', 'f1', 'f2', 'f3', 'f4', 'f5'] },
  ...{ rows: 1, runs: 1 },
};

/** Fills the tables. The items of each policy are those of the feed `bank` and of the ledger `ledger`. */
export async function fillReconciliation(store: Store, data: FilledData = MANY_ROWS): Promise<void> {
  const repository = store.reconciliation();
  for (const connector of data.connectors) await fillFeed(store, connector, data.rows);
  for (const ledger of data.ledgers)
    for (const indexes of listBatches(data.rows))
      await repository.storeLedgerTransactions(
        ledger,
        indexes.map((index) => createTransaction(index + 1)),
      );
  for (const policy of data.policies) {
    await repository.definePolicy(policy, policy, '{}');
    await fillItems(repository, policy, 'psp', 'bank', data.rows);
    await fillItems(repository, policy, 'ledger', 'ledger', data.rows);
    await fillRuns(repository, policy, data.runs);
  }
}

/** Returns the numbers from 0 to `count - 1`, in batches. */
function listBatches(count: number): number[][] {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: Math.ceil(count / BATCH_ROWS) }, (_, batch) =>
    numbers.slice(batch * BATCH_ROWS, (batch + 1) * BATCH_ROWS),
  );
}

async function fillFeed(store: Store, connector: string, rows: number): Promise<void> {
  const feed = await store.feed(connector, 'transactions');
  const lease = await feed.acquireLease(getCurrentProcess(), LEASE_MS);
  for (const indexes of listBatches(rows))
    await lease!.append({
      records: indexes.map((index) =>
        serializeTransaction({
          ...{ id: toRecordId(index), createdAt: '2026-01-01T00:00:00Z' },
          ...{ type: 'PAYIN', status: 'SUCCEEDED', amount: { amount: 1n, asset: 'EUR/2' } },
        }),
      ),
      ...{ rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: String(indexes[0]) },
    });
  await lease!.release();
}

async function fillItems(
  repository: ReconciliationRepository,
  policy: string,
  side: ItemSide,
  source: string,
  rows: number,
): Promise<void> {
  let position = 0;
  for (const indexes of listBatches(rows)) {
    const range = { fromPosition: position, toPosition: position + indexes.length };
    const items = indexes.map((index) => createItem(side, index));
    await repository.storeItems(policy, { side, source, ...range, items, replaced: [] });
    position = range.toPosition;
  }
}

async function fillRuns(repository: ReconciliationRepository, name: string, runs: number): Promise<void> {
  for (let run = 0; run < runs; run++) {
    const id = `${name}-run-${run}`;
    await repository.beginRun({ id, policyId: name, name, inputs: '{}', startedAt: run });
    if (id === 'p0-run-0') await repository.addBreaks(id, createBreaks());
    await repository.finishRun(
      { id, finishedAt: run, verdict: 'equal', summary: '{}', sha256: '' },
      { kind: 'run' },
    );
  }
}

function createBreaks(): StoredBreak[] {
  return Array.from({ length: FILLED_BREAKS }, (_, index) => ({
    ...{ id: `break-${String(index).padStart(4, '0')}`, class: 'missing-at-psp', state: 'open', body: '{}' },
  }));
}

function createItem(side: ItemSide, index: number): NewItem {
  return {
    ...{ side, source: side === 'psp' ? 'bank' : 'ledger', recordId: toRecordId(index) },
    ...{ sincePosition: index + 1, untilPosition: undefined, account: 'account', asset: 'EUR/2' },
    ...{ amount: 1n, at: index, state: 'moved', keys: [{ rule: 0, key: toRecordId(index) }] },
  };
}

function createTransaction(id: number) {
  return { id, at: id, reference: toRecordId(id), metadata: {}, postings: [] };
}

function toRecordId(index: number): string {
  return `record-${String(index).padStart(6, '0')}`;
}
