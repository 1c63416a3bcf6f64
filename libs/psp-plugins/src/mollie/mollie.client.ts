/** Mollie's API as far as it is used here. Lists are newest first; `from` is the id of the first row of the answer, inclusive. */
import { Injectable } from '@nestjs/common';
import { PspError } from '@tributary/connector-api';
import { AnswerError, PspHttp } from '@tributary/connector-api/http';
import type { Json, JsonBody, Query } from '@tributary/connector-api/http';
import { MollieSettings } from './mollie.config.js';

/** One answer of a list. */
export interface Listed {
  rows: Json[];
  /** Where the next answer begins; absent on the last one. */
  next?: string;
}

/** All other accounts are business accounts. */
export function isBalanceId(id: string): boolean {
  return id.startsWith('bal_');
}

@Injectable()
export class MollieClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: MollieSettings,
  ) {}

  /** `GET /v2/balances`, all of them. Needs balances.read. */
  balances(): Promise<Json[]> {
    return this.all('/v2/balances', 'balances');
  }

  /** `GET /v2/balances/{id}` */
  balance(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/balances/{id}', { params: { id }, query: this.query() });
  }

  /** `GET /v2/balances/{id}/transactions` */
  balanceTransactions(id: string, from?: string): Promise<Listed> {
    return this.list('/v2/balances/{id}/transactions', 'balance_transactions', { from, id });
  }

  /** `GET /v2/business-accounts/accounts`, all of them; none where the settings leave them out. Needs business-accounts.read. */
  async businessAccounts(): Promise<Json[]> {
    if (this.settings.businessAccounts === 'off') return [];
    try {
      return await this.all('/v2/business-accounts/accounts', 'businessAccounts');
    } catch (error) {
      if (this.settings.businessAccounts === 'where-allowed' && isNotOurs(error)) return [];
      throw error;
    }
  }

  /** `GET /v2/business-accounts/accounts/{id}` */
  businessAccount(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/business-accounts/accounts/{id}', { params: { id }, query: this.query() });
  }

  /** `GET /v2/business-accounts/accounts/{id}/transactions` */
  businessTransactions(id: string, from?: string): Promise<Listed> {
    return this.list('/v2/business-accounts/accounts/{id}/transactions', 'transactions', {
      from,
      id,
      query: { sort: 'desc' },
    });
  }

  /** `GET /v2/payouts` of one balance, newest first. Needs payouts.read. */
  payouts(balanceId: string, from?: string): Promise<Listed> {
    return this.list('/v2/payouts', 'payouts', { from, query: { balanceId } });
  }

  /** `GET /v2/payouts/{id}` */
  payout(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/payouts/{id}', { params: { id }, query: this.query() });
  }

  /** `POST /v2/payouts`. Needs payouts.write. @param key Mollie answers a repeat with the same key as it answered first */
  createPayout(body: JsonBody, key: string): Promise<Json> {
    return this.http.post('/v2/payouts', { body, headers: { 'idempotency-key': key } });
  }

  /** `GET /v2/business-accounts/draft-transfers`, of all business accounts. Needs business-account-draft-transfers.read. */
  draftTransfers(from?: string): Promise<Listed> {
    return this.list('/v2/business-accounts/draft-transfers', 'draft_transfers', { from });
  }

  /** `GET /v2/business-accounts/draft-transfers/{id}` */
  draftTransfer(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/business-accounts/draft-transfers/{id}', {
      params: { id },
      query: this.query(),
    });
  }

  /** `POST /v2/business-accounts/draft-transfers`. Needs business-account-draft-transfers.write. @param key as of `createPayout` */
  createDraftTransfer(body: JsonBody, key: string): Promise<Json> {
    return this.http.post('/v2/business-accounts/draft-transfers', {
      body,
      headers: { 'idempotency-key': key },
    });
  }

  private async all(path: string, member: string): Promise<Json[]> {
    const rows = new Map<string, Json>();
    let from: string | undefined;
    do {
      const page = await this.list(path, member, { from });
      const known = rows.size;
      for (const row of page.rows) rows.set(row.optionalText('id') ?? row.toText(), row);
      // An answer that brings nothing new would be asked for again for ever.
      from = rows.size > known ? page.next : undefined;
    } while (from !== undefined);
    return [...rows.values()];
  }

  private async list(
    path: string,
    member: string,
    at: { from?: string | undefined; id?: string; query?: Query },
  ): Promise<Listed> {
    const limit = this.settings.pageSize;
    const answer = await this.http.get(path, {
      params: at.id === undefined ? {} : { id: at.id },
      query: this.query({ limit, from: at.from, ...at.query }),
    });
    const rows = answer.optionalList('_embedded', member);
    const next = answer.has('_links')
      ? nextOf(answer)
      : rows.length < limit
        ? undefined
        : rows.at(-1)?.optionalText('id');
    // One that leads to itself would be followed for ever.
    return next === undefined || next === at.from ? { rows } : { rows, next };
  }

  /** Tokens of an organisation see live data unless they ask for test data. */
  private query(query: Query = {}): Query {
    return this.settings.testmode ? { ...query, testmode: true } : query;
  }
}

/** The link is absolute, and may be of another host: only its cursor is used. */
function nextOf(answer: Json): string | undefined {
  const href = answer.optionalText('_links', 'next', 'href');
  if (href === undefined) return undefined;
  const from = URL.parse(href, 'https://api.mollie.com')?.searchParams.get('from');
  if (from) return from;
  throw new PspError(
    'unavailable',
    'Mollie: the link to the next page has no "from"; expected …?from=<id>&limit=…',
  );
}

/** The token lacks the permission, or the organisation has no such product. */
function isNotOurs(error: unknown): boolean {
  return error instanceof AnswerError && [401, 403, 404].includes(error.status);
}
