/** Mollie as a PSP: balances and business accounts, and their journals. */
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
import { MollieClient } from './mollie.client.js';
import type { Listed } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import { readCursor, writeCursor } from './mollie.cursor.js';
import { NOWHERE, readJournal } from './mollie.journal.js';
import type { Journal } from './mollie.journal.js';
import {
  BALANCE_TRANSACTION,
  toAccount,
  toBalances,
  toBankAccount,
  toBusinessAccount,
  toBusinessBalances,
  toBusinessTransaction,
  toDrafts,
} from './mollie.mapper.js';
import {
  isBefore,
  orderKeyOf,
  payoutOf,
  returnedPayoutOf,
  statusOfRow,
  toOrderResult,
  toPayoutRequest,
} from './mollie.payouts.js';
import { idsOf, tieRows } from './mollie.ties.js';
import type { Draft } from './mollie.ties.js';
import { readWebhook } from './mollie.webhook.js';

const MINUTE = 60_000;
/** A SEPA transfer takes up to two days until `processedAt`, which changes the row. */
const BUSINESS_REREAD = 4 * 24 * 60 * MINUTE;
/** Both lists are short, and read whole each time. */
const WHOLE: Cursor = 'whole';

type Rows = (Transaction | Refusal)[];

/** The journal of one account, and what its rows are. */
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
    @Inject(MIRROR) private readonly mirror: Mirror,
    @Optional() @Inject(HTTP_CLOCK) private readonly clock: HttpClock = systemHttpClock,
  ) {
    // Its first payout switches the automatic settlements of a balance off: nobody may come upon that by chance.
    if (settings.payouts === 'off') return;
    this.createPayout = async (order) =>
      toOrderResult(await client.createPayout(toPayoutRequest(order, settings.testmode), order.key));
    this.findOrder = async (order) => {
      const payout = await this.findPayout(order);
      return payout && toOrderResult(payout);
    };
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

  async *beneficiaries(): AsyncGenerator<Page<Beneficiary>> {
    const balances = await this.client.balances();
    const found = balances.map((row) => readRow(row, 'id', (each) => toBankAccount(each) ?? NOBODY));
    yield { items: found.filter((one): one is Beneficiary | Refusal => one !== NOBODY), cursor: WHOLE };
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
    const isBalance = accountId.startsWith('bal_');
    const found = await (isBalance ? this.client.balance(accountId) : this.client.businessAccount(accountId));
    // A balance that is gone holds nothing: what was seen in it is served as zero.
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
      ...business.map((row) => this.businessJournal(row.text('id'))),
    ];
  }

  private balanceJournal(id: string): AccountJournal {
    return {
      id,
      reread: this.settings.rereadMinutes * MINUTE,
      read: (from) => this.client.balanceTransactions(id, from),
      toRows: async (rows) => {
        const read = rows.map((row) => readRow(row, 'id', () => ({ drafts: toDrafts(row, id) })));
        const refused = read.filter((one) => isRefusal(one));
        const drafts = read.flatMap((one) => (isRefusal(one) ? [] : one.drafts));
        return [...(await this.tie(await this.nameSettlements(drafts, id))), ...refused];
      },
    };
  }

  private businessJournal(id: string): AccountJournal {
    return {
      id,
      reread: BUSINESS_REREAD,
      read: (from) => this.client.businessTransactions(id, from),
      toRows: async (rows) => rows.map((row) => readRow(row, 'id', () => toBusinessTransaction(row, id))),
    };
  }

  private async findPayout(order: Order): Promise<Json | undefined> {
    if (order.pspId !== undefined) return this.client.payout(order.pspId);
    let from: string | undefined;
    do {
      const { rows, next }: Listed = await this.client.payouts(order.sourceAccountId, from);
      const found = rows.find((payout) => orderKeyOf(payout) === order.key);
      if (found !== undefined) return found;
      from = rows.some((payout) => isBefore(payout, order)) ? undefined : next;
    } while (from !== undefined);
    return undefined;
  }

  /** Settlements that are payouts which were ordered here, and what came back of them, are told as the orders know them. */
  private async nameSettlements(drafts: readonly Draft[], balanceId: string): Promise<readonly Draft[]> {
    if (this.settings.payouts === 'off' || !drafts.some(isOfSettlement)) return drafts;
    const { rows } = await this.client.payouts(balanceId);
    const ordered = rows.filter((payout) => orderKeyOf(payout) !== undefined);
    return drafts.map((draft) => (isOfSettlement(draft) ? namePayout(draft, ordered) : draft));
  }

  private async tie(drafts: readonly Draft[]): Promise<Transaction[]> {
    const ids = idsOf(drafts);
    const served = ids.length === 0 ? [] : await this.mirror.latest('transactions', ids);
    const owners = new Map(
      [...served].map(([id, { metadata }]) => [id, metadata[BALANCE_TRANSACTION] ?? id]),
    );
    return tieRows(drafts, owners);
  }
}

function isOfSettlement({ alone, wantsId, tie }: Draft): boolean {
  return (alone.type === 'PAYOUT' && wantsId !== undefined) || tie?.type === 'PAYOUT';
}

function namePayout(draft: Draft, payouts: readonly Json[]): Draft {
  const { alone, tie } = draft;
  const payout = tie ? returnedPayoutOf(alone, payouts) : payoutOf(alone, payouts);
  if (payout === undefined) return draft;
  const id = payout.text('id');
  // An order has taken the row of its payout, so that no tie to it is found: this one is told to be its own.
  if (tie) return { tie, alone: { ...alone, type: tie.type, status: tie.status, relatedTransactionId: id } };
  const orderKey = orderKeyOf(payout);
  const ofOrder = { ...alone, status: statusOfRow(payout), ...(orderKey === undefined ? {} : { orderKey }) };
  return { alone: ofOrder, wantsId: { id } };
}

const NOBODY: Beneficiary = { id: '', ownerName: '' };
