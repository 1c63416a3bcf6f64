/** Implements the PSP interface for Mollie: balances and business accounts, and their journals. */
import { Inject, Injectable, Optional } from '@nestjs/common';
import { formatTime, isRejectedRecord, FEED_READER, readText } from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Cursor,
  FeedReader,
  ListOptions,
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
import {
  createCursorFormat,
  mergeListings,
  newestFirst,
  readJsonRows,
} from '@tributary/connector-api/listing';
import type {
  MergePosition,
  MergeSource,
  NewestFirstPosition,
  NewestFirstSource,
} from '@tributary/connector-api/listing';
import { normalizeIban, parsePayee, toOwnBankAccounts, toBeneficiary } from './mollie.beneficiaries.js';
import { isBalanceId, MollieClient } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
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

/** The position in each journal, by the id of its account. */
type Position = MergePosition<NewestFirstPosition>;

const CURSOR_FORMAT = createCursorFormat<Position>({
  plugin: 'mollie',
  version: 2,
  isPosition,
  upgrade: ({ journals }) => (isPosition(journals) ? journals : undefined),
});

function isPosition(value: unknown): value is Position {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one: unknown) => typeof one === 'object' && one !== null && 'covered' in one)
  );
}

/** The journal of one account, and the mapping of its rows to transactions. */
interface AccountJournal extends MergeSource<Json, NewestFirstPosition> {
  toItems: (rows: Json[]) => Promise<TransactionItems>;
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

  async *beneficiaries(since?: Cursor, options?: ListOptions): AsyncGenerator<Page<Beneficiary>> {
    // A cursor of an older plugin version, which listed only the bank accounts of the balances.
    const position = CURSOR_FORMAT.parse(since === FULL_LISTING_CURSOR ? undefined : since) ?? {};
    const configured = this.settings.beneficiaries.map((each) =>
      toBeneficiary({ ...each, iban: normalizeIban(each.iban) }),
    );
    const own = parseEachRow(await this.client.listBalances(), toOwnBankAccounts);
    yield { items: [...own, ...configured], cursor: CURSOR_FORMAT.serialize(position) };
    const listedIds = new Set(configured.map(({ id }) => id));
    const accounts = await this.client.listBusinessAccounts();
    const journals = accounts.flatMap((account) => this.createBusinessJournal(account, options));
    for await (const step of mergeListings(journals, position)) {
      const items = await this.findNewPayees(step.rows, listedIds);
      yield { items, cursor: CURSOR_FORMAT.serialize(step.position) };
    }
  }

  async *transactions(since?: Cursor, options?: ListOptions): AsyncGenerator<Page<Transaction>> {
    const position = CURSOR_FORMAT.parse(since);
    for await (const { source, rows, position: next } of mergeListings(
      await this.listJournals(options),
      position,
    ))
      yield { items: await source.toItems(rows), cursor: CURSOR_FORMAT.serialize(next) };
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

  private async listJournals(options: ListOptions | undefined): Promise<AccountJournal[]> {
    const balances = await this.client.listBalances();
    const business = await this.client.listBusinessAccounts();
    return [
      ...balances.flatMap((row) => this.createBalanceJournal(row, options)),
      ...business.flatMap((row) => this.createBusinessJournal(row, options)),
    ];
  }

  /** Returns the journal of a balance; none for a malformed balance, which the list of accounts reports. */
  private createBalanceJournal(balance: Json, options: ListOptions | undefined): AccountJournal[] {
    const id = readText(balance, 'id');
    if (id === undefined) return [];
    const list = this.createList(options, {
      rereadMs: this.settings.rereadMinutes * MINUTE_MS,
      fetchPage: (from, signal) => this.client.listBalanceTransactions(id, from, signal),
    });
    const toItems = async (rows: Json[]) => {
      const read = parseEachRow(rows, (row) => toUnlinkedTransactions(row, id));
      const untied = read.filter((one): one is UnlinkedTransaction => !isRejectedRecord(one));
      return [
        ...(await this.linkToServed(await this.orders.linkSettlementsToOrders(untied, id))),
        ...read.filter(isRejectedRecord),
      ];
    };
    return [{ id, list, toItems }];
  }

  /** Returns the journal of a business account; none for a malformed account. */
  private createBusinessJournal(account: Json, options: ListOptions | undefined): AccountJournal[] {
    const id = readText(account, 'id');
    if (id === undefined) return [];
    const iban = normalizeIban(readText(account, 'accountDetails', 'iban') ?? '');
    const list = this.createList(options, {
      rereadMs: BUSINESS_REREAD_MS,
      fetchPage: (from, signal) => this.client.listBusinessTransactions(id, from, signal),
    });
    const toItems = (rows: Json[]) =>
      this.orders.linkTransfersToOrders(
        rows.map((row) => parseRow(row, 'id', () => toBusinessTransaction(row, id))),
        iban,
      );
    return [{ id, list, toItems }];
  }

  private createList(
    options: ListOptions | undefined,
    source: Pick<NewestFirstSource<Json>, 'fetchPage' | 'rereadMs'>,
  ): AccountJournal['list'] {
    const journal = { ...readJsonRows('id', 'createdAt'), isTokenFirstId: true, ...source };
    return (since) => newestFirst(journal, since, { ...options, clock: this.clock });
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
