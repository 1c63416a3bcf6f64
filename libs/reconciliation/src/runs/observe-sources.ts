/**
 * Determines the cuts of a run (the positions at which the run stops reading), and records balances and sums of the sources at this moment.
 */
import type { ReconciliationRepository, Store } from '@tributary/feed';
import { LedgerError, type LedgerSource } from '../ledger/ledger-source.js';
import { LEDGER_START, copyLedgerTransactions } from '../ledger/copy-ledger-transactions.js';
import { toAccountName, type Policy } from '../policy/policy.types.js';
import { observeAccount } from '../legs/observe-account.js';
import type { FeedObservation, LegObservations, LegSources } from '../legs/leg.types.js';
import type { Observations, PspObservation, RunInputs } from './run.types.js';

/** The maximum number of times that a source is read again because it changed while its sums were read. */
const MAX_ATTEMPTS = 5;

/** The sources that a run reads besides the store. */
export interface RunSources extends LegSources {
  ledger: LedgerSource;
}

/**
 * Reads new transactions of the ledger, and determines the inputs of a run.
 * @param asOf the time of the run, in milliseconds since 1970
 */
export async function observeSources(
  store: Store,
  policy: Policy,
  { ledger: source, ...legSources }: RunSources,
  asOf: number,
): Promise<RunInputs> {
  const repository = store.reconciliation();
  const [problems, notMade]: [string[], string[]] = [[], []];
  const ledger = await observeLedger(repository, policy, source, problems);
  const feeds: Record<string, number> = {};
  const psp: PspObservation[] = [];
  const feed: FeedObservation = { problems: [], accounts: [] };
  const connectors = [...new Set(policy.accounts.map((account) => account.connector))].sort();
  for (const connector of connectors)
    feeds[connector] = await observeFeed(store, policy, connector, legSources, { psp, notMade, feed });
  // The comparison with Payments can take minutes. It begins after the cuts of all feeds are determined, so that they are close to the cut of
  // the ledger.
  const payments: LegObservations['payments'] = [];
  for (const connector of connectors) payments.push(await observePayments(connector, legSources));
  const events = await repository.findLastEventSeq();
  const [previous] = await repository.listRuns(policy.name, 1);
  return {
    cuts: { feeds, ledger: ledger.cut, events },
    asOf: new Date(asOf).toISOString(),
    ...(previous && { previous: previous.id }),
    observations: {
      ...{ psp, ...(ledger.balances && { ledger: ledger.balances }), problems, notMade },
      legs: { feed, payments },
    },
  };
}

async function observeLedger(
  repository: ReconciliationRepository,
  policy: Policy,
  source: LedgerSource,
  problems: string[],
): Promise<{ cut: number; balances?: Observations['ledger'] }> {
  try {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const cut = await copyLedgerTransactions(repository, source);
      const balances = await readBalances(policy, source);
      if ((await source.listTransactions(cut)).length === 0) return { cut, balances };
    }
    problems.push(
      `the ledger ${source.name} changed ${MAX_ATTEMPTS} times while its balances were read; run again`,
    );
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    problems.push(`the ledger ${source.name} could not be read: ${error.message}`);
  }
  return { cut: (await repository.findNewestLedgerId(source.name)) ?? LEDGER_START };
}

async function readBalances(
  policy: Policy,
  source: LedgerSource,
): Promise<NonNullable<Observations['ledger']>> {
  const balances = [];
  for (const account of policy.accounts)
    for (const [asset, amount] of await source.getBalances(account.address)) {
      const balance = policy.sign === 'same' ? amount : -amount;
      balances.push({ account: toAccountName(account), asset, balance: balance.toString() });
    }
  return balances;
}

/**
 * Records the sums and the problems of one feed.
 * @returns the position in the feed at which the run stops reading
 */
async function observeFeed(
  store: Store,
  policy: Policy,
  connector: string,
  { incomparable }: LegSources,
  { psp, notMade, feed }: Pick<Observations, 'psp' | 'notMade'> & { feed: FeedObservation },
): Promise<number> {
  const { problems } = feed;
  const rejected = (await store.listQuarantine(connector)).filter(
    ({ stream, kind }) => stream === 'transactions' && kind === 'refusal',
  );
  if (rejected.length > 0)
    problems.push(
      `${rejected.length} rows of ${connector} are in quarantine; see tributary quarantine ${connector}`,
    );
  const accounts = new Map(
    policy.accounts
      .filter((account) => account.connector === connector)
      .map((account) => [account.account, toAccountName(account)]),
  );
  const repository = store.reconciliation();
  for (let attempt = 1; ; attempt++) {
    const head = await repository.findFeedHead(connector);
    const sums = (await store.completeness(connector).list()).filter(({ accountId }) =>
      accounts.has(accountId),
    );
    const after = await repository.findFeedHead(connector);
    const isChanged = after.seq !== head.seq || after.hasWaitingRows !== head.hasWaitingRows;
    if (isChanged && attempt < MAX_ATTEMPTS) continue;
    const hasWaitingRows = head.hasWaitingRows || after.hasWaitingRows;
    if (head.seq === 0) problems.push(`the feed of ${connector} has no rows; check that it is synchronised`);
    if (head.summedAfter > 0)
      notMade.push(
        `the sum of the rows of ${connector} was not compared: the store began to add them up after row ${head.summedAfter}`,
      );
    if (hasWaitingRows)
      notMade.push(
        `the sum of the rows of ${connector} was not compared: rows wait for their original, and the sum contains them already`,
      );
    for (const account of policy.accounts)
      if (account.connector === connector)
        feed.accounts.push(
          ...observeAccount(
            account,
            sums.filter(({ accountId }) => accountId === account.account),
            incomparable?.get(connector),
          ),
        );
    for (const { accountId, asset, total, check } of sums) {
      const account = accounts.get(accountId) ?? '';
      // The sums cannot be compared with the feed in two cases. Rows from before the store began to add up are missing in the sums. Rows
      // that wait for their original are in the sums, but not in the feed yet.
      if (head.summedAfter > 0 || hasWaitingRows) continue;
      const opening = check.opening?.toString();
      psp.push({ account, asset, rows: total.toString(), ...(opening !== undefined && { opening }) });
    }
    return head.seq;
  }
}

async function observePayments(
  connector: string,
  { compareWithPayments }: LegSources,
): Promise<LegObservations['payments'][number]> {
  return compareWithPayments
    ? compareWithPayments(connector)
    : { connector, kind: 'not-configured', reason: 'no Formance Payments is configured' };
}
