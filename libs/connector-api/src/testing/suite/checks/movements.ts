/**
 * Checks of the movements other than plain payments: refunds, fees, disputes, returned payouts, transfers, conversions, and rows of several
 * accounts. If a PSP lacks one of these movements, the plugin's spec skips the check, and README.md contains the reason.
 */
import { parseMoney } from '../../../money.js';
import type { Movement } from '../../../mapping/movement-kinds.js';
import { isRejectedRecord } from '../../../plugin.js';
import type { Transaction } from '../../../record.types.js';
import { expectThat, failCheck, requireFixturePart } from '../assertions.js';
import type { Check } from '../check.js';
import type { CheckContext } from '../check-context.js';
import { findRecords } from '../expect-records.js';
import type { PluginHarness } from '../plugin-harness.js';
import type { MovementFixture, RelatedMovement } from '../suite.types.js';
import { METADATA_CHECKS } from './metadata.js';

const SECOND = 1000;
const MOVEMENT_KEY = 'com.tributary.spec/movement';

/** The expected properties of the row of a related movement. */
interface RelatedRow {
  movement: Movement;
  status: Transaction['status'];
  /** Whether the own account is the destination of the row. */
  isIncoming: boolean;
  /** Whether the row has the type of the payment. It is false for a fee, which has the type OTHER. */
  hasTypeOfOriginal: boolean;
}

const RELATED_ROWS: Readonly<Record<RelatedMovement, RelatedRow>> = {
  refund: { movement: 'refund', status: 'REFUNDED', isIncoming: false, hasTypeOfOriginal: true },
  fee: { movement: 'fee', status: 'SUCCEEDED', isIncoming: false, hasTypeOfOriginal: false },
  dispute: { movement: 'dispute', status: 'REFUNDED', isIncoming: false, hasTypeOfOriginal: true },
  disputeReversal: {
    ...{ movement: 'dispute_reversal', status: 'REFUND_REVERSED' },
    ...{ isIncoming: true, hasTypeOfOriginal: true },
  },
  payoutReturn: { movement: 'payout_return', status: 'REFUNDED', isIncoming: true, hasTypeOfOriginal: true },
};

/** The amount of the payment in these checks, in EUR. */
const PAYMENT_AMOUNT = '20.00';

export const MOVEMENT_CHECKS: readonly Check[] = [
  createRelatedCheck('movements: a refund in part', 'in', [['refund', '4.37']]),
  createRelatedCheck('movements: several refunds, up to the full amount', 'in', [
    ['refund', '4.37'],
    ['refund', '15.63'],
  ]),
  createRelatedCheck('movements: a refund in full', 'in', [['refund', PAYMENT_AMOUNT]]),
  createRelatedCheck('movements: a fee is a row of its own, and the payment is gross', 'in', [
    ['fee', '0.53'],
  ]),
  createRelatedCheck('movements: a dispute that is lost', 'in', [['dispute', PAYMENT_AMOUNT]]),
  createRelatedCheck('movements: a dispute that is won', 'in', [
    ['dispute', '19.99'],
    ['disputeReversal', '19.99'],
  ]),
  createRelatedCheck('movements: a payout that returns', 'out', [['payoutReturn', PAYMENT_AMOUNT]]),
  {
    name: 'movements: a transfer between two own accounts is one row',
    async run(context) {
      const { harness, movements, ours } = await createMovementHarness(context);
      const transfer = requireFixturePart(movements.transfer, 'movements.transfer');
      const at = harness.clock.now() - SECOND;
      const fresh = await readFreshRows(harness, () => transfer({ at, amount: '31.07', currency: 'EUR' }));
      const row = expectOneRow(fresh, 'a transfer');
      expectAmount(row, '31.07', 'EUR', 'a transfer');
      expectMovement(row, 'transfer', 'a transfer');
      const [from, to] = [row.sourceAccountId ?? '', row.destinationAccountId ?? ''];
      expectThat(row.type === 'TRANSFER', `a transfer has the type ${row.type}`);
      expectThat(
        ours.has(from) && ours.has(to) && from !== to,
        `a transfer goes from "${from}" to "${to}": both must be accounts of ours`,
      );
    },
  },
  {
    name: 'movements: a conversion is one row for each currency',
    async run(context) {
      const { harness, movements, ours } = await createMovementHarness(context);
      const conversion = requireFixturePart(movements.conversion, 'movements.conversion');
      const [sold, bought] = [
        { amount: '31.07', currency: 'EUR' },
        { amount: '33.19', currency: 'USD' },
      ] as const;
      const at = harness.clock.now() - SECOND;
      const fresh = await readFreshRows(harness, () => conversion({ at, sold, bought }));
      expectThat(
        fresh.length === 2,
        `a conversion became ${fresh.length} rows; expected one for each currency`,
      );
      const [out, into] = [findInCurrency(fresh, 'EUR'), findInCurrency(fresh, 'USD')];
      expectAmount(out, sold.amount, sold.currency, 'what a conversion sold');
      expectAmount(into, bought.amount, bought.currency, 'what a conversion bought');
      for (const row of fresh) {
        expectMovement(row, 'conversion', 'a conversion');
        expectThat(
          row.relatedTransactionId === undefined,
          'the two rows of a conversion are tied by relatedTransactionId: clients would make one payment of them',
        );
      }
      expectThat(
        ours.has(out.sourceAccountId ?? '') && out.destinationAccountId === undefined,
        'what a conversion sold must have only a source: the account that sold it',
      );
      expectThat(
        ours.has(into.destinationAccountId ?? '') && into.sourceAccountId === undefined,
        'what a conversion bought must have only a destination: the account that bought it',
      );
    },
  },
  {
    name: 'movements: the rows of every account',
    async run(context) {
      const { harness, movements } = await createMovementHarness(context);
      const addTo = requireFixturePart(movements.inAccount, 'movements.inAccount');
      const addAccount = requireFixturePart(harness.fixture.addAccount, 'addAccount');
      const ids = [await addAccount.call(harness.fixture), await addAccount.call(harness.fixture)];
      for (const [index, id] of ids.entries()) {
        const fresh = await readFreshRows(harness, () =>
          addTo(id, {
            ...{ at: harness.clock.now() - SECOND, amount: `4${index}.09`, currency: 'EUR' },
            ...{ direction: 'in', state: 'final' },
          }),
        );
        const row = expectOneRow(fresh, `a payment into the account ${id}`);
        expectThat(
          row.destinationAccountId === id,
          `a payment into the account ${id} has the destination "${row.destinationAccountId}"`,
        );
      }
      await harness.pullAfterDetectionDelay('accounts');
      const listed = new Set(harness.feed.getRecords('accounts').map(({ id }) => id));
      const missing = ids.filter((id) => !listed.has(id));
      expectThat(missing.length === 0, `accounts that have rows are not listed: ${missing.join(', ')}`);
    },
  },
  ...METADATA_CHECKS,
];

