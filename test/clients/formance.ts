/**
 * What Formance has after a client handed over its rows, and the rows that it refuses after decoding.
 * Source: v3.4.0 `pkg/domain/models/payments.go`, `internal/storage/payments.go` (payments and adjustments are inserted once,
 * by id); commit bd40e5ec `internal/storage/payments.go` (v2: a payment takes what came last).
 */
import type { Stream } from '@tributary/connector-api';
import type { DecodedBalances, Row } from './decoding.js';
import { formatState, isZeroTime } from './go-time.js';
import type { ClientVersion } from './versions.js';

/** The run ends here, and so does every later one: the state did not move. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
}

/** Of Go's big.Int: a sign is fine. */
const INTEGER = /^[+-]?\d+$/;

/** The connector reads the amounts of all new rows of a page, also of those that it then cuts off. @throws RunFailed */
export function checkAmount(amount: string): void {
  if (!INTEGER.test(amount)) throw new RunFailed(`amount "${amount}" is no integer`);
}

export class Formance {
  /** The ids of accounts and beneficiaries; the first version of each stays for ever. */
  readonly accounts = new Map<string, Record<string, string>>();
  /** The status of each payment, by `<reference> <type>`. */
  readonly payments = new Map<string, string>();
  /** Every version that ever came, of each payment: `<reference> <type> / <row id> <createdAt> <status>`. */
  readonly adjustments = new Set<string>();

  constructor(private readonly version: ClientVersion) {}

  /** @throws RunFailed when one of the rows can not be stored; none of them is, then. */
  store(stream: Stream, rows: readonly Row[]): void {
    for (const row of rows) this.check(row);
    for (const row of rows) {
      if (stream === 'transactions') this.storePayment(row);
      else if (!this.accounts.has(row.id)) this.accounts.set(row.id, row.metadata);
    }
  }

  /** @throws RunFailed */
  checkBalances({ accountId, at, balances }: DecodedBalances): void {
    for (const { amount, currency } of balances) {
      checkAmount(amount);
      this.checkAsset(currency);
      if (this.version.validation.ids && accountId === '') throw new RunFailed('balances without an account');
      if (this.version.validation.ids && isZeroTime(at)) throw new RunFailed('balances without a time');
    }
  }

  private check({ id, createdAt, transaction }: Row): void {
    if (this.version.validation.ids && id === '') throw new RunFailed('a row without an id');
    if (this.version.validation.ids && isZeroTime(createdAt))
      throw new RunFailed(`row ${id} has no createdAt`);
    if (transaction) this.checkAsset(transaction.currency);
  }

  private checkAsset(asset: string): void {
    if (this.version.validation.asset?.test(asset) === false) throw new RunFailed(`asset "${asset}"`);
  }

  private storePayment(row: Row): void {
    const { type, status, relatedId } = row.transaction!;
    const { related, paging } = this.version;
    const ownId = related === 'replaces the id' ? (relatedId ?? row.id) : row.id;
    const reference = related === 'parent' ? relatedId || ownId : ownId;
    const payment = `${reference} ${type}`;
    if (paging === 'until-empty' || !this.payments.has(payment)) this.payments.set(payment, status);
    this.adjustments.add(`${payment} / ${ownId} ${formatState(row.createdAt)} ${status}`);
  }
}
