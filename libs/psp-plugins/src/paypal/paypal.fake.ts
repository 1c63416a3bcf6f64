/** A fake of PayPal's API on localhost. It is checked against PayPal's official documents, if they are available. */
import { createSign } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { getCurrencyDecimals } from '@tributary/connector-api';
import { combineDocuments, FakePsp, fakeRoute, PspDocumentValidator } from '@tributary/connector-api/testing';
import type { FakeRequest, FakeResponse } from '@tributary/connector-api/testing';
import { TEST_ROOT, TEST_SIGNING_CHAIN, TEST_SIGNING_KEY } from './testing/test-certificates.js';

const DAY_MS = 86_400_000;
const TOKEN_LIFETIME_MS = 9 * 3_600_000;
/** The properties whose pattern contains `\\!`, which is not a valid escape sequence. */
const TEXT_PROPERTIES = ['transaction_subject', 'transaction_note', 'invoice_id', 'custom_field'];
const TIME_PATTERN =
  '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])T([0-1][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})$';

export const REPORTING_DOCUMENT = await PspDocumentValidator.loadOfficial(
  'paypal/reporting_transactions_v1.json',
  [
    {
      pointer: '#/servers/0/url',
      value: 'https://api-m.paypal.com',
      reason: 'the paths of the document already contain the path of the server',
    },
    {
      pointer: '#/components/schemas/date_time/pattern',
      value: TIME_PATTERN,
      reason: 'the real API writes the zone without a colon, as published clients show',
    },
    {
      pointer: '#/components/schemas/search_response/properties/transaction_details/minItems',
      value: 0,
      reason: 'the real API returns an empty list when there is no transaction, as published clients show',
    },
    ...TEXT_PROPERTIES.map((property) => ({
      pointer: `#/components/schemas/transaction_info/properties/${property}/pattern`,
      value: undefined,
      reason: 'the pattern is not a valid regular expression',
    })),
  ],
);
export const PAYOUTS_DOCUMENT = await PspDocumentValidator.loadOfficial(
  'paypal/payments_payouts_batch_v1.json',
);

// Schemas are compiled at their first use, which takes seconds on a busy machine. They are compiled beforehand, so that a listing in a test
// does not wait.
const EMPTY_RESPONSE = { status: 200, headers: { 'content-type': 'application/json' }, body: {} };
for (const path of ['/v1/reporting/transactions', '/v1/reporting/balances'])
  REPORTING_DOCUMENT?.checkResponse({ method: 'GET', path }, EMPTY_RESPONSE);
PAYOUTS_DOCUMENT?.checkResponse({ method: 'GET', path: '/v1/payments/payouts/1' }, EMPTY_RESPONSE);

export const FAKE_ACCOUNT_ID = 'WDJJHEBZ4X2LY';
export const FAKE_PAYEE = { name: 'Ada Lovelace', receiver: 'ada@example.com' };
/** The root certificate of the chain to which the certificate of the fake's webhooks belongs. */
export const FAKE_TRUSTED_ROOT = TEST_ROOT;
const CERTIFICATE_ID = 'CERT-360caa42-fca2a594-1d93a270';

/** The settings as in a deployment file. The fake accepts these credentials. */
export const FAKE_SETTINGS = {
  clientId: 'client-of-the-fake',
  clientSecret: 'EClusMEUk8e9ihI7ZdVLF5cZ6y0SFdVV',
  accountId: FAKE_ACCOUNT_ID,
  webhookId: '8PT597110X687430LKGECATA',
  beneficiaries: [FAKE_PAYEE],
};

/** A transaction of the report. Amounts are decimals with a sign. */
export interface FakeTransaction {
  id: string;
  /** Milliseconds since 1970, a whole second. */
  at: number;
  code: string;
  amount: string;
  currency: string;
  fee?: string;
  /** Default: `S`. */
  status?: string;
  /** The id of the transaction to which this transaction refers. */
  reference?: string;
  /** Properties of `transaction_info` that the other properties of this interface do not set. */
  info?: Readonly<Record<string, unknown>>;
  payer?: Readonly<Record<string, unknown>>;
  updatedAt?: number;
  /** The time in ms since 1970 from which the report contains the transaction. Default: always. */
  visibleFrom?: number;
  isMalformed?: boolean;
}

export interface FakeBatch {
  id: string;
  key: string;
  amount: string;
  currency: string;
  createdAt: number;
  batchStatus: string;
  /** The status of the only item of the batch. The item is absent until the batch is processed. */
  itemStatus?: string;
  item: Readonly<Record<string, unknown>>;
  transactionId: string;
}

