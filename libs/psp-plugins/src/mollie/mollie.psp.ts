/** Mollie as a PSP: balances and business accounts, and their journals. */
import { Inject, Injectable, Optional } from '@nestjs/common';
import { formatTime, isRefusal, MIRROR } from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Cursor,
  Mirror,
  Page,
  Psp,
  Refusal,
  Transaction,
} from '@tributary/connector-api';
import { HTTP_CLOCK, readRow, systemHttpClock } from '@tributary/connector-api/http';
import type { HttpClock, Json } from '@tributary/connector-api/http';
import { MollieClient } from './mollie.client.js';
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
import { idsOf, tieRows } from './mollie.ties.js';
import type { Draft } from './mollie.ties.js';

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
  constructor(
    private readonly settings: MollieSettings,
    private readonly client: MollieClient,
    @Inject(MIRROR) private readonly mirror: Mirror,
    @Optional() @Inject(HTTP_CLOCK) private readonly clock: HttpClock = systemHttpClock,
  ) {}

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
        return [...(await this.tie(read.flatMap((one) => (isRefusal(one) ? [] : one.drafts)))), ...refused];
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

  private async tie(drafts: readonly Draft[]): Promise<Transaction[]> {
    const ids = idsOf(drafts);
    const served = ids.length === 0 ? [] : await this.mirror.latest('transactions', ids);
    const owners = new Map(
      [...served].map(([id, { metadata }]) => [id, metadata[BALANCE_TRANSACTION] ?? id]),
    );
    return tieRows(drafts, owners);
  }
}

const NOBODY: Beneficiary = { id: '', ownerName: '' };