/**
 * Creates a check that adds a payment and rows that refer to it. The check runs in two ways: the rows are added after the payment was
 * listed, or together with the payment.
 */
function createRelatedCheck(
  name: string,
  direction: 'in' | 'out',
  related: readonly (readonly [RelatedMovement, amount: string])[],
): Check {
  return {
    name,
    async run(context) {
      for (const isListedBefore of [true, false]) {
        const { harness, movements, ours } = await createMovementHarness(context);
        const payment = await harness.addTransaction({ amount: PAYMENT_AMOUNT, direction });
        if (isListedBefore) await harness.pull();
        const before = listIds(harness);
        for (const [kind, amount] of related) {
          const add = requireFixturePart(movements[kind], `movements.${kind}`);
          harness.clock.advance(2 * SECOND);
          await add({ of: payment.id, at: harness.clock.now() - SECOND, amount, currency: 'EUR' });
        }
        await harness.pullAfterDetectionDelay();
        const original = findOriginal(harness, payment.id, direction);
        const fresh = listFresh(harness, before).filter(({ id }) => id !== original.id);
        expectThat(
          fresh.length === related.length,
          `${related.map(([kind]) => kind).join(' and ')} became ${fresh.length} rows; expected ${related.length}${describeRejections(harness)}`,
        );
        for (const [kind, amount] of related) {
          const row = fresh.find((one) => isRowOf(one, kind, amount));
          if (row === undefined) return failCheck(describeMissingRow(kind, amount, fresh));
          expectRelatedRow(row, kind, original, ours);
        }
      }
    },
  };
}

function isRowOf({ amount, metadata }: Transaction, kind: RelatedMovement, expected: string): boolean {
  const money = parseMoney(expected, 'EUR');
  return (
    amount.amount === money.amount &&
    amount.asset === money.asset &&
    metadata?.[MOVEMENT_KEY] === RELATED_ROWS[kind].movement
  );
}

function describeMissingRow(kind: RelatedMovement, amount: string, fresh: readonly Transaction[]): string {
  const { movement } = RELATED_ROWS[kind];
  const found = fresh.map(
    (row) =>
      `${row.amount.amount} of ${row.amount.asset} "${row.metadata?.[MOVEMENT_KEY] ?? 'without movement'}"`,
  );
  return `there is no row of ${amount} EUR with the metadata ${MOVEMENT_KEY} "${movement}"; found ${found.join(', ')}`;
}

