/** The part of Mollie's API that the plugin uses. Lists are newest first. `from` is the id of the first row of the response, inclusive. */
import { Injectable } from '@nestjs/common';
import { PspError } from '@tributary/connector-api';
import { AnswerError, PspHttp } from '@tributary/connector-api/http';
import type { Json, JsonBody, Query } from '@tributary/connector-api/http';
import { MollieSettings } from './mollie.config.js';

/** One page of a list. */
export interface Listed {
  rows: Json[];
  /** Id at which the next page begins; absent on the last page. */
  next?: string;
}

/** Returns whether the id is one of a balance. All other account ids are of business accounts. */
export function isBalanceId(id: string): boolean {
  return id.startsWith('bal_');
}

@Injectable()
export class MollieClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: MollieSettings,
  ) {}

  /** Returns all balances: `GET /v2/balances`. Needs balances.read. */
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

  /**
   * Returns all business accounts: `GET /v2/business-accounts/accounts`. Returns none when the settings exclude them. Needs
   * business-accounts.read.
   */
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

  /** Returns the payouts of one balance, newest first: `GET /v2/payouts`. Needs payouts.read. */
  payouts(balanceId: string, from?: string): Promise<Listed> {
    return this.list('/v2/payouts', 'payouts', { from, query: { balanceId } });
  }

  /** `GET /v2/payouts/{id}` */
  payout(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/payouts/{id}', { params: { id }, query: this.query() });
  }

  /**
   * Creates a payout: `POST /v2/payouts`. Needs payouts.write.
   * @param key idempotency key; Mollie sends its first response again for a repeat with the same key
   */
  createPayout(body: JsonBody, key: string): Promise<Json> {
    return this.http.post('/v2/payouts', { body, headers: { 'idempotency-key': key } });
  }

  /**
   * Returns the draft transfers of all business accounts: `GET /v2/business-accounts/draft-transfers`. Needs
   * business-account-draft-transfers.read.
   */
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

  /**
   * Creates a draft transfer: `POST /v2/business-accounts/draft-transfers`. Needs business-account-draft-transfers.write.
   * @param key idempotency key, as in `createPayout`
   */
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
      // A page without new rows would be requested again and again, so the listing ends here.
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
    // A link to its own page would be followed without end.
    return next === undefined || next === at.from ? { rows } : { rows, next };
  }

  /** Adds `testmode` when the settings ask for it. An organisation token reads live data unless the request asks for test data. */
  private query(query: Query = {}): Query {
    return this.settings.testmode ? { ...query, testmode: true } : query;
  }
}

/**
 * Parses the id of the next page. The link is absolute and can name another host, so only its `from` parameter is used.
 * @throws PspError `unavailable` when the link has no `from`
 */
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

/** Returns whether the token lacks the permission, or the organisation does not have the product. */
function isNotOurs(error: unknown): boolean {
  return error instanceof AnswerError && [401, 403, 404].includes(error.status);
}