export class PaypalFake {
  server!: FakePsp;
  readonly transactions: FakeTransaction[] = [];
  readonly batches: FakeBatch[] = [];
  now: () => number = () => Date.now();
  /** The maximum number of rows of a page, even if `page_size` is larger. */
  maxPageSize = 500;
  /** The fake rejects a range that has more transactions. */
  maxResultSize = 10_000;
  /** The status that the item of a new batch gets immediately. */
  nextItemStatus: string | undefined = 'SUCCESS';
  /** Delay of the report in milliseconds. The fake rejects a range that begins later than the present time minus this delay. */
  reportDelayMs = 0;
  private tokenNumber = 0;
  private tokenExpiresAt = 0;
  private number = 0;

  static async start(now?: () => number): Promise<PaypalFake> {
    const fake = new PaypalFake();
    if (now !== undefined) fake.now = now;
    fake.server = await FakePsp.start({
      document: combineDocuments({ '/v1/reporting/': REPORTING_DOCUMENT, '/v1/payments/': PAYOUTS_DOCUMENT }),
      createErrorBody: (status) => createError(status, 'INTERNAL_SERVER_ERROR', `status ${status}`),
      routes: fake.createRoutes(),
    });
    return fake;
  }

  /** The settings for the deployment file. */
  get settings() {
    return { ...FAKE_SETTINGS, url: this.server.url, requestsPerMinute: 60_000 };
  }

  /** Returns a new id of a transaction: 17 characters. */
  createTransactionId(): string {
    this.number += 1;
    return `${this.number.toString(36).toUpperCase().padStart(8, '0')}TX6543210`.slice(0, 17);
  }

  /** Adds a transaction. @returns its id */
  add(transaction: Omit<FakeTransaction, 'id'> & { id?: string }): string {
    const id = transaction.id ?? this.createTransactionId();
    this.transactions.push({ ...transaction, id });
    return id;
  }

  find(id: string): FakeTransaction | undefined {
    return this.transactions.find((one) => one.id === id);
  }

  /** Gives another status to the item of a batch, and adds the transaction that returns the money. */
  returnPayout(batch: FakeBatch, itemStatus: 'RETURNED' | 'REVERSED', at: number): void {
    batch.itemStatus = itemStatus;
    this.add({
      ...{ at, code: itemStatus === 'RETURNED' ? 'T1115' : 'T1114', currency: batch.currency },
      ...{ amount: batch.amount, reference: batch.transactionId, info: { custom_field: batch.key } },
    });
  }

