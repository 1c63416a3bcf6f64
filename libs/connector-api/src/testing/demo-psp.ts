/**
 * A fake PSP with a short history, for `npm run demo -- <plugin>`. The history contains every kind of movement that the fake PSP of the
 * plugin's tests supports: full and partial refunds, fees, disputes, payouts and returned payouts, transfers and conversions.
 */
import { encodeId } from '../id-encoding.js';
import { ManualClock } from './suite/manual-clock.js';
import type { PspFixture, PspFixtureOptions } from './suite/suite.types.js';

const DAY_MS = 86_400_000;
const HISTORY_DAYS = 28;
const MAX_PAYMENT_EUROS = 400;

export interface Demo {
  /** The settings of a connector that reads this PSP, as in a deployment file. */
  settings: Readonly<Record<string, unknown>>;
  /**
   * The source and destination of a payout or transfer that the PSP accepts. Absent if the PSP executes no orders. The default of
   * `currency` is EUR.
   */
  order?: {
    kind: 'payout' | 'transfer';
    sourceAccountId?: string;
    destinationAccountId?: string;
    currency?: string;
  };
  stop(): Promise<void>;
}

export interface FixtureDemoOptions {
  createFixture: (options: PspFixtureOptions) => PspFixture | Promise<PspFixture>;
  /** The settings that the fixture does not provide. */
  settings?: Readonly<Record<string, unknown>>;
}

/**
 * A clock for demos that returns the system time. It extends `ManualClock` because fixtures require this type, but the time of a
 * `ManualClock` does not move by itself.
 */
class SystemClock extends ManualClock {
  override now(): number {
    return Math.floor(Date.now() / 1000) * 1000;
  }
}

/** Starts the fake PSP of a plugin's test suite, and adds the history to it. */
export async function startFixtureDemo({ createFixture, settings = {} }: FixtureDemoOptions): Promise<Demo> {
  const clock = new SystemClock();
  const fixture = await createFixture({ clock, pageSize: 'largest' });
  await addHistory(fixture, clock.now());
  const order = findOrder(fixture);
  return {
    settings: { ...settings, ...fixture.settings },
    ...(order && { order }),
    stop: async () => {
      await fixture.close();
    },
  };
}

/**
 * Returns the source and destination with their encoded ids, i.e. as clients see them. The id of a beneficiary can need encoding, e.g. an
 * e-mail address.
 */
function findOrder({ orders }: PspFixture): Demo['order'] {
  const kind = orders?.payout ? 'payout' : 'transfer';
  const parties = orders?.payout ?? orders?.transfer;
  if (parties === undefined) return undefined;
  const { sourceAccountId, destinationAccountId } = parties;
  return {
    kind,
    sourceAccountId: encodeId(sourceAccountId),
    destinationAccountId: encodeId(destinationAccountId),
  };
}

/** Adds the movements of four weeks, oldest first. Each amount is unique, so that a person can find a row by its amount. */
async function addHistory(fixture: PspFixture, now: number): Promise<void> {
  const { movements = {} } = fixture;
  const secondAccountId = await fixture.addAccount?.();
  await fixture.addBeneficiary?.();
  for (let day = HISTORY_DAYS; day > 0; day -= 1) {
    const at = Math.floor((now - day * DAY_MS) / 1000) * 1000;
    const euros = 20 + ((day * 37) % MAX_PAYMENT_EUROS);
    const add = (direction: 'in' | 'out', cents: string, hours: number): string | Promise<string> =>
      fixture.addTransaction({
        ...{ at: at + hours * 3_600_000, amount: `${euros}.${cents}`, currency: 'EUR' },
        ...{ direction, state: 'final' },
      });
    const related = (of: string, amount: string, hours: number) => ({
      ...{ of, at: at + hours * 3_600_000, amount, currency: 'EUR' },
    });
    const payment = await add('in', '10', 0);
    await movements.fee?.(related(payment, `0.${10 + day}`, 1));
    if (day % 7 === 1) await movements.refund?.(related(payment, `${euros}.10`, 2));
    if (day % 7 === 2) await movements.refund?.(related(payment, '5.05', 2));
    if (day % 7 === 3) await movements.dispute?.(related(payment, `${euros}.10`, 2));
    if (day % 14 === 3) await movements.disputeReversal?.(related(payment, `${euros}.10`, 3));
    if (day % 7 === 4) {
      const payout = await add('out', '20', 4);
      if (day % 14 === 4) await movements.payoutReturn?.(related(payout, `${euros}.20`, 5));
    }
    if (day % 7 === 5)
      await movements.transfer?.({ at: at + 3_600_000 * 6, amount: `3.${10 + day}`, currency: 'EUR' });
    if (day % 7 === 6) {
      const bought = { amount: `4.${10 + day}`, currency: 'USD' };
      await movements.conversion?.({
        at: at + 3_600_000 * 7,
        sold: { amount: `3.${10 + day}`, currency: 'EUR' },
        bought,
      });
    }
  }
  if (secondAccountId !== undefined)
    await movements.inAccount?.(secondAccountId, {
      ...{ at: Math.floor((now - DAY_MS) / 1000) * 1000, amount: '77.70', currency: 'USD' },
      ...{ direction: 'in', state: 'final' },
    });
}
