/**
 * Checks for plugins that request the rows of each account separately. An account that fails or has a long history must not stop the other
 * accounts. A plugin that requests the rows of all accounts together passes these checks.
 */
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import type { CheckContext } from '../check-context.js';
import { expectErrorKind } from '../expect-psp-error.js';
import type { PluginHarness } from '../plugin-harness.js';
import { isRequestOf } from '../../fake-route.js';
import type { FakeRequest } from '../../fake-route.js';
import type { HttpFixture } from '../suite.types.js';

const HOUR_MS = 3_600_000;
/** The number of rows of an account with a long history. The fake PSP returns one row per page. */
const LONG_HISTORY_ROWS = 24;
/**
 * The minimum number of pages at which a history counts as long. If the plugin returns the history in fewer pages, the check passes,
 * because a strategy may keep a few pages in memory and return them as one page.
 */
const MIN_LONG_HISTORY_PAGES = 3;

interface AccountSources {
  harness: PluginHarness;
  http: HttpFixture;
  /** The ids of the accounts whose rows are requested separately. */
  accounts: string[];
  /**
   * Adds a payment into an account.
   * @returns its amount in minor units. No other row has this amount
   */
  add: (account: string, at: number) => Promise<bigint>;
}

export const ACCOUNT_SOURCE_CHECKS: readonly Check[] = [
  {
    name: 'faults: an account that cannot be listed does not stop the others',
    async run(context) {
      for (const status of [500, 403]) {
        for (const position of [0, -1]) await expectOthersAreListed(context, status, position);
      }
    },
  },
  {
    name: 'listings: an account with a long history does not delay the others',
    async run(context) {
      for (const position of [0, -1]) await expectNoDelay(context, position);
    },
  },
];

/**
 * Checks that the rows of the other accounts are listed if one account fails.
 * @param position the index of the failing account, in the order of the requests
 */
async function expectOthersAreListed(context: CheckContext, status: number, position: number): Promise<void> {
  const sources = await createAccountSources(context);
  if (sources === undefined) return;
  const { harness, http, accounts, add } = sources;
  const failing = accounts.at(position) ?? '';
  const amounts = new Map<string, bigint>();
  for (const account of accounts) amounts.set(account, await add(account, harness.clock.now() - HOUR_MS));
  http.fake.injectFault({
    fault: { status },
    times: Infinity,
    isTarget: (request) => isRequestOf(http.listingRequest, request) && namesAccount(request, failing),
  });
  const when = `a listing in which the account ${failing} answers ${status}`;
  await harness.pull().catch((thrown: unknown) => expectErrorKind(thrown, ['unavailable'], when));
  const missing = findMissing(harness, amounts).filter((account) => account !== failing);
  expectThat(missing.length === 0, `${when} lacks the rows of ${missing.join(', ')}`);
  http.fake.clearFaults();
  await harness.pullAfterDetectionDelay();
  const lost = findMissing(harness, amounts);
  expectThat(lost.length === 0, `the listing after ${when} lacks the rows of ${lost.join(', ')}`);
}

/**
 * Checks that an account with a long history does not delay the other accounts.
 * @param position the index of the account with the long history, in the order of the requests
 */
async function expectNoDelay(context: CheckContext, position: number): Promise<void> {
  const sources = await createAccountSources(context);
  if (sources === undefined) return;
  const { harness, accounts, add } = sources;
  const long = accounts.at(position) ?? '';
  const now = harness.clock.now();
  const amounts = new Map<bigint, string>();
  for (let row = LONG_HISTORY_ROWS; row > 0; row -= 1)
    amounts.set(await add(long, now - row * 9 * HOUR_MS), long);
  for (const account of accounts) {
    if (account !== long) amounts.set(await add(account, now - HOUR_MS), account);
  }
  const pagesByAccount = new Map<string, Set<number>>(accounts.map((account) => [account, new Set()]));
  let page = 0;
  for await (const { page: read } of harness.readPages('transactions', harness.feed, undefined)) {
    page += 1;
    for (const item of read.items) {
      const account = 'amount' in item ? amounts.get(item.amount.amount) : undefined;
      if (account !== undefined) pagesByAccount.get(account)?.add(page);
    }
  }
  const historyPages = [...(pagesByAccount.get(long) ?? [])];
  if (historyPages.length < MIN_LONG_HISTORY_PAGES) return;
  const late = [...pagesByAccount].flatMap(([account, pages]) =>
    account !== long && Math.min(...pages) > Math.max(...historyPages) ? [account] : [],
  );
  expectThat(
    late.length === 0,
    `the rows of ${late.join(', ')} arrived after the whole history of ${long}: read the accounts in turns, with mergeListings`,
  );
}

/**
 * Creates accounts whose rows the plugin requests separately.
 * @returns `undefined` if the plugin does not request the rows of a single account
 */
async function createAccountSources(context: CheckContext): Promise<AccountSources | undefined> {
  const harness = await context.createHarness('one');
  const { http, movements, addAccount } = harness.fixture;
  const inAccount = movements?.inAccount;
  if (http === undefined || inAccount === undefined) return undefined;
  await addAccount?.call(harness.fixture);
  await harness.pull('accounts');
  const before = http.fake.requests.length;
  await harness.readFromStart('transactions');
  const requests = http.fake.requests
    .slice(before)
    .filter((request) => isRequestOf(http.listingRequest, request));
  const accounts = harness.feed
    .getRecords('accounts')
    .map(({ id }) => ({ id, first: requests.findIndex((request) => namesAccount(request, id)) }))
    .filter(({ first }) => first !== -1)
    .sort((a, b) => a.first - b.first)
    .map(({ id }) => id);
  if (accounts.length < 2) return undefined;
  let count = 0;
  const add = async (account: string, at: number): Promise<bigint> => {
    count += 1;
    const amount = `5${String(count).padStart(2, '0')}.07`;
    await inAccount(account, { at, amount, currency: 'EUR', direction: 'in', state: 'final' });
    return BigInt(amount.replace('.', ''));
  };
  return { harness, http, accounts, add };
}

/** Returns true if the path or the query of a request contains the id of the account. */
function namesAccount({ params, query }: FakeRequest, account: string): boolean {
  return Object.values(params).includes(account) || [...query.values()].includes(account);
}

/** Returns the accounts whose rows are missing in the feed. */
function findMissing({ feed }: PluginHarness, amounts: ReadonlyMap<string, bigint>): string[] {
  const served = new Set(feed.getTransactions().map(({ amount }) => amount.amount));
  return [...amounts].flatMap(([account, amount]) => (served.has(amount) ? [] : [account]));
}