function expectRelatedRow(
  row: Transaction,
  kind: RelatedMovement,
  original: Transaction,
  ours: ReadonlySet<string>,
): void {
  const { status, isIncoming, hasTypeOfOriginal } = RELATED_ROWS[kind];
  const type = hasTypeOfOriginal ? original.type : 'OTHER';
  expectThat(row.type === type, `a ${kind} has the type ${row.type}; expected ${type}`);
  expectThat(row.status === status, `a ${kind} has the status ${row.status}; expected ${status}`);
  const isTied = row.relatedTransactionId === original.id;
  // A fee may name its payment only in the metadata, because clients merge two rows that have the same related id and type.
  const isNamed = row.metadata?.['com.tributary.spec/related_id'] === original.id;
  expectThat(
    isTied || (!hasTypeOfOriginal && isNamed),
    `a ${kind} has the relatedTransactionId "${row.relatedTransactionId}"; expected the id of the original, ${original.id}`,
  );
  const own = isIncoming ? row.destinationAccountId : row.sourceAccountId;
  const other = isIncoming ? row.sourceAccountId : row.destinationAccountId;
  expectThat(
    ours.has(own ?? '') && !ours.has(other ?? ''),
    `a ${kind} has the source "${row.sourceAccountId}" and the destination "${row.destinationAccountId}"; the account of ours must be its ` +
      (isIncoming ? 'destination' : 'source'),
  );
}

/**
 * Returns the payment's record.
 * @throws CheckFailure if the record is missing, or if it was changed by the later rows
 */
function findOriginal(harness: PluginHarness, id: string, direction: 'in' | 'out'): Transaction {
  const expected = harness.expected.find((one) => one.id === id) ?? failCheck('the payment is unknown');
  const [original] = findRecords(expected, harness.feed).filter(
    ({ type }) => type === (direction === 'in' ? 'PAYIN' : 'PAYOUT'),
  );
  if (original === undefined) return failCheck(`the payment of ${PAYMENT_AMOUNT} EUR is missing`);
  expectAmount(original, PAYMENT_AMOUNT, 'EUR', 'the original');
  expectThat(
    original.status === 'SUCCEEDED',
    `the original became ${original.status}: it stays SUCCEEDED, because clients subtract what a row of its own says`,
  );
  const versions = harness.feed
    .getVersions('transactions')
    .find((all) => all.at(-1)?.item.id === original.id);
  const amounts = new Set(versions?.map(({ item }) => ('amount' in item ? item.amount.amount : 0n)));
  expectThat(amounts.size === 1, 'the amount of the original changed: the amount of a payment is gross');
  return original;
}

async function createMovementHarness(context: CheckContext): Promise<{
  harness: PluginHarness;
  movements: MovementFixture;
  ours: ReadonlySet<string>;
}> {
  const harness = await context.createHarness();
  const movements = requireFixturePart(harness.fixture.movements, 'movements');
  await harness.pull('accounts');
  return { harness, movements, ours: new Set(harness.feed.getRecords('accounts').map(({ id }) => id)) };
}

/**
 * Calls `add`, which adds movements at the PSP, and pulls.
 * @returns the records that the listing adds to the feed
 */
async function readFreshRows(harness: PluginHarness, add: () => unknown): Promise<Transaction[]> {
  await harness.pull();
  const before = listIds(harness);
  await add();
  await harness.pullAfterDetectionDelay();
  return listFresh(harness, before);
}

function listIds(harness: PluginHarness): Set<string> {
  return new Set(harness.feed.getTransactions().map(({ id }) => id));
}

/** Returns the records that are new and that move money. */
function listFresh(harness: PluginHarness, before: ReadonlySet<string>): Transaction[] {
  return harness.feed.getTransactions().filter(({ id, amount }) => !before.has(id) && amount.amount !== 0n);
}

function expectOneRow(fresh: readonly Transaction[], what: string): Transaction {
  const [row] = fresh;
  if (row === undefined || fresh.length > 1)
    return failCheck(`${what} became ${fresh.length} rows; expected one`);
  return row;
}

function findInCurrency(rows: readonly Transaction[], currency: string): Transaction {
  const { asset } = parseMoney('0', currency);
  return (
    rows.find(({ amount }) => amount.asset === asset) ?? failCheck(`a conversion has no row in ${currency}`)
  );
}

function expectAmount({ amount }: Transaction, decimal: string, currency: string, what: string): void {
  const money = parseMoney(decimal, currency);
  expectThat(
    amount.amount === money.amount && amount.asset === money.asset,
    `${what}: ${decimal} ${currency} became ${amount.amount} of ${amount.asset}`,
  );
}

function expectMovement({ metadata }: Transaction, movement: Movement, what: string): void {
  expectThat(
    metadata?.[MOVEMENT_KEY] === movement,
    `${what} has the metadata ${MOVEMENT_KEY} "${metadata?.[MOVEMENT_KEY]}"; expected "${movement}"`,
  );
}

function describeRejections({ feed }: PluginHarness): string {
  const reasons = [...feed.rejectedRecords.values()].filter(isRejectedRecord).map(({ reason }) => reason);
  return reasons.length === 0 ? '' : `; rejected: ${reasons.slice(0, 3).join('; ')}`;
}
