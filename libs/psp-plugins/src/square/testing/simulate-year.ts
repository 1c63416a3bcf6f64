/**
 * Fills the fake with a year of payments, refunds, disputes and daily payouts of several locations. The balance of each location is
 * computed independently of the plugin. Some objects change after the end of the year, see `changeLater`.
 */
import { createSeededRandom } from '@tributary/connector-api/testing';
import { formatTime, toFakeMoney, type FakeObject, type SquareFake } from '../square.fake.js';

const DAY_MS = 86_400_000;
/** The types of entries whose money is in no other object, with their signs. */
const OWN_ENTRY_TYPES = [
  ...(['ADJUSTMENT', 'TAX_ON_FEE', 'SUBSCRIPTION_FEE', 'HOLD_ADJUSTMENT'] as const),
  ...(['AUTOMATIC_SAVINGS', 'SQUARE_CAPITAL_PAYMENT', 'RESERVE_HOLD'] as const),
];

export interface YearOptions {
  payments: number;
  /** The end of the year in milliseconds since 1970. */
  end: number;
  /** The number of payments that have the same time. */
  tieGroupSize: number;
  payoutEveryDays: number;
}

/** A later change of an object, and the amount in minor units by which it changes the balance of a location. */
interface LaterChange {
  id: string;
  members: Partial<FakeObject>;
  locationId: string;
  amount: bigint;
}

export class SimulatedYear {
  /** The amount that Square owes the seller at each location, in minor units. */
  readonly balances: Record<string, bigint> = {};
  private readonly random = createSeededRandom(11);
  private readonly laterChanges: LaterChange[] = [];
  /** For each location, the amount in minor units and the entries that the next payout will contain. */
  private readonly unsettled = new Map<
    string,
    { net: bigint; entries: Parameters<SquareFake['addEntry']>[] }
  >();

  constructor(private readonly fake: SquareFake) {
    for (const currency of ['EUR', 'EUR', 'JPY']) fake.addLocation(currency);
    for (const { id } of fake.locations) this.balances[id] = 0n;
  }

  fill({ payments, end, tieGroupSize, payoutEveryDays }: YearOptions): void {
    const start = end - 365 * DAY_MS;
    let day = 0;
    for (let number = 0; number < payments; number += 1) {
      const share = Math.floor(number / tieGroupSize) * (tieGroupSize / payments);
      const at = Math.floor(start + share * 365 * DAY_MS);
      for (; start + (day + payoutEveryDays) * DAY_MS <= at; day += payoutEveryDays)
        this.payOut(start + (day + payoutEveryDays) * DAY_MS, end);
      this.addPayment(at, at > end - 5 * DAY_MS);
    }
  }

  /**
   * Makes the next changes. Their time is the present time of the fake's clock.
   * @returns true if more changes are left
   */
  changeLater(count: number): boolean {
    for (const { id, members, locationId, amount } of this.laterChanges.splice(0, count)) {
      this.fake.change(id, members);
      this.addToBalance(locationId, amount);
    }
    return this.laterChanges.length > 0;
  }

  private addPayment(at: number, isRecent: boolean): void {
    const location = this.pick(this.fake.locations);
    const [locationId, currency] = [location.id, String(location['currency'])];
    const amount = this.draw(100_000);
    const fee = amount / 50n + 1n;
    const processing_fee = [
      { amount_money: toFakeMoney(fee, currency), effective_at: formatTime(at), type: 'INITIAL' },
    ];
    const kind = this.random();
    const common = { location_id: locationId, status: 'COMPLETED' };
    const make = (members: object) =>
      this.fake.addPayment(at, toFakeMoney(amount, currency), { ...common, ...members });
    if (kind < 0.03) return void make({ source_type: 'CASH' });
    if (kind < 0.06) return void make({ status: kind < 0.045 ? 'FAILED' : 'CANCELED' });
    if (kind < 0.1 && isRecent) {
      const { id } = make({ status: kind < 0.08 ? 'APPROVED' : 'PENDING' });
      this.laterChanges.push({
        id,
        members: { status: 'COMPLETED', processing_fee },
        locationId,
        amount: amount - fee,
      });
      return;
    }
    const { id } = make({ processing_fee });
    this.settle(locationId, id, 'CHARGE', at, amount, fee, currency);
    if (kind > 0.9)
      this.addRefund(id, at, locationId, currency, kind > 0.95 ? amount : amount / 3n + 1n, isRecent);
    if (kind < 0.12) this.addDispute(id, at, locationId, currency, amount, isRecent);
  }

