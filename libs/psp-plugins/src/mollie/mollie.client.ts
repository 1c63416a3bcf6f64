/** The part of Mollie's API that the plugin uses. Lists are newest first. `from` is the id of the first row of the response, inclusive. */
import { Injectable } from '@nestjs/common';
import { PspError, readText } from '@tributary/connector-api';
import { PspHttp, PspResponseError } from '@tributary/connector-api/http';
import type { Json, JsonBody, Query } from '@tributary/connector-api/http';
import { readPages, requireRows, PageTokenExpiredError } from '@tributary/connector-api/listing';
import type { TokenPage } from '@tributary/connector-api/listing';
import { MollieSettings } from './mollie.config.js';

interface PageRequest {
  /** The id at which the page begins; absent for the newest page. */
  from?: string | undefined;
  /** The id in the path. */
  id?: string;
  query?: Query;
  signal?: AbortSignal | undefined;
}

type RequestBody = Readonly<Record<string, JsonBody | undefined>>;

@Injectable()
export class MollieClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: MollieSettings,
  ) {}

  /** Returns all balances. Needs balances.read. */
  listBalances(): Promise<Json[]> {
    return this.listAll('/v2/balances', 'balances');
  }

  getBalance(id: string): Promise<Json | undefined> {
    return this.find('/v2/balances/{id}', id);
  }

  listBalanceTransactions(id: string, from?: string, signal?: AbortSignal): Promise<TokenPage<Json>> {
    return this.getPage('/v2/balances/{id}/transactions', 'balance_transactions', { from, id, signal });
  }

  /** Returns all business accounts, or none when the settings exclude them. Needs business-accounts.read. */
  async listBusinessAccounts(): Promise<Json[]> {
    if (this.settings.businessAccounts === 'off') return [];
    try {
      return await this.listAll('/v2/business-accounts/accounts', 'businessAccounts');
    } catch (error) {
      if (this.settings.businessAccounts === 'where-allowed' && isAccessDenied(error)) return [];
      throw error;
    }
  }

  getBusinessAccount(id: string): Promise<Json | undefined> {
    return this.find('/v2/business-accounts/accounts/{id}', id);
  }

  listBusinessTransactions(id: string, from?: string, signal?: AbortSignal): Promise<TokenPage<Json>> {
    const request = { from, id, signal, query: { sort: 'desc' } };
    return this.getPage('/v2/business-accounts/accounts/{id}/transactions', 'transactions', request);
  }

  /** Returns the payouts of one balance, newest first. Needs payouts.read. */
  listPayouts(balanceId: string, from?: string): Promise<TokenPage<Json>> {
    return this.getPage('/v2/payouts', 'payouts', { from, query: { balanceId } });
  }

  getPayout(id: string): Promise<Json | undefined> {
    return this.find('/v2/payouts/{id}', id);
  }

  /**
   * Creates a payout. Needs payouts.write.
   * @param idempotencyKey Mollie sends its first response again for a repeat with the same key
   */
  createPayout(body: RequestBody, idempotencyKey: string): Promise<Json> {
    return this.post('/v2/payouts', body, idempotencyKey);
  }

  /** Returns the draft transfers of all business accounts. Needs business-account-draft-transfers.read. */
  listDraftTransfers(from?: string): Promise<TokenPage<Json>> {
    return this.getPage('/v2/business-accounts/draft-transfers', 'draft_transfers', { from });
  }

  getDraftTransfer(id: string): Promise<Json | undefined> {
    return this.find('/v2/business-accounts/draft-transfers/{id}', id);
  }

  /** Creates a draft transfer. Needs business-account-draft-transfers.write. @param idempotencyKey as in `createPayout` */
  createDraftTransfer(body: RequestBody, idempotencyKey: string): Promise<Json> {
    return this.post('/v2/business-accounts/draft-transfers', body, idempotencyKey);
  }

  private find(path: string, id: string): Promise<Json | undefined> {
    return this.http.find(path, { params: { id }, query: this.testmode });
  }

  private post(path: string, body: RequestBody, idempotencyKey: string): Promise<Json> {
    const headers = { 'idempotency-key': idempotencyKey };
    return this.http.post(path, { body: { ...body, ...this.testmode }, headers });
  }

  private async listAll(path: string, property: string): Promise<Json[]> {
    const rows = new Map<string, Json>();
    for await (const page of readPages((from) => this.getPage(path, property, { from })))
      for (const row of page) rows.set(readText(row, 'id') ?? row.toJsonString(), row);
    return [...rows.values()];
  }

  /** @throws PageTokenExpiredError when Mollie no longer has the row at which the page begins */
  private async getPage(
    path: string,
    property: string,
    { from, id = '', query, signal }: PageRequest,
  ): Promise<TokenPage<Json>> {
    const whole = { limit: this.settings.pageSize, from, ...query, ...this.testmode };
    const response = await this.http
      .get(path, { params: { id }, query: whole, signal })
      .catch((error: unknown) => throwExpired(error, from));
    const rows = requireRows(response, '_embedded', property);
    const next = response.has('_links') ? parseNextId(response) : getLastId(rows, from);
    return next === undefined ? { rows } : { rows, next };
  }

  /** An organisation token reads live data unless each request asks for test data. */
  private get testmode(): { testmode?: true } {
    return this.settings.testmode ? { testmode: true } : {};
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
    [400, 404].includes(error.status);
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
