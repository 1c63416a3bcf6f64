/**
 * Checks that the rows of the feed add up to the amounts that the PSP booked, for each account and asset. The sum is wrong if a row is
 * missing, is listed twice, or has a wrong direction, amount or status. Therefore one comparison finds all these faults. The gateway makes
 * the same comparison at run time, see docs/guides/completeness.md.
 */
import { encodeId } from '../../../id-encoding.js';
import { parseMoney } from '../../../money.js';
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import type { CheckContext } from '../check-context.js';
import type { InMemoryFeed } from '../in-memory-feed.js';
import type { PluginHarness } from '../plugin-harness.js';
import type { RelatedMovement } from '../suite.types.js';

const SECOND = 1000;
const OTHER_ACCOUNTS = 'the other accounts';

/** How a related movement affects the account of its payment: the direction of the payment, and the sign of the movement's amount. */
const RELATED: Readonly<Record<RelatedMovement, { of: 'in' | 'out'; sign: 1n | -1n }>> = {
  refund: { of: 'in', sign: -1n },
  fee: { of: 'in', sign: -1n },
  dispute: { of: 'in', sign: -1n },
  disputeReversal: { of: 'in', sign: 1n },
  payoutReturn: { of: 'out', sign: 1n },
};

/** Sums in minor units, by account and asset. */
type Sums = Map<string, bigint>;

export const ROW_SUM_CHECKS: readonly Check[] = [
  {
    name: 'balances: the rows of each account add up to what the PSP booked',
    run: expectRowsAddUp,
  },
  {
    name: 'balances: a fee that the PSP takes back no longer counts',
    run: expectWithdrawnFee,
  },
];

/** Adds a payment with a fee, removes the fee, and adds it again. A plugin whose PSP has no such fees passes the check. */
async function expectWithdrawnFee(context: CheckContext): Promise<void> {
  const harness = await context.createHarness();
  const { partFee } = harness.fixture.movements ?? {};
  if (partFee === undefined) return;
  await harness.pull('accounts');
  const { id: of } = await harness.addTransaction({ amount: '60.00', direction: 'in' });
  const addFee = () => partFee.add({ of, at: harness.clock.now() - SECOND, amount: '4.37', currency: 'EUR' });
  for (const [action, expected] of [
    [addFee, 5563n],
    [() => partFee.remove(of), 6000n],
    [addFee, 5563n],
  ] as const) {
    harness.clock.advance(2 * SECOND);
    await action();
    // The second listing reads the same state once more, as after an interruption.
    for (let listing = 0; listing < 2; listing += 1) {
      await harness.pullAfterDetectionDelay();
      const found = addUpRows(harness.feed, new Set()).get(`${OTHER_ACCOUNTS} in EUR/2`);
      expectThat(
        found === expected,
        `a payment of 60.00 EUR ${expected === 6000n ? 'whose fee was taken back' : 'with a fee of 4.37 EUR'} adds up to ${found} minor units; expected ${expected}`,
      );
    }
  }
}

async function expectRowsAddUp(context: CheckContext): Promise<void> {
  const harness = await context.createHarness();
  const booked: Sums = new Map();
  await harness.addHistory();
  await harness.pull();
  await addRelatedMovements(harness, booked);
  await addMovementsOfAccounts(harness, booked);
  const named = await addPaymentsOfAccounts(harness, booked);
  for (const { input, money } of harness.expected)
    if (money) add(booked, OTHER_ACCOUNTS, money, input.direction === 'in' ? 1n : -1n);
  await harness.pullAfterDetectionDelay('accounts');
  await harness.pullAfterDetectionDelay();
  const listed = addUpRows(harness.feed, named);
  for (const key of new Set([...booked.keys(), ...listed.keys()])) {
    const [expected, found] = [booked.get(key) ?? 0n, listed.get(key) ?? 0n];
    expectThat(
      expected === found,
      `${key}: the PSP booked ${expected} minor units, and the rows add up to ${found}; a row is missing, twice, or has another direction, amount or status`,
    );
  }
}

