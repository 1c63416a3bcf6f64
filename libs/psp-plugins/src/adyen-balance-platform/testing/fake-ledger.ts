/** The data of the fake: account holders, balance accounts, and transfers whose events book on the balances. */
import { JsonNumber } from '@tributary/connector-api/http';

export interface FakeEvent {
  id: string;
  at: number;
  status: string;
  /** Signed minor units that the event books on the balance, by currency. */
  booked: Readonly<Record<string, bigint>>;
  /** Signed minor units that the event reserves. */
  reserved?: Readonly<Record<string, bigint>>;
  transactionId?: string;
}

export interface FakeTransfer {
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  accountId: string;
  category: string;
  type: string;
  /** Signed minor units as Adyen counts them: negative when the account pays. */
  units: bigint;
  currency: string;
  reference: string;
  status: string;
  direction: 'incoming' | 'outgoing';
  events: FakeEvent[];
  counterparty?: object;
  categoryData?: object;
  description?: string;
  /** Milliseconds since 1970 from which the transfer is listed. */
  visibleFrom?: number;
  isBroken?: boolean;
}

export type NewTransfer = Pick<
  FakeTransfer,
  'at' | 'accountId' | 'category' | 'type' | 'units' | 'currency'
> &
  Partial<FakeTransfer>;

export interface NewInternalTransfer {
  at: number;
  from: string;
  to: string;
  units: bigint;
  currency: string;
  reference?: string;
  description?: string;
}

/** A row of a list. Only the rows of one page are converted to JSON, because the list of a year is long. */
export interface ListedRow {
  /** Milliseconds since 1970. */
  at: number;
  toJson: () => object;
  isBroken?: boolean;
}

export class FakeLedger {
  readonly holders: { id: string; legalEntityId: string; description: string; status: string }[] = [];
  readonly accounts: {
    id: string;
    accountHolderId: string;
    defaultCurrencyCode: string;
    description: string;
  }[] = [];
  readonly transfers: FakeTransfer[] = [];
  readonly transferInstruments = new Set<string>();
  /** All sides of each transfer, by its id, because a search of a hundred thousand transfers for each booking takes too long. */
  private readonly sidesById = new Map<string, FakeTransfer[]>();
  private number = 0;

  constructor(readonly clock: { now(): number }) {}

  addAccount(currency = 'EUR'): string {
    const number = this.nextNumber();
    const holderId = `AH${number}`;
    this.holders.push({
      id: holderId,
      legalEntityId: `LE${number}`,
      description: `Seller ${number}`,
      status: 'active',
    });
    const id = `BA${number}`;
    const description = `Account ${number}`;
    this.accounts.push({ id, accountHolderId: holderId, defaultCurrencyCode: currency, description });
    return id;
  }

  addTransferInstrument(): string {
    const id = `SE${this.nextNumber()}`;
    this.transferInstruments.add(id);
    return id;
  }

  /** Adds a transfer that is authorised and not booked. */
  addTransfer(fields: NewTransfer): FakeTransfer {
    const id = fields.id ?? `TR${this.nextNumber()}`;
    const direction = fields.direction ?? (fields.units < 0n ? 'outgoing' : 'incoming');
    const transfer: FakeTransfer = {
      ...{ id, reference: `reference-${id}`, description: `Description of ${id}`, status: 'authorised' },
      ...{ events: [], direction },
      ...fields,
    };
    if (transfer.events.length === 0)
      transfer.events.push({
        ...{ id: `EV${id}.${transfer.accountId}.0`, at: transfer.at, status: 'authorised', booked: {} },
        reserved: { [transfer.currency]: transfer.units },
      });
    this.transfers.push(transfer);
    this.sidesById.set(transfer.id, [...(this.sidesById.get(transfer.id) ?? []), transfer]);
    return transfer;
  }

  removeTransfer(transfer: FakeTransfer): void {
    this.transfers.splice(this.transfers.indexOf(transfer), 1);
    const sides = this.sidesById.get(transfer.id) ?? [];
    this.sidesById.set(
      transfer.id,
      sides.filter((side) => side !== transfer),
    );
  }

  /** Returns a transfer that is listed; of the two sides of an internal transfer, the one that pays. */
  findVisibleTransfer(id: string): FakeTransfer | undefined {
    return this.sidesById.get(id)?.find((side) => this.isVisible(side));
  }

  /** Adds both sides of a transfer between two balance accounts. They have one id. @returns the side that pays */
  addInternalTransfer({ from, to, units, ...shared }: NewInternalTransfer): FakeTransfer {
    const id = `TR${this.nextNumber()}`;
    const both = {
      ...shared,
      id,
      category: 'internal',
      type: 'internalTransfer',
      categoryData: { type: 'internal' },
    };
    const source = this.addTransfer({
      ...{ ...both, accountId: from, units: -units, counterparty: { balanceAccountId: to } },
    });
    this.addTransfer({ ...both, accountId: to, units, counterparty: { balanceAccountId: from } });
    return source;
  }