  /** Returns the sum of all transactions in minor units, by currency. The sum is the total balance, which includes money on hold. */
  computeBalances(): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    for (const one of this.transactions) {
      if (!['S', 'V'].includes(one.status ?? 'S')) continue;
      const isHold = /^T(?:15|21|1105|1110|1111)/.test(one.code);
      const change =
        (isHold ? 0n : toUnits(one.amount, one.currency)) + toUnits(one.fee ?? '0', one.currency);
      sums.set(one.currency, (sums.get(one.currency) ?? 0n) + change);
    }
    return sums;
  }

  /**
   * Returns the headers of a webhook with PayPal's signature.
   * @param at milliseconds since 1970
   */
  signWebhook(rawBody: Buffer, webhookId: string, at: number): Record<string, string> {
    const [id, time] = ['69cd13f0-d67a-11e5-baa3-778b53f4ae55', new Date(at).toISOString()];
    const signature = createSign('RSA-SHA256')
      .update(`${id}|${time}|${webhookId}|${crc32(rawBody)}`)
      .sign(TEST_SIGNING_KEY, 'base64');
    return {
      'PAYPAL-TRANSMISSION-ID': id,
      'PAYPAL-TRANSMISSION-TIME': time,
      'PAYPAL-TRANSMISSION-SIG': signature,
      'PAYPAL-CERT-URL': `${this.server.url}/v1/notifications/certs/${CERTIFICATE_ID}`,
      'PAYPAL-AUTH-ALGO': 'SHA256withRSA',
    };
  }

  private createRoutes() {
    const guard = (respond: (request: FakeRequest) => FakeResponse) => (request: FakeRequest) =>
      this.isAuthorized(request)
        ? respond(request)
        : {
            status: 401,
            body: { error: 'invalid_token', error_description: 'Token signature verification failed' },
            undocumentedReason: 'the document has no response for an expired token',
          };
    return [
      fakeRoute('POST', '/v1/oauth2/token', (request) => this.issueToken(request), {
        undocumentedReason: 'described in the guides only',
      }),
      fakeRoute('GET', '/v1/notifications/certs/{id}', ({ params }) => this.getCertificate(params['id'])),
      fakeRoute(
        'GET',
        '/v1/reporting/balances',
        guard(() => this.getBalances()),
      ),
      fakeRoute(
        'GET',
        '/v1/reporting/transactions',
        guard(({ query }) => this.listTransactions(query)),
      ),
      fakeRoute(
        'POST',
        '/v1/payments/payouts',
        guard(({ body }) => this.createBatch(body as PayoutRequest)),
      ),
      fakeRoute(
        'GET',
        '/v1/payments/payouts/{id}',
        guard(({ params }) => this.getBatch(params['id'])),
      ),
    ];
  }

  private get token(): string {
    return `A21AAF-token-${this.tokenNumber}`;
  }

  private isAuthorized({ headers }: FakeRequest): boolean {
    return headers['authorization'] === `Bearer ${this.token}` && this.now() < this.tokenExpiresAt;
  }

  private issueToken({ body, headers }: FakeRequest): FakeResponse {
    const { clientId, clientSecret } = FAKE_SETTINGS;
    const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
    const isRight =
      headers['authorization'] === expected &&
      (body as Record<string, string>)['grant_type'] === 'client_credentials';
    if (!isRight) {
      const error_description = 'Client Authentication failed';
      return { status: 401, body: { error: 'invalid_client', error_description } };
    }
    // As long as a token is valid, PayPal returns the same token again.
    if (this.now() >= this.tokenExpiresAt) {
      this.tokenNumber += 1;
      this.tokenExpiresAt = this.now() + TOKEN_LIFETIME_MS;
    }
    const expires_in = Math.floor((this.tokenExpiresAt - this.now()) / 1000);
    return { body: { access_token: this.token, token_type: 'Bearer', expires_in, scope: 'openid' } };
  }

  private getCertificate(id: string | undefined): FakeResponse {
    if (id !== CERTIFICATE_ID) return { status: 404, body: createError(404, 'RESOURCE_NOT_FOUND', 'none') };
    return { body: '', rawBody: TEST_SIGNING_CHAIN };
  }

  private getBalances(): FakeResponse {
    const now = formatTime(this.now());
    const balances = [...new Map([['EUR', 0n], ...this.computeBalances()])].map(([currency, units]) => {
      const money = { currency_code: currency, value: formatUnits(units, currency) };
      const withheld_balance = { currency_code: currency, value: formatUnits(0n, currency) };
      return {
        currency,
        primary: currency === 'EUR',
        total_balance: money,
        available_balance: money,
        withheld_balance,
      };
    });
    return { body: { balances, account_id: FAKE_ACCOUNT_ID, as_of_time: now, last_refresh_time: now } };
  }

  private listTransactions(query: URLSearchParams): FakeResponse {
    const [from, to] = [Date.parse(query.get('start_date') ?? ''), Date.parse(query.get('end_date') ?? '')];
    const now = this.now();
    if (to - from > 31 * DAY_MS) return createReportError('the range has more than 31 days');
    if (from < now - 3 * 365 * DAY_MS) return createReportError('start_date is more than three years ago');
    if (from > now - this.reportDelayMs)
      return createReportError('Data for the given start date is not available.');
    const [status, code] = [query.get('transaction_status'), query.get('transaction_type')];
    const found = this.transactions.filter(
      (one) =>
        one.at >= from &&
        one.at <= to &&
        (one.visibleFrom ?? 0) <= now &&
        (status === null || (one.status ?? 'S') === status) &&
        (code === null || one.code === code),
    );
    if (found.length > this.maxResultSize)
      return createReportError('Result set size is greater than the maximum limit.', 'RESULTSET_TOO_LARGE');
    const size = Math.min(Number(query.get('page_size') ?? 100), this.maxPageSize);
    const page = Number(query.get('page') ?? 1);
    if (page > Math.max(1, Math.ceil(found.length / size)))
      return createReportError('page: the number is too large');
    const rows = found.slice((page - 1) * size, page * size);
    return {
      body: {
        transaction_details: rows.map(toJson),
        account_number: FAKE_ACCOUNT_ID,
        ...{
          start_date: formatTime(from),
          end_date: formatTime(to),
          last_refreshed_datetime: formatTime(now),
        },
        ...{ page, total_items: found.length, total_pages: Math.ceil(found.length / size) },
      },
      ...(rows.some(({ isMalformed }) => isMalformed) && {
        undocumentedReason: 'a row is broken on purpose',
      }),
    };
  }

  private createBatch({ sender_batch_header, items: [item] }: PayoutRequest): FakeResponse {
    const key = sender_batch_header.sender_batch_id;
    const known = this.batches.find((one) => one.key === key && this.now() - one.createdAt < 30 * DAY_MS);
    if (known !== undefined) return this.createDuplicateError(known);
    const { currency, value } = item.amount;
    if (getCurrencyDecimals(currency) === undefined)
      return {
        status: 400,
        body: createError(400, 'VALIDATION_ERROR', 'Currency is not supported'),
        undocumentedReason: ERROR_NAMES_REASON,
      };
    const number = this.batches.length + 1;
    const transactionId = this.createTransactionId();
    const batch: FakeBatch = {
      ...{ id: `BATCH${String(number).padStart(8, '0')}`, key, amount: value, currency, item, transactionId },
      createdAt: this.now(),
      batchStatus: this.nextItemStatus === undefined ? 'PENDING' : 'SUCCESS',
      ...(this.nextItemStatus !== undefined && { itemStatus: this.nextItemStatus }),
    };
    this.batches.push(batch);
    if (this.nextItemStatus !== 'FAILED') {
      this.add({
        ...{
          id: transactionId,
          at: Math.floor(this.now() / 1000) * 1000,
          code: 'T0001',
          amount: `-${value}`,
          currency,
        },
        info: { custom_field: item.sender_item_id },
        payer: { email_address: item.receiver },
      });
    }
    return {
      status: 201,
      body: { batch_header: this.createHeader(batch, 'PENDING'), links: [this.createLink(batch)] },
    };
  }

  private createDuplicateError(batch: FakeBatch): FakeResponse {
    const details = [
      {
        field: 'SENDER_BATCH_ID',
        issue: 'Batch with given sender_batch_id already exists',
        link: [this.createLink(batch)],
      },
    ];
    return {
      status: 400,
      body: { ...createError(400, 'USER_BUSINESS_ERROR', 'User business error.'), details },
      undocumentedReason: ERROR_NAMES_REASON,
    };
  }

  private getBatch(id: string | undefined): FakeResponse {
    const batch = this.batches.find((one) => one.id === id);
    if (batch === undefined) {
      return {
        status: 404,
        body: createError(404, 'INVALID_RESOURCE_ID', 'Requested resource ID was not found.'),
        undocumentedReason: ERROR_NAMES_REASON,
      };
    }
    const item = {
      ...{
        payout_item_id: `ITEM${batch.id}`.slice(0, 13),
        payout_batch_id: batch.id,
        payout_item: batch.item,
      },
      ...(batch.itemStatus !== undefined && {
        transaction_status: batch.itemStatus,
        transaction_id: batch.transactionId,
        payout_item_fee: { currency: batch.currency, value: '0.00' },
      }),
    };
    return {
      body: {
        batch_header: this.createHeader(batch, batch.batchStatus),
        items: [item],
        links: [this.createLink(batch)],
      },
    };
  }

  private createHeader(batch: FakeBatch, batch_status: string) {
    return { payout_batch_id: batch.id, batch_status, sender_batch_header: { sender_batch_id: batch.key } };
  }

  private createLink({ id }: FakeBatch) {
    return { href: `https://api-m.paypal.com/v1/payments/payouts/${id}`, rel: 'self', method: 'GET' };
  }
}

