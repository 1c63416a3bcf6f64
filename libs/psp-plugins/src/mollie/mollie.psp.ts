/** Implements the PSP interface for Mollie: balances and business accounts, and their journals. */
import { Inject, Injectable, Optional } from '@nestjs/common';
import { formatTime, isRejectedRecord, FEED_READER } from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Cursor,
  FeedReader,
  Order,
  OrderResult,
  Page,
  PspClient,
  RejectedRecord,
  Stream,
  Transaction,
  WebhookRequest,
} from '@tributary/connector-api';
import { HTTP_CLOCK, parseRow, systemHttpClock } from '@tributary/connector-api/http';
import type { HttpClock, Json } from '@tributary/connector-api/http';
import { normalizeIban, parsePayee, toOwnBankAccounts, toBeneficiary } from './mollie.beneficiaries.js';
import { isBalanceId, MollieClient } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import { parseCursor, serializeCursor } from './mollie.cursor.js';
import { JOURNAL_START, readJournal } from './mollie.journal.js';
import type { JournalSource } from './mollie.journal.js';
import {
  toAccount,
  toBalances,
  toBusinessAccount,
  toBusinessBalances,
  toBusinessTransaction,
  toUnlinkedTransactions,
} from './mollie.mapper.js';
import { BALANCE_TRANSACTION_KEY } from './mollie.metadata-keys.js';
import { MollieOrders } from './mollie.orders.js';
import { collectReferencedIds, linkTransactions } from './mollie.ties.js';
import type { UnlinkedTransaction } from './mollie.ties.js';
import { parseWebhook } from './mollie.webhook.js';

const MINUTE_MS = 60_000;
/** A SEPA transfer takes up to two days until `processedAt` is set, which changes the row. */
const BUSINESS_REREAD_MS = 4 * 24 * 60 * MINUTE_MS;
/** Cursor of listings that are short. They are read completely each time. */
const FULL_LISTING_CURSOR: Cursor = 'whole';

type TransactionItems = (Transaction | RejectedRecord)[];

/** The journal of one account, and the mapping of its rows to transactions. */
interface AccountJournal extends JournalSource {
  id: string;
  toItems(rows: Json[]): Promise<TransactionItems>;
}

@Injectable()
export class MolliePsp implements PspClient {
  readonly createPayout?: (order: Order) => Promise<OrderResult>;
  readonly findOrder?: (order: Order) => Promise<OrderResult | undefined>;

  constructor(
    private readonly settings: MollieSettings,
    private readonly client: MollieClient,
    private readonly orders: MollieOrders,
    @Inject(FEED_READER) private readonly feedReader: FeedReader,
    @Optional() @Inject(HTTP_CLOCK) private readonly clock: HttpClock = systemHttpClock,
  ) {
    // Without these methods the gateway rejects every payout: payouts are off unless the settings allow them.
    if (settings.payouts === 'off' && settings.transfers === 'off') return;
    this.createPayout = (order) => orders.create(order);
    this.findOrder = (order) => orders.find(order);
  }

  webhook(request: WebhookRequest): Stream[] {
    return parseWebhook(request, this.settings);
  }

  async *accounts(): AsyncGenerator<Page<Account>> {
    const at = formatTime(this.clock.now());
    const balances = await this.client.listBalances();
    const business = await this.client.listBusinessAccounts();
    const observed = [
      ...balances.map((row) => parseRow(row, 'id', () => this.mapBalances(row, at))),
      ...business.map((row) => parseRow(row, 'id', () => toBusinessBalances(row, at))),
    ];
    yield {
      items: [
        ...balances.map((row) => parseRow(row, 'id', toAccount)),
        ...business.map((row) => parseRow(row, 'id', toBusinessAccount)),
      ],
      balances: observed.filter((one): one is Balances => !isRejectedRecord(one)),
      cursor: FULL_LISTING_CURSOR,
    };
  }

  async *beneficiaries(since?: Cursor): AsyncGenerator<Page<Beneficiary>> {
    // A cursor of an older plugin version, which listed only the bank accounts of the balances.
    const positions = parseCursor(since === FULL_LISTING_CURSOR ? undefined : since);
    const configured = this.settings.beneficiaries.map((each) =>
      toBeneficiary({ ...each, iban: normalizeIban(each.iban) }),
    );
    const own = parseEachRow(await this.client.listBalances(), toOwnBankAccounts);
    yield { items: [...own, ...configured], cursor: serializeCursor(positions) };
    const listedIds = new Set(configured.map(({ id }) => id));
    for (const account of await this.client.listBusinessAccounts()) {
      const journal = this.createBusinessJournal(account);
      for await (const { rows, position } of readJournal(
        journal,
        positions.get(journal.id) ?? JOURNAL_START,
      )) {
        positions.set(journal.id, position);
        yield { items: await this.findNewPayees(rows, listedIds), cursor: serializeCursor(positions) };
      }
    }
  }

