/**
 * Sends requests to the simulated PSP. No network is used, but each response is converted to JSON text and parsed again, so that the plugin
 * reads it like an HTTP response.
 */
import { Json } from '@tributary/connector-api/http';
import type { ListingContext, TokenPage } from '@tributary/connector-api/listing';
import type { SandboxSettings } from './sandbox.config.js';
import type { PaymentRequest } from './simulator/order-endpoint.js';
import type { ListPage, SimulatedApi } from './simulator/simulated-api.js';

/** The objects that the functions of this plugin share. */
export interface SandboxContext extends ListingContext {
  client: SandboxClient;
  settings: SandboxSettings;
}

export class SandboxClient {
  constructor(private readonly api: SimulatedApi) {}

  /**
   * Returns accounts, oldest first.
   * @param token the number of rows before the page
   */
  async listAccounts(token = '0', signal?: AbortSignal): Promise<TokenPage<Json>> {
    return parsePage(await this.api.accounts(Number(token), signal));
  }

  /**
   * Returns beneficiaries, oldest first.
   * @param token the number of rows before the page
   */
  async listBeneficiaries(token = '0', signal?: AbortSignal): Promise<TokenPage<Json>> {
    return parsePage(await this.api.beneficiaries(Number(token), signal));
  }

  /** Returns the transactions with a time in [`from`, `to`), in milliseconds since 1970. */
  async listTransactions(
    { from, to, token }: { from: number; to: number; token?: string },
    signal?: AbortSignal,
  ): Promise<TokenPage<Json>> {
    return parsePage(await this.api.transactions(from, to, token, signal));
  }

  async getBalances(accountId: string): Promise<Json> {
    return parseBody(await this.api.balances(accountId));
  }

  async createPayment(request: PaymentRequest): Promise<Json> {
    return parseBody(await this.api.createPayment(request));
  }

  async findPayment(key: string): Promise<Json | undefined> {
    const payment = await this.api.findPayment(key);
    return payment && parseBody(payment);
  }
}

function parsePage({ rows, next }: ListPage): TokenPage<Json> {
  return { rows: parseBody(rows).array(), ...(next !== undefined && { next }) };
}

function parseBody(body: object): Json {
  return Json.parse(JSON.stringify(body));
}
