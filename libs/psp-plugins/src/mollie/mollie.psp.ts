/** Implements the PSP interface for Mollie: balances and business accounts, and their journals. */
import { Inject, Injectable, Optional } from '@nestjs/common';
import { formatTime, isRefusal, MIRROR } from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Cursor,
  Mirror,
  Order,
  OrderResult,
  Page,
  Psp,
  Refusal,
  Stream,
  Transaction,
  WebhookRequest,
} from '@tributary/connector-api';
import { HTTP_CLOCK, readRow, systemHttpClock } from '@tributary/connector-api/http';
import type { HttpClock, Json } from '@tributary/connector-api/http';
import { compactIban, payeeOf, toBankAccounts, toBeneficiary } from './mollie.beneficiaries.js';
import { isBalanceId, MollieClient } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import { readCursor, writeCursor } from './mollie.cursor.js';
import { NOWHERE, readJournal } from './mollie.journal.js';
import type { Journal } from './mollie.journal.js';
import {
  toAccount,
  toBalances,
  toBusinessAccount,
  toBusinessBalances,
  toBusinessTransaction,
  toUntied,
} from './mollie.mapper.js';
import { BALANCE_TRANSACTION } from './mollie.metadata-keys.js';
import { MollieOrders } from './mollie.orders.js';
import { idsOf, tieRows } from './mollie.ties.js';
import type { Untied } from './mollie.ties.js';
import { readWebhook } from './mollie.webhook.js';

const MINUTE = 60_000;
/** A SEPA transfer takes up to two days until `processedAt` is set, which changes the row. */
const BUSINESS_REREAD = 4 * 24 * 60 * MINUTE;
/** Cursor of listings that are short. They are read completely each time. */
const WHOLE: Cursor = 'whole';

type Rows = (Transaction | Refusal)[];

/** The journal of one account, and the mapping of its rows to transactions. */
interface AccountJournal extends Journal {
  id: string;
  toRows(rows: Json[]): Promise<Rows>;
}

@Injectable()
export class MolliePsp implements Psp {
  readonly createPayout?: (order: Order) => Promise<OrderResult>;
  readonly findOrder?: (order: Order) => Promise<OrderResult | undefined>;

  constructor(
    private readonly settings: MollieSettings,
    private readonly client: MollieClient,
    private readonly orders: MollieOrders,
    @Inject(MIRROR) private readonly mirror: Mirror,
    @Optional() @Inject(HTTP_CLOCK) private readonly clock: HttpClock = systemHttpClock,
  ) {
    // Without these methods the gateway rejects every payout: payouts are off unless the settings allow them.
    if (settings.payouts === 'off' && settings.transfers === 'off') return;
    this.createPayout = (order) => orders.create(order);
    this.findOrder = (order) => orders.find(order);
  }

  webhook(request: WebhookRequest): Stream[] {
    return readWebhook(request, this.settings);
  }

  async *accounts(): AsyncGenerator<Page<Account>> {
    const at = formatTime(this.clock.now());
    const balances = await this.client.balances();
    const business = await this.client.businessAccounts();
    const observed = [
      ...balances.map((row) => readRow(row, 'id', () => this.balancesOf(row, at))),
      ...business.map((row) => readRow(row, 'id', () => toBusinessBalances(row, at))),
    ];
    yield {
      items: [
        ...balances.map((row) => readRow(row, 'id', toAccount)),
        ...business.map((row) => readRow(row, 'id', toBusinessAccount)),
      ],
      balances: observed.filter((one): one is Balances => !isRefusal(one)),
      cursor: WHOLE,
    };
  }

  async *beneficiaries(since?: Cursor): AsyncGenerator<Page<Beneficiary>> {
    // A cursor of an older plugin version, which listed only the bank accounts of the balances.
    const places = readCursor(since === WHOLE ? undefined : since);
    const named = this.settings.beneficiaries.map((each) =>
      toBeneficiary({ ...each, iban: compactIban(each.iban) }),
    );
    const own = readEach(await this.client.balances(), toBankAccounts);
    yield { items: [...own, ...named], cursor: writeCursor(places) };
    const told = new Set(named.map(({ id }) => id));
    for (const account of await this.client.businessAccounts()) {
      const journal = this.businessJournal(account);
      for await (const { rows, place } of readJournal(journal, places.get(journal.id) ?? NOWHERE)) {
        places.set(journal.id, place);
        yield { items: await this.payeesOf(rows, told), cursor: writeCursor(places) };
      }
    }
  }

