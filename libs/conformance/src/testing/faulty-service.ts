/**
 * A small Generic Connector service in memory that conforms to the contract, and a list of faults. Each fault breaks one rule of the
 * contract.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const SERVICE_KEY = 'key-of-the-service';

type Row = Record<string, unknown> & { id: string };

interface PageRequest {
  list: string;
  page: number;
  pageSize: number;
  /** The time in the filter, in milliseconds since 1970; `undefined` without a filter. */
  from: number | undefined;
  query: URLSearchParams;
}

/** A fault of the service. Each property replaces one behaviour of the service. */
export interface ServiceFault {
  isAuthorized?: (authorization: string | undefined) => boolean;
  /** Changes the rows of the service before it starts. */
  rows?: (lists: Record<string, Row[]>) => void;
  getPage?: (service: FaultyService, request: PageRequest) => Row[];
  getBalances?: (service: FaultyService, accountId: string) => { status: number; body: unknown };
  contentType?: string;
  unknownParameterStatus?: number;
  invalidParameterStatus?: number;
  unknownAccountStatus?: number;
  /** Returns the response to a payout. */
  pay?: (service: FaultyService, request: Record<string, string>) => { status: number; body: unknown };
}

const ACCOUNT_IDS = ['acc-1', 'acc-2'];
const START_MS = Date.UTC(2026, 0, 1);

function toTime(index: number): string {
  return new Date(START_MS + index * 250).toISOString();
}

function createLists(): Record<string, Row[]> {
  const transactions: Row[] = Array.from({ length: 130 }, (_, index) => ({
    id: `tx-${index}`,
    createdAt: toTime(index),
    updatedAt: toTime(index),
    currency: 'EUR/2',
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: String(100 + index),
    destinationAccountID: ACCOUNT_IDS[index % 2],
    metadata: {},
  }));
  const refund = { ...transactions[3]!, id: 'tx-3-refund', status: 'REFUNDED', relatedTransactionID: 'tx-3' };
  transactions.push({ ...refund, createdAt: toTime(130), updatedAt: toTime(130) });
  transactions.push({ ...transactions[5]!, status: 'FAILED', updatedAt: toTime(131) });
  return {
    accounts: ACCOUNT_IDS.map((id, index) => ({
      id,
      accountName: id,
      createdAt: toTime(index),
      metadata: {},
    })),
    beneficiaries: [{ id: 'ben-1', ownerName: 'Example', createdAt: toTime(0), metadata: {} }],
    transactions,
  };
}

export class FaultyService {
  readonly lists: Record<string, Row[]> = createLists();
  /** The number of requests for balances so far. */
  balanceRequests = 0;
  readonly payouts = new Map<string, { request: string; body: object }>();
  private readonly server: Server;

  constructor(private readonly fault: ServiceFault = {}) {
    fault.rows?.(this.lists);
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { status, body } = this.answer(
          request.method ?? 'GET',
          new URL(request.url ?? '', 'http://service'),
          request.headers.authorization,
          Buffer.concat(chunks).toString(),
        );
        response.statusCode = status;
        response.setHeader('content-type', this.fault.contentType ?? 'application/json');
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  /** Returns a page, as the contract requires. */
  getPage({ list, page, pageSize, from }: PageRequest): Row[] {
    const property = list === 'transactions' ? 'updatedAt' : 'createdAt';
    const rows = this.lists[list] ?? [];
    const matching =
      from === undefined ? rows : rows.filter((row) => Date.parse(String(row[property])) >= from);
    return matching.slice((page - 1) * pageSize, page * pageSize);
  }

  private answer(method: string, url: URL, authorization: string | undefined, body: string) {
    const isAuthorized =
      this.fault.isAuthorized?.(authorization) ?? authorization === `Bearer ${SERVICE_KEY}`;
    if (!isAuthorized) return createErrorResponse(401, 'Unauthorized');
    const [, list = '', id = '', balances] = url.pathname.split('/');
    if (method === 'POST') return this.pay(JSON.parse(body) as Record<string, string>);
    if (balances !== undefined) return this.answerBalances(id);
    return this.answerList(list, url.searchParams);
  }

  private answerList(list: string, query: URLSearchParams) {
    const known = ['page', 'pageSize', 'sort', 'createdAtFrom', 'updatedAtFrom'];
    const { unknownParameterStatus, invalidParameterStatus = 422 } = this.fault;
    if (unknownParameterStatus !== undefined && [...query.keys()].some((name) => !known.includes(name)))
      return createErrorResponse(unknownParameterStatus, 'Unknown parameter');
    const pageSize = Number(query.get('pageSize') ?? 100);
    if (!Number.isInteger(pageSize)) return createErrorResponse(invalidParameterStatus, 'Invalid pageSize');
    const time = query.get('createdAtFrom') ?? query.get('updatedAtFrom');
    const request = {
      ...{ list, query, pageSize, page: Number(query.get('page') ?? 1) },
      from: time === null ? undefined : Date.parse(time.replace(' ', '+')),
    };
    return { status: 200, body: this.fault.getPage?.(this, request) ?? this.getPage(request) };
  }

  private answerBalances(accountId: string) {
    this.balanceRequests++;
    if (!ACCOUNT_IDS.includes(accountId))
      return createErrorResponse(this.fault.unknownAccountStatus ?? 404, 'Not found');
    return this.fault.getBalances?.(this, accountId) ?? this.getBalances(accountId);
  }

  /** Returns balances, as the contract requires. */
  getBalances(accountId: string): { status: number; body: Record<string, unknown> } {
    const balances = [
      { amount: '1250', currency: 'EUR/2' },
      { amount: '0', currency: 'USD/2' },
    ];
    return {
      status: 200,
      body: { id: accountId, accountID: accountId, at: new Date().toISOString(), balances },
    };
  }

  /** Executes payouts, as the contract requires: only once for each key. */
  pay(request: Record<string, string>): { status: number; body: unknown } {
    if (this.fault.pay !== undefined) return this.fault.pay(this, request);
    return this.payOnce(request);
  }

  payOnce(request: Record<string, string>): { status: number; body: unknown } {
    if (!/^[1-9]\d*$/.test(request['amount'] ?? '')) return createErrorResponse(422, 'Invalid amount');
    const key = request['idempotencyKey'] ?? '';
    const known = this.payouts.get(key);
    if (known !== undefined)
      return known.request === JSON.stringify(request)
        ? { status: 201, body: known.body }
        : createErrorResponse(422, 'Other request');
    const body = {
      id: `payout-${this.payouts.size}`,
      ...request,
      status: 'SUCCEEDED',
      createdAt: new Date().toISOString(),
    };
    this.payouts.set(key, { request: JSON.stringify(request), body });
    return { status: 201, body };
  }
}

export function createErrorResponse(status: number, Title: string): { status: number; body: unknown } {
  return { status, body: { Title, Detail: `${Title}.` } };
}