  private addRefund(
    of: string,
    at: number,
    locationId: string,
    currency: string,
    amount: bigint,
    isRecent: boolean,
  ): void {
    const isOpen = isRecent && this.random() < 0.5;
    const { id } = this.fake.addRefund(at, toFakeMoney(amount, currency), {
      ...{ payment_id: of, location_id: locationId, status: isOpen ? 'PENDING' : 'COMPLETED' },
    });
    if (isOpen) {
      const isDone = this.random() < 0.5;
      const members = { status: isDone ? 'COMPLETED' : 'FAILED' };
      this.laterChanges.push({ id, members, locationId, amount: isDone ? -amount : 0n });
      return;
    }
    this.settle(locationId, of, 'REFUND', at, -amount, 0n, currency);
    // This refund fails later, although it was completed before.
    if (isRecent) this.laterChanges.push({ id, members: { status: 'FAILED' }, locationId, amount });
  }

  private addDispute(
    of: string,
    at: number,
    locationId: string,
    currency: string,
    amount: bigint,
    isRecent: boolean,
  ): void {
    const isWon = !isRecent && this.random() < 0.5;
    const state = isRecent ? 'EVIDENCE_REQUIRED' : isWon ? 'WON' : 'LOST';
    const { id } = this.fake.addDispute(at, toFakeMoney(amount, currency), of, {
      location_id: locationId,
      state,
    });
    this.settle(locationId, of, 'OPEN_DISPUTE', at, -amount, 0n, currency);
    if (isWon) this.settle(locationId, of, 'DISPUTE', at, amount, 0n, currency);
    if (isRecent) this.laterChanges.push({ id, members: { state: 'WON' }, locationId, amount });
  }

  /** Books a movement of a payment, refund or dispute. It becomes part of the next payout. */
  private settle(
    locationId: string,
    of: string,
    type: string,
    at: number,
    gross: bigint,
    fee: bigint,
    currency: string,
  ): void {
    const net = gross - fee;
    const money = (units: bigint) => toFakeMoney(units, currency);
    const amounts = { gross: money(gross), fee: money(fee), net: money(net) };
    const waiting = this.unsettled.get(locationId) ?? { net: 0n, entries: [] };
    waiting.entries.push(['', type, at, amounts, { payment_id: of }]);
    this.unsettled.set(locationId, { ...waiting, net: waiting.net + net });
    this.addToBalance(locationId, net);
  }

  private payOut(at: number, end: number): void {
    for (const location of this.fake.locations) {
      const [id, currency] = [location.id, String(location['currency'])];
      const own = this.pick(OWN_ENTRY_TYPES);
      const change = -this.draw(500);
      const amounts = { gross: toFakeMoney(change, currency), net: toFakeMoney(change, currency) };
      const { net, entries } = this.unsettled.get(id) ?? { net: 0n, entries: [] };
      const total = net + change;
      const kind = this.random();
      const isOnItsWay = at > end - 12 * DAY_MS && kind > 0.4;
      const status = isOnItsWay ? 'SENT' : kind < 0.93 ? 'PAID' : 'FAILED';
      const payout = this.fake.addPayout(at, toFakeMoney(total, currency), {
        location_id: id,
        type: 'BATCH',
        status,
      });
      for (const [, ...entry] of entries) this.fake.addEntry(payout.id, ...entry);
      this.fake.addEntry(payout.id, own, at, amounts);
      this.unsettled.delete(id);
      this.addToBalance(id, change - (status === 'PAID' ? total : 0n));
      if (status === 'SENT')
        this.laterChanges.push({
          id: payout.id,
          members: { status: 'PAID' },
          locationId: id,
          amount: -total,
        });
    }
  }

  private addToBalance(locationId: string, amount: bigint): void {
    this.balances[locationId] = (this.balances[locationId] ?? 0n) + amount;
  }

  private draw(max: number): bigint {
    return BigInt(1 + Math.floor(this.random() * max));
  }

  private pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.random() * from.length)];
    if (picked === undefined) throw new Error('the list to pick from is empty');
    return picked;
  }
}
