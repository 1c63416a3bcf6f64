/** Compares, for one connector, the rows that the store has served to Formance's reader with the objects in Formance Payments. */
import { deriveReaderId } from '@tributary/auth';
import type { Feed, Store } from '@tributary/feed';
import {
  DeliveryWorkFile,
  findInstalledConnector,
  verifyAccounts,
  verifyBalances,
  verifyPayments,
  type BalanceCounts,
  type DeliveryCounts,
  type DeliveryDifference,
  type DesiredConnector,
  type InstalledConnector,
  type NumberedTransactionRow,
  type PaymentsClient,
  type ServedAccount,
  type TransactionRow,
} from '@tributary/formance';
import { setImmediate } from 'node:timers/promises';
import { CliError } from '../../shared/cli-error.js';
import {
  bindWorkFile,
  readFinishedProof,
  writeFinishedProof,
  type DeliverySubject,
} from './delivery-proof-state.js';
import { findServedRows, type ServedRows } from './find-served-rows.js';

/** The number of rows that are read from the store at a time. */
const BATCH_ROWS = 1000;
/** The number of rows or payments between two progress messages. */
const PROGRESS_STEP = 50_000;

export interface DeliveryReport {
  connector: string;
  counts: DeliveryCounts & BalanceCounts;
  /** The position of the last row that must have been delivered. */
  position: number;
  /** The time of Formance's last request for transactions, in milliseconds since 1970. */
  requestedAt: number;
  /**
   * The time of an earlier run that finished this work file, in milliseconds since 1970. It is present only if there was such a run.
   * Nothing was compared after that time.
   */
  oldResultFrom?: number;
  /** The first differences, at most `maxDifferences`. */
  differences: DeliveryDifference[];
  /** The number of all differences. */
  differenceCount: number;
}

export interface DeliveryToVerify {
  desired: DesiredConnector;
  client: PaymentsClient;
  store: Store;
  /** The path of the work file; empty for a temporary file. */
  workFile: string;
  /** The maximum number of differences in the report. Default: all. */
  maxDifferences?: number;
  /** Ends the proof before its next request or batch of rows. */
  signal?: AbortSignal;
}

/**
 * Compares the rows that were served with the objects in Formance Payments.
 * @throws CliError in three cases: Formance does not have the connector, Formance has never requested its transactions, or the work file
 * belongs to another proof
 * @throws the reason of `signal` after it was aborted
 */
export async function verifyDelivery(
  delivery: DeliveryToVerify,
  onProgress: (progress: string) => void,
): Promise<DeliveryReport> {
  const { desired, client, workFile, maxDifferences } = delivery;
  const { id: connectorId } = await findConnector(client, desired);
  const { apiKey } = await client.getGenericConfig(connectorId);
  const subject = { path: desired.path, connectorId, reader: deriveReaderId(`Bearer ${apiKey}`) };
  const file = new DeliveryWorkFile(workFile);
  try {
    bindWorkFile(file, workFile, subject);
    const finishBefore = readFinishedProof(file);
    const { counts, requestedAt } =
      finishBefore ?? (await compareDelivery(delivery, subject, file, onProgress));
    return {
      ...{ connector: desired.path, counts, requestedAt },
      position: Number(file.readProgress('cut') ?? 0),
      differences: [...file.listDifferences(maxDifferences)],
      differenceCount: file.countDifferences(),
      ...(finishBefore && { oldResultFrom: finishBefore.finishedAt }),
    };
  } finally {
    file.close();
  }
}