  async *transactions(since?: Cursor): AsyncGenerator<Page<Transaction>> {
    const positions = parseCursor(since);
    for (const journal of await this.listJournals()) {
      for await (const { rows, position } of readJournal(
        journal,
        positions.get(journal.id) ?? JOURNAL_START,
      )) {
        positions.set(journal.id, position);
        yield { items: await journal.toItems(rows), cursor: serializeCursor(positions) };
      }
    }
  }

  async balances(accountId: string): Promise<Balances> {
    const at = formatTime(this.clock.now());
    const isBalance = isBalanceId(accountId);
    const found = await (isBalance
      ? this.client.getBalance(accountId)
      : this.client.getBusinessAccount(accountId));
    // A balance that Mollie no longer has is empty. It is served without amounts, so that clients see zero for its assets.
    if (found === undefined) return { accountId, at, amounts: [] };
    return isBalance ? this.mapBalances(found, at) : toBusinessBalances(found, at);
  }

  private mapBalances(balance: Json, at: string): Balances {
    return toBalances(balance, at, this.settings.balance === 'available-and-pending');
  }

  private async listJournals(): Promise<AccountJournal[]> {
    const balances = await this.client.listBalances();
    const business = await this.client.listBusinessAccounts();
    return [
      ...balances.map((row) => this.createBalanceJournal(row.string('id'))),
      ...business.map((row) => this.createBusinessJournal(row)),
    ];
  }

  private createBalanceJournal(id: string): AccountJournal {
    return {
      id,
      rereadMs: this.settings.rereadMinutes * MINUTE_MS,
      readPage: (from) => this.client.listBalanceTransactions(id, from),
      toItems: async (rows) => {
        const read = parseEachRow(rows, (row) => toUnlinkedTransactions(row, id));
        const untied = read.filter((one): one is UnlinkedTransaction => !isRejectedRecord(one));
        return [
          ...(await this.linkToServed(await this.orders.linkSettlementsToOrders(untied, id))),
          ...read.filter(isRejectedRecord),
        ];
      },
    };
  }

  private createBusinessJournal(account: Json): AccountJournal {
    const id = account.string('id');
    const iban = normalizeIban(account.optionalString('accountDetails', 'iban') ?? '');
    return {
      id,
      rereadMs: BUSINESS_REREAD_MS,
      readPage: (from) => this.client.listBusinessTransactions(id, from),
      toItems: (rows) =>
        this.orders.linkTransfersToOrders(
          rows.map((row) => parseRow(row, 'id', () => toBusinessTransaction(row, id))),
          iban,
        ),
    };
  }

  /**
   * Returns the payees of these rows that are not served yet. Clients keep the first version of a beneficiary, so another spelling of its name is
   * not served.
   * @param listedIds ids that were listed already; new ids are added
   */
  private async findNewPayees(
    rows: Json[],
    listedIds: Set<string>,
  ): Promise<(Beneficiary | RejectedRecord)[]> {
    const paid = parseEachRow(rows, (row) => {
      const payee = parsePayee(row);
      return payee === undefined || listedIds.has(payee.iban) ? [] : [toBeneficiary(payee)];
    });
    const unknown = paid.filter((one) => !isRejectedRecord(one)).map(({ id }) => id);
    const served =
      unknown.length === 0 ? new Map() : await this.feedReader.findLatest('beneficiaries', unknown);
    return paid.filter((one) => {
      if (isRejectedRecord(one)) return true;
      const isNew = !listedIds.has(one.id) && !served.has(one.id);
      listedIds.add(one.id);
      return isNew;
    });
  }

  private async linkToServed(rows: readonly UnlinkedTransaction[]): Promise<Transaction[]> {
    const ids = collectReferencedIds(rows);
    const served = ids.length === 0 ? [] : await this.feedReader.findLatest('transactions', ids);
    const owners = new Map(
      [...served].map(([id, { metadata }]) => [id, metadata[BALANCE_TRANSACTION_KEY] ?? id]),
    );
    return linkTransactions(rows, owners);
  }
}

/** Parses each row into zero, one or several records. A row that cannot be parsed becomes one rejected record. */
function parseEachRow<T extends object>(
  rows: readonly Json[],
  parse: (row: Json) => T[],
): (T | RejectedRecord)[] {
  return rows.flatMap((row): (T | RejectedRecord)[] => {
    const one = parseRow(row, 'id', parse);
    return isRejectedRecord(one) ? [one] : one;
  });
}