  /** Books all sides of a transfer on their balances. */
  book(transfer: FakeTransfer, at: number, status = 'booked'): void {
    for (const side of this.sidesById.get(transfer.id) ?? []) {
      side.status = status;
      this.addBooking(side, at, status, { [side.currency]: side.units });
    }
  }

  /** Adds an event that changes the balance. @param booked signed minor units by currency */
  addBooking(
    transfer: FakeTransfer,
    at: number,
    status: string,
    booked: Readonly<Record<string, bigint>>,
  ): void {
    const id = `EV${transfer.id}.${transfer.accountId}.${transfer.events.length}`;
    transfer.status = status;
    transfer.events.push({ id, at, status, booked, transactionId: `${id}TX` });
  }

  visibleTransfers(): FakeTransfer[] {
    return this.transfers.filter((transfer) => this.isVisible(transfer));
  }

  private isVisible({ visibleFrom = 0 }: FakeTransfer): boolean {
    return visibleFrom <= this.clock.now();
  }

  /** Returns the bookings of all transfers, one for each currency of an event. `toJson` creates the JSON of GET /transactions. */
  listTransactions(isListed: (event: FakeEvent) => boolean): ListedRow[] {
    return this.visibleTransfers().flatMap((transfer) =>
      transfer.events.filter(isListed).flatMap(({ transactionId, at, booked }) =>
        transactionId === undefined
          ? []
          : Object.entries(booked).map(([currency, units]) => ({
              at,
              toJson: () => toTransactionJson(transfer, { at, transactionId, currency, units }),
            })),
      ),
    );
  }

  /** Returns the balances of an account: the sum of what was booked. */
  listBalances(accountId: string): object[] {
    const sums = this.sumBookings(accountId);
    const currency = this.accounts.find(({ id }) => id === accountId)?.defaultCurrencyCode ?? 'EUR';
    return Object.entries({ [currency]: 0n, ...sums }).map(([code, units]) => {
      const amount = new JsonNumber(String(units));
      return { currency: code, balance: amount, available: amount, pending: 0, reserved: 0 };
    });
  }

  sumBookings(accountId: string): Record<string, bigint> {
    const sums: Record<string, bigint> = {};
    for (const transfer of this.visibleTransfers().filter((one) => one.accountId === accountId))
      for (const { booked } of transfer.events)
        for (const [currency, units] of Object.entries(booked))
          sums[currency] = (sums[currency] ?? 0n) + units;
    return sums;
  }

  nextNumber(): number {
    this.number += 1;
    return this.number;
  }
}

function formatSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.000Z$/, 'Z');
}

function toAmount(units: bigint, currency: string): object {
  return { currency, value: new JsonNumber(String(units)) };
}

/** The transfer as GET /transfers lists it. */
export function toTransferJson(transfer: FakeTransfer) {
  const { id, at, accountId, category, type, units, currency, status, reference, direction } = transfer;
  const { events, counterparty, categoryData, description, isBroken } = transfer;
  return {
    ...{ id, category, type, status, reference, direction, reason: 'approved', description },
    ...{
      balancePlatform: 'YOUR_BALANCE_PLATFORM',
      createdAt: formatSeconds(at),
      creationDate: formatSeconds(at),
    },
    accountHolder: { id: accountId.replace('BA', 'AH'), description: `Holder of ${accountId}` },
    balanceAccount: { id: accountId, description: `Account ${accountId}` },
    amount:
      isBroken === true ? { currency, value: 'a lot' } : toAmount(units < 0n ? -units : units, currency),
    ...(counterparty && { counterparty }),
    ...(categoryData && { categoryData }),
    balances: [],
    events: events.map(toEventJson),
    sequenceNumber: events.length,
  };
}

function toEventJson({ id, at, status, booked, reserved = {}, transactionId }: FakeEvent): object {
  const currencies = [...new Set([...Object.keys(booked), ...Object.keys(reserved)])];
  return {
    ...{ id, status, type: 'accounting', bookingDate: formatSeconds(at), valueDate: formatSeconds(at) },
    ...(transactionId !== undefined && { transactionId }),
    mutations: currencies.map((currency) => ({
      currency,
      balance: new JsonNumber(String(booked[currency] ?? 0n)),
      reserved: new JsonNumber(String(reserved[currency] ?? 0n)),
    })),
  };
}

function toTransactionJson(
  { id, accountId, reference, categoryData, description }: FakeTransfer,
  {
    at,
    transactionId,
    currency,
    units,
  }: { at: number; transactionId: string; currency: string; units: bigint },
): object {
  const time = formatSeconds(at);
  return {
    ...{ id: transactionId, status: 'booked', balancePlatform: 'YOUR_BALANCE_PLATFORM', description },
    ...{ creationDate: time, bookingDate: time, valueDate: time, amount: toAmount(units, currency) },
    accountHolder: { id: accountId.replace('BA', 'AH') },
    balanceAccount: { id: accountId },
    transfer: { id, reference, ...(categoryData && { categoryData }) },
  };
}