const ERROR_NAMES_REASON =
  'published clients show this error, and the document names only one error for its status';

interface PayoutRequest {
  sender_batch_header: { sender_batch_id: string };
  items: [{ amount: { currency: string; value: string }; sender_item_id: string; receiver: string }];
}

function toJson(one: FakeTransaction): unknown {
  const money = (value: string) => ({ currency_code: one.currency, value });
  const { reference } = one;
  return {
    transaction_info: {
      transaction_id: one.id,
      transaction_event_code: one.code,
      transaction_initiation_date: formatTime(one.at),
      transaction_updated_date: formatTime(one.updatedAt ?? one.at),
      transaction_amount: one.isMalformed === true ? { value: 'a lot' } : money(one.amount),
      ...(one.fee !== undefined && { fee_amount: money(one.fee) }),
      transaction_status: one.status ?? 'S',
      ...(reference !== undefined && { paypal_reference_id: reference, paypal_reference_id_type: 'TXN' }),
      ...one.info,
    },
    payer_info: { address_status: 'N', payer_name: {}, ...one.payer },
  };
}

/** Formats a time as PayPal does: `2026-03-04T05:06:07+0000`. */
function formatTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, '+0000');
}

function toUnits(decimal: string, currency: string): bigint {
  const [whole = '', fraction = ''] = decimal.replace('-', '').split('.');
  const units = BigInt(whole + fraction.padEnd(getCurrencyDecimals(currency) ?? 2, '0'));
  return decimal.startsWith('-') ? -units : units;
}

function formatUnits(units: bigint, currency: string): string {
  const decimals = getCurrencyDecimals(currency) ?? 2;
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0');
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return units < 0n ? `-${text}` : text;
}

function createError(status: number, name: string, message: string) {
  return { name, message, debug_id: `b1d1f06c7246${status}`, details: [], links: [] };
}

function createReportError(message: string, name = 'INVALID_REQUEST'): FakeResponse {
  return { status: 400, body: createError(400, name, message), undocumentedReason: ERROR_NAMES_REASON };
}