/** Adds every kind of movement that belongs to a payment and that the fixture supports. */
async function addRelatedMovements(harness: PluginHarness, booked: Sums): Promise<void> {
  const { movements = {} } = harness.fixture;
  for (const [index, kind] of (Object.keys(RELATED) as RelatedMovement[]).entries()) {
    if (!movements[kind]) continue;
    const { of: direction, sign } = RELATED[kind];
    const payment = await harness.addTransaction({ amount: `${60 + index}.00`, direction });
    // Each kind gets its own amount. A returned payout gets the full amount of the payout; the other amounts are smaller than the payment.
    const amount = kind === 'payoutReturn' ? `${60 + index}.00` : `${4 + index}.37`;
    const kinds: RelatedMovement[] = kind === 'disputeReversal' ? ['dispute', kind] : [kind];
    for (const each of kinds) {
      harness.clock.advance(2 * SECOND);
      const at = harness.clock.now() - SECOND;
      await movements[each]?.({ of: payment.id, at, amount, currency: 'EUR' });
      add(booked, OTHER_ACCOUNTS, parseMoney(amount, 'EUR'), each === kind ? sign : RELATED[each].sign);
    }
  }
}

/** Adds a transfer and a conversion. The transfer changes no total, because both of its accounts are included. */
async function addMovementsOfAccounts(harness: PluginHarness, booked: Sums): Promise<void> {
  const { transfer, conversion } = harness.fixture.movements ?? {};
  const at = harness.clock.now() - SECOND;
  await transfer?.({ at, amount: '31.07', currency: 'EUR' });
  if (!conversion) return;
  const [sold, bought] = [
    { amount: '32.11', currency: 'EUR' },
    { amount: '33.19', currency: 'USD' },
  ];
  await conversion({ at, sold, bought });
  add(booked, OTHER_ACCOUNTS, parseMoney(sold.amount, sold.currency), -1n);
  add(booked, OTHER_ACCOUNTS, parseMoney(bought.amount, bought.currency), 1n);
}

/**
 * Adds payments into new accounts, whose sums are compared separately. These sums have no asset, because the fake may book a payment in the
 * currency of the account.
 * @returns the ids of these accounts, as served to clients
 */
async function addPaymentsOfAccounts(harness: PluginHarness, booked: Sums): Promise<Set<string>> {
  const { movements, addAccount } = harness.fixture;
  const ids = new Set<string>();
  if (!movements?.inAccount || !addAccount) return ids;
  for (const amount of ['40.09', '41.13']) {
    const id = await addAccount.call(harness.fixture);
    const input = { at: harness.clock.now() - SECOND, amount, currency: 'EUR' };
    await movements.inAccount(id, { ...input, direction: 'in', state: 'final' });
    ids.add(encodeId(id));
    addTo(booked, encodeId(id), parseMoney(amount, 'EUR').amount);
  }
  return ids;
}

/**
 * Adds up the newest version of every row, for the own accounts.
 * @param named the accounts that have separate sums
 */
export function addUpRows(feed: InMemoryFeed, named: ReadonlySet<string>): Sums {
  const own = new Set(feed.getRecords('accounts').map(({ id }) => encodeId(id)));
  const sums: Sums = new Map();
  for (const versions of feed.getVersions('transactions')) {
    const changes = versions.flatMap(({ serialized }) => serialized.balanceChange ?? []);
    const last = changes.findLast(({ isRepeatedReturn }) => !isRepeatedReturn);
    for (const { accountId, asset, amount } of last?.effects ?? []) {
      if (!own.has(accountId)) continue;
      if (named.has(accountId)) addTo(sums, accountId, amount);
      else add(sums, OTHER_ACCOUNTS, { amount, asset }, 1n);
    }
  }
  return sums;
}

function add(
  sums: Sums,
  account: string,
  { amount, asset }: { amount: bigint; asset: string },
  sign: bigint,
) {
  addTo(sums, `${account} in ${asset}`, sign * amount);
}

function addTo(sums: Sums, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount);
}
