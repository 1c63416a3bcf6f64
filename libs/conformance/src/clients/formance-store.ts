/**
 * Stores the same data as Formance after a client has passed its rows on. It also rejects the rows that Formance rejects after decoding.
 * Source: v3.4.0 `pkg/domain/models/payments.go`, `internal/storage/payments.go` (payments and adjustments are inserted once, by id);
 * commit bd40e5ec `internal/storage/payments.go` (v2: the last row replaces the payment).
 */
import type { Stream } from '@tributary/connector-api';
import type { DecodedBalances, DecodedRow } from './decode-response.js';
import { formatExact, isZeroTime } from './go-time.js';
import type { ClientVersion } from './client-versions.js';

/** The error that ends a poll. Every later poll fails at the same row, because the stored state did not change. */
export class PollFailed extends Error {
  override readonly name = 'PollFailed';
}

/** Matches an integer as Go's big.Int accepts it, also with a sign. */
const INTEGER_PATTERN = /^[+-]?\d+$/;

/**
 * Checks an amount. The connector reads the amounts of all new rows of a page, even of rows that it then discards.
 * @throws PollFailed if the amount is not an integer
 */
export function assertIntegerAmount(amount: string): void {
  if (!INTEGER_PATTERN.test(amount)) throw new PollFailed(`amount "${amount}" is no integer`);
}

export class FormanceStore {
  /** The metadata of accounts and beneficiaries, by id. The first version of an account is never replaced. */
  readonly accounts = new Map<string, Record<string, string>>();
  /** The status of each payment, by `<reference> <type>`. */
  readonly payments = new Map<string, string>();
  /** Every version of each payment that has arrived: `<reference> <type> / <row id> <createdAt> <status>`. */
  readonly adjustments = new Set<string>();

  constructor(private readonly version: ClientVersion) {}

  /**
   * Stores rows. If one of the rows cannot be stored, no row is stored.
   * @throws PollFailed if one of the rows cannot be stored
   */
  store(stream: Stream, rows: readonly DecodedRow[]): void {
    for (const row of rows) this.checkRow(row);
    for (const row of rows) {
      if (stream === 'transactions') this.storePayment(row);
      else if (!this.accounts.has(row.id)) this.accounts.set(row.id, row.metadata);
    }
  }

  /**
   * Checks balances as Formance does before it stores them.
   * @throws PollFailed if an amount, an asset, the account or the time is invalid
   */
  checkBalances({ accountId, at, balances }: DecodedBalances): void {
    for (const { amount, currency } of balances) {
      assertIntegerAmount(amount);
      this.checkAsset(currency);
      if (this.version.validation.ids && accountId === '')
        throw new PollFailed('balances without an account');
      if (this.version.validation.ids && isZeroTime(at)) throw new PollFailed('balances without a time');
    }
  }

  private checkRow({ id, createdAt, transaction }: DecodedRow): void {
    if (this.version.validation.ids && id === '') throw new PollFailed('a row without an id');
    if (this.version.validation.ids && isZeroTime(createdAt))
      throw new PollFailed(`row ${id} has no createdAt`);
    if (transaction) this.checkAsset(transaction.currency);
  }

  private checkAsset(asset: string): void {
    if (this.version.validation.asset?.test(asset) === false) throw new PollFailed(`asset "${asset}"`);
  }

  private storePayment(row: DecodedRow): void {
    const { type, status, relatedId } = row.transaction!;
    const { relatedIdEffect, paging } = this.version;
    const ownId = relatedIdEffect === 'replaces the id' ? (relatedId ?? row.id) : row.id;
    const reference = relatedIdEffect === 'parent' ? relatedId || ownId : ownId;
    const payment = `${reference} ${type}`;
    if (paging === 'until-empty' || !this.payments.has(payment)) this.payments.set(payment, status);
    this.adjustments.add(`${payment} / ${ownId} ${formatExact(row.createdAt)} ${status}`);
  }
}
