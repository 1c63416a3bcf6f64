/** Tests the payment limits. */
import { checkOrderLimits } from './check-order-limits.js';
import type { OrderLimitCheckInput, OrderLimits } from '../model/order-limits.types.js';

const NO_LIMITS: OrderLimits = { largest: new Map(), perDay: new Map(), alertAfterMs: 0 };
const createPayout = (
  amount: bigint,
  asset = 'EUR/2',
  destinationAccountId = 'ben-1',
): OrderLimitCheckInput => ({
  kind: 'PAYOUT',
  amount: { amount, asset },
  destinationAccountId,
  orderedTodayTotal: 0n,
});
const violationCode = (limits: Partial<OrderLimits>, order: OrderLimitCheckInput, orderedTodayTotal = 0n) =>
  checkOrderLimits({ ...order, orderedTodayTotal }, { ...NO_LIMITS, ...limits })?.code;

it('without limits everything may be paid', () => {
  expect(violationCode({}, createPayout(10n ** 30n, 'XYZ/6'), 10n ** 40n)).toBeUndefined();
});

it.each<[bigint, string, string | undefined]>([
  [1_000_000n, 'EUR/2', undefined],
  [1_000_001n, 'EUR/2', 'limit_largest'],
  [10n ** 30n, 'EUR/2', 'limit_largest'],
  [1n, 'JPY', 'limit_largest'],
  [1n, 'USD/2', 'limit_largest'],
  [1n, 'EUR', 'limit_largest'],
])('of at most € 10 000: %s of %s is %s', (amount, asset, expected) => {
  expect(
    violationCode(
      {
        largest: new Map([
          ['EUR/2', 1_000_000n],
          ['JPY', 0n],
        ]),
      },
      createPayout(amount, asset),
    ),
  ).toBe(expected);
});

it.each<[bigint, bigint, string | undefined]>([
  [0n, 500n, undefined],
  [0n, 501n, 'limit_per_day'],
  [499n, 1n, undefined],
  [500n, 1n, 'limit_per_day'],
  [10n ** 30n, 1n, 'limit_per_day'],
])('of at most € 5 a day: after %s, %s is %s', (spent, amount, expected) => {
  expect(violationCode({ perDay: new Map([['EUR/2', 500n]]) }, createPayout(amount), spent)).toBe(expected);
});

it('a limit of the day names the assets that may be paid at all', () => {
  expect(violationCode({ perDay: new Map([['EUR/2', 500n]]) }, createPayout(1n, 'USD/2'))).toBe(
    'limit_per_day',
  );
});

it('only beneficiaries that are named are paid; transfers have none', () => {
  const limits = { beneficiaries: new Set(['ben-1']) };
  expect(violationCode(limits, createPayout(1n))).toBeUndefined();
  expect(violationCode(limits, createPayout(1n, 'EUR/2', 'ben-2'))).toBe('beneficiary_not_allowed');
  expect(violationCode({ beneficiaries: new Set() }, createPayout(1n))).toBe('beneficiary_not_allowed');
  expect(
    violationCode(limits, { ...createPayout(1n), kind: 'TRANSFER', destinationAccountId: 'acc-2' }),
  ).toBeUndefined();
});

it('says what was asked, what is allowed and which setting says so', () => {
  const say = (limits: Partial<OrderLimits>, orderedTodayTotal = 0n) =>
    checkOrderLimits({ ...createPayout(120_000n), orderedTodayTotal }, { ...NO_LIMITS, ...limits })?.message;
  expect(say({ largest: new Map([['EUR/2', 100_000n]]) })).toBe(
    '1200.00 EUR is more than the largest order of this connector, 1000.00 EUR (orders.largest)',
  );
  expect(say({ perDay: new Map([['EUR/2', 200_000n]]) }, 90_000n)).toBe(
    "1200.00 EUR on top of today's 900.00 EUR is more than 2000.00 EUR a day of this connector (orders.perDay, UTC)",
  );
  expect(say({ largest: new Map([['JPY', 1n]]) })).toBe(
    'this connector has a limit for other assets, and none for EUR/2: add it to orders.largest',
  );
});