async function compareDelivery(
  { desired: { path }, client, store, signal }: DeliveryToVerify,
  { connectorId, reader }: DeliverySubject,
  file: DeliveryWorkFile,
  onProgress: (progress: string) => void,
): Promise<Pick<DeliveryReport, 'counts' | 'requestedAt'>> {
  const served = await findServedRows(store, path, reader);
  if (served === undefined)
    throw new CliError(
      `Formance has not asked for transactions of ${path} yet. Run "tributary formance doctor"`,
    );
  // If the proof is continued, its cut stays the same. The cut is the last row that must have been delivered.
  const cut = Number(file.readProgress('cut') ?? served.rows.transactions);
  file.writeProgress('cut', String(cut));
  const feed = await store.feed(path, 'transactions');
  const untilAborted = <T>(items: AsyncIterable<T>) => throwWhenAborted(items, signal);
  let shown = 0;
  const counts = await verifyPayments(
    {
      cut,
      readRows: (afterSeq) => untilAborted(readTransactionRows(feed, afterSeq)),
      listPayments: (cursor) => untilAborted(client.listPaymentPages(connectorId, cursor)),
      findAdjustments: (paymentId) => {
        signal?.throwIfAborted();
        return client.findAdjustments(paymentId);
      },
    },
    file,
    ({ rows, found }) => {
      if (rows + found < shown + PROGRESS_STEP) return;
      shown = rows + found;
      onProgress(`${rows} rows read, ${found} payments compared`);
    },
  );
  await verifyAccounts(
    untilAborted(readServedAccounts(store, path, served.rows)),
    untilAborted(client.listAccounts(connectorId)),
    file,
  );
  const balanceCounts = await verifyBalances(
    {
      findServed: (accounts) => store.balances(path).findServedTo(reader, accounts),
      findStored: (accountId, assets) => {
        signal?.throwIfAborted();
        return client.findNewestBalances(accountId, assets);
      },
    },
    file,
  );
  const result = { counts: { ...counts, ...balanceCounts }, requestedAt: served.requestedAt };
  writeFinishedProof(file, { ...result, finishedAt: await store.currentTime() });
  return result;
}

/** Yields the items until the signal is aborted, and then throws the reason of the signal. */
async function* throwWhenAborted<T>(items: AsyncIterable<T>, signal: AbortSignal | undefined) {
  for await (const item of items) {
    signal?.throwIfAborted();
    yield item;
  }
}

async function findConnector(client: PaymentsClient, desired: DesiredConnector): Promise<InstalledConnector> {
  const installed: InstalledConnector[] = [];
  for await (const connector of client.listConnectors()) installed.push(connector);
  const found = findInstalledConnector(desired, installed);
  switch (found.kind) {
    case 'found':
      return found.connector;
    case 'absent':
      throw new CliError(
        `Formance has no connector with the name ${JSON.stringify(desired.name)} or the endpoint ${desired.endpoint}. Run "tributary formance install"`,
      );
    case 'ambiguous':
      throw new CliError(found.reason);
  }
}

async function* readTransactionRows(feed: Feed, afterSeq: number): AsyncGenerator<NumberedTransactionRow> {
  for await (const { seq, body } of readBodies(feed, afterSeq))
    yield { seq, row: JSON.parse(body) as TransactionRow };
}

/** Yields the accounts and beneficiaries that were served to the reader. An account with several rows is returned several times. */
async function* readServedAccounts(
  store: Store,
  path: string,
  servedRows: ServedRows['rows'],
): AsyncGenerator<ServedAccount> {
  for (const [stream, kind] of [
    ['accounts', 'account'],
    ['beneficiaries', 'beneficiary'],
  ] as const) {
    const feed = await store.feed(path, stream);
    for await (const { seq, body } of readBodies(feed, 0)) {
      if (seq > servedRows[stream]) break;
      yield { id: (JSON.parse(body) as { id: string }).id, kind };
    }
  }
}

async function* readBodies(feed: Feed, afterSeq: number): AsyncGenerator<{ seq: number; body: string }> {
  for (let rows = await feed.readRows(afterSeq, BATCH_ROWS); rows.length > 0;) {
    for (const { sequence, body } of rows) yield { seq: sequence, body };
    // No query of SQLite waits. Without this line, a gateway that runs a policy would not respond until all rows are read.
    await setImmediate();
    rows = await feed.readRows(rows.at(-1)!.sequence, BATCH_ROWS);
  }
}