  async *transactions(since?: Cursor): AsyncGenerator<Page<Transaction>> {
    const places = readCursor(since);
    for (const journal of await this.journals()) {
      for await (const { rows, place } of readJournal(journal, places.get(journal.id) ?? NOWHERE)) {
        places.set(journal.id, place);
        yield { items: await journal.toRows(rows), cursor: writeCursor(places) };
      }
    }
  }

  async balances(accountId: string): Promise<Balances> {
    const at = formatTime(this.clock.now());
    const isBalance = isBalanceId(accountId);
    const found = await (isBalance ? this.client.balance(accountId) : this.client.businessAccount(accountId));
    // A balance that Mollie no longer has is empty. It is served without amounts, so that clients see zero for its assets.
    if (found === undefined) return { accountId, at, amounts: [] };
    return isBalance ? this.balancesOf(found, at) : toBusinessBalances(found, at);
  }

  private balancesOf(balance: Json, at: string): Balances {
    return toBalances(balance, at, this.settings.balance === 'available-and-pending');
  }

  private async journals(): Promise<AccountJournal[]> {
    const balances = await this.client.balances();
    const business = await this.client.businessAccounts();
    return [
      ...balances.map((row) => this.balanceJournal(row.text('id'))),
      ...business.map((row) => this.businessJournal(row)),
    ];
  }

  private balanceJournal(id: string): AccountJournal {
    return {
      id,
      reread: this.settings.rereadMinutes * MINUTE,
      read: (from) => this.client.balanceTransactions(id, from),
      toRows: async (rows) => {
        const read = readEach(rows, (row) => toUntied(row, id));
        const untied = read.filter((one): one is Untied => !isRefusal(one));
        return [
          ...(await this.tie(await this.orders.nameSettlements(untied, id))),
          ...read.filter(isRefusal),
        ];
      },
    };
  }

  private businessJournal(account: Json): AccountJournal {
    const id = account.text('id');
    const iban = compactIban(account.optionalText('accountDetails', 'iban') ?? '');
    return {
      id,
      reread: BUSINESS_REREAD,
      read: (from) => this.client.businessTransactions(id, from),
      toRows: (rows) =>
        this.orders.nameTransfers(
          rows.map((row) => readRow(row, 'id', () => toBusinessTransaction(row, id))),
          iban,
        ),
    };
  }

  /**
   * Returns the payees of these rows that are not served yet. Clients keep the first version of a beneficiary, so another spelling of its name is
   * not served.
   * @param told ids that were listed already; new ids are added
   */
  private async payeesOf(rows: Json[], told: Set<string>): Promise<(Beneficiary | Refusal)[]> {
    const paid = readEach(rows, (row) => {
      const payee = payeeOf(row);
      return payee === undefined || told.has(payee.iban) ? [] : [toBeneficiary(payee)];
    });
    const unknown = paid.filter((one) => !isRefusal(one)).map(({ id }) => id);
    const served = unknown.length === 0 ? new Map() : await this.mirror.latest('beneficiaries', unknown);
    return paid.filter((one) => {
      if (isRefusal(one)) return true;
      const isNew = !told.has(one.id) && !served.has(one.id);
      told.add(one.id);
      return isNew;
    });
  }

  private async tie(rows: readonly Untied[]): Promise<Transaction[]> {
    const ids = idsOf(rows);
    const served = ids.length === 0 ? [] : await this.mirror.latest('transactions', ids);
    const owners = new Map(
      [...served].map(([id, { metadata }]) => [id, metadata[BALANCE_TRANSACTION] ?? id]),
    );
    return tieRows(rows, owners);
  }
}

/** Parses each row into zero, one or several records. A row that cannot be parsed becomes one rejected record. */
function readEach<T extends object>(rows: readonly Json[], read: (row: Json) => T[]): (T | Refusal)[] {
  return rows.flatMap((row): (T | Refusal)[] => {
    const one = readRow(row, 'id', read);
    return isRefusal(one) ? [one] : one;
  });
}
