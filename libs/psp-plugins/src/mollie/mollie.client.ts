/** The part of Mollie's API that the plugin uses. Lists are newest first. `from` is the id of the first row of the response, inclusive. */
import { Injectable } from '@nestjs/common';
import { PspError } from '@tributary/connector-api';
import { PspResponseError, PspHttp } from '@tributary/connector-api/http';
import type { Json, JsonBody, Query } from '@tributary/connector-api/http';
import { createLoopError, requireRows, PageTokenExpiredError } from '@tributary/connector-api/listing';
import type { TokenPage } from '@tributary/connector-api/listing';
import { MollieSettings } from './mollie.config.js';

/** One page of a list. Its token is the id at which the next page begins. */
export type ListPage = TokenPage<Json>;

/** Returns whether the id is one of a balance. All other account ids are of business accounts. */
export function isBalanceId(id: string): boolean {
  return id.startsWith('bal_');
}

interface PageRequest {
  from?: string | undefined;
  id?: string;
  query?: Query;
  signal?: AbortSignal | undefined;
}

@Injectable()
export class MollieClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: MollieSettings,
  ) {}

  /** Returns all balances: `GET /v2/balances`. Needs balances.read. */
  listBalances(): Promise<Json[]> {
    return this.listAll('/v2/balances', 'balances');
  }

  /** `GET /v2/balances/{id}` */
  getBalance(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/balances/{id}', { params: { id }, query: this.withTestmode() });
  }

  /** `GET /v2/balances/{id}/transactions` */
  listBalanceTransactions(id: string, from?: string, signal?: AbortSignal): Promise<ListPage> {
    return this.getPage('/v2/balances/{id}/transactions', 'balance_transactions', { from, id, signal });
  }

  /**
   * Returns all business accounts: `GET /v2/business-accounts/accounts`. Returns none when the settings exclude them. Needs
   * business-accounts.read.
   */
  async listBusinessAccounts(): Promise<Json[]> {
    if (this.settings.businessAccounts === 'off') return [];
    try {
      return await this.listAll('/v2/business-accounts/accounts', 'businessAccounts');
    } catch (error) {
      if (this.settings.businessAccounts === 'where-allowed' && isAccessDenied(error)) return [];
      throw error;
    }
  }

  /** `GET /v2/business-accounts/accounts/{id}` */
  getBusinessAccount(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/business-accounts/accounts/{id}', {
      params: { id },
      query: this.withTestmode(),
    });
  }

  /** `GET /v2/business-accounts/accounts/{id}/transactions` */
  listBusinessTransactions(id: string, from?: string, signal?: AbortSignal): Promise<ListPage> {
    return this.getPage('/v2/business-accounts/accounts/{id}/transactions', 'transactions', {
      from,
      id,
      signal,
      query: { sort: 'desc' },
    });
  }

  /** Returns the payouts of one balance, newest first: `GET /v2/payouts`. Needs payouts.read. */
  listPayouts(balanceId: string, from?: string): Promise<ListPage> {
    return this.getPage('/v2/payouts', 'payouts', { from, query: { balanceId } });
  }

  /** `GET /v2/payouts/{id}` */
  getPayout(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/payouts/{id}', { params: { id }, query: this.withTestmode() });
  }

  /**
   * Creates a payout: `POST /v2/payouts`. Needs payouts.write.
   * @param idempotencyKey idempotency key; Mollie sends its first response again for a repeat with the same key
   */
  createPayout(body: JsonBody, idempotencyKey: string): Promise<Json> {
    return this.http.post('/v2/payouts', { body, headers: { 'idempotency-key': idempotencyKey } });
  }

  /**
   * Returns the draft transfers of all business accounts: `GET /v2/business-accounts/draft-transfers`. Needs
   * business-account-draft-transfers.read.
   */
  listDraftTransfers(from?: string): Promise<ListPage> {
    return this.getPage('/v2/business-accounts/draft-transfers', 'draft_transfers', { from });
  }

  /** `GET /v2/business-accounts/draft-transfers/{id}` */
  getDraftTransfer(id: string): Promise<Json | undefined> {
    return this.http.find('/v2/business-accounts/draft-transfers/{id}', {
      params: { id },
      query: this.withTestmode(),
    });
  }

  /**
   * Creates a draft transfer: `POST /v2/business-accounts/draft-transfers`. Needs business-account-draft-transfers.write.
   * @param idempotencyKey idempotency key, as in `createPayout`
   */
  createDraftTransfer(body: JsonBody, idempotencyKey: string): Promise<Json> {
    return this.http.post('/v2/business-accounts/draft-transfers', {
      body,
      headers: { 'idempotency-key': idempotencyKey },
    });
  }

  private async listAll(path: string, property: string): Promise<Json[]> {
    const rows = new Map<string, Json>();
    const tokens = new Set<string>();
    let from: string | undefined;
    do {
      const page = await this.getPage(path, property, { from });
      for (const row of page.rows) rows.set(row.optionalString('id') ?? row.toJsonString(), row);
      from = page.next;
      if (from !== undefined && tokens.has(from)) throw createLoopError(from);
      if (from !== undefined) tokens.add(from);
    } while (from !== undefined);
    return [...rows.values()];
  }

  /** @throws PageTokenExpiredError when Mollie no longer has the row at which the page begins */
  private async getPage(
    path: string,
    property: string,
    { from, id, query, signal }: PageRequest,
  ): Promise<ListPage> {
    const response = await this.http
      .get(path, {
        params: id === undefined ? {} : { id },
        query: this.withTestmode({ limit: this.settings.pageSize, from, ...query }),
        signal,
      })
      .catch((error: unknown) => throwExpired(error, from));
    const rows = requireRows(response, '_embedded', property);
    const next = response.has('_links') ? parseNextId(response) : getLastId(rows, from);
    return next === undefined ? { rows } : { rows, next };
  }

  /** Adds `testmode` when the settings ask for it. An organisation token reads live data unless the request asks for test data. */
  private withTestmode(query: Query = {}): Query {
    return this.settings.testmode ? { ...query, testmode: true } : query;
  }
}

/**
 * Parses the id of the next page. The link is absolute and can name another host, so only its `from` parameter is used.
 * @throws PspError `unavailable` when the link has no `from`
 */
function parseNextId(response: Json): string | undefined {
  const href = response.optionalString('_links', 'next', 'href');
  if (href === undefined) return undefined;
  const from = URL.parse(href, 'https://api.mollie.com')?.searchParams.get('from');
  if (from) return from;
  throw new PspError(
    'unavailable',
    'Mollie: the link to the next page has no "from"; expected …?from=<id>&limit=…',
  );
}

/** Returns the token of the next page of a response without links. Only a page with nothing but the known row is the end. */
function getLastId(rows: readonly Json[], from: string | undefined): string | undefined {
  const last = rows.at(-1)?.optionalString('id');
  return last === from ? undefined : last;
}

function throwExpired(error: unknown, from: string | undefined): never {
  const isExpired =
    from !== undefined &&
    error instanceof PspResponseError &&
    error.kind === 'rejected' &&
    (error.status === 400 || error.status === 404);
  throw isExpired ? new PageTokenExpiredError(error.message, { cause: error }) : error;
}

/** Returns whether the token lacks the permission, or the organisation does not have the product. */
function isAccessDenied(error: unknown): boolean {
  // A 403 that does not come from Mollie says nothing about the token.
  return (
    error instanceof PspResponseError &&
    error.kind !== 'unavailable' &&
    [401, 403, 404].includes(error.status)
  );
}
