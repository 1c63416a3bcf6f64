/** Reads and changes the data of one connector in a running Formance Payments. */
import { FormanceConnection, type FormanceCredentials } from '@tributary/formance';
import type { Json } from '@tributary/connector-api/http';
import type { StoredPayment } from './compare-payments.js';
import type { EndToEndSettings } from './settings.js';

export type FormanceService = ReturnType<FormanceConnection['open']>;

/** The balances in minor units, by asset. */
export type Balances = ReadonlyMap<string, bigint>;

export interface Initiation {
  status: string;
  error?: string;
}

export interface InitiationRequest {
  connectorId: string;
  reference: string;
  type: 'PAYOUT' | 'TRANSFER';
  amount: bigint;
  asset: string;
  /** The id of an account in Formance. */
  sourceAccountId: string;
  destinationAccountId: string;
  metadata: Readonly<Record<string, string>>;
}

export function connectToFormance(settings: EndToEndSettings): FormanceConnection {
  const { paymentsUrl, ledgerUrl, reconciliationUrl } = settings;
  const urls = {
    payments: paymentsUrl,
    ...(ledgerUrl === undefined ? {} : { ledger: ledgerUrl }),
    ...(reconciliationUrl === undefined ? {} : { reconciliation: reconciliationUrl }),
  };
  return new FormanceConnection({ urls, credentials: toCredentials(settings) });
}

function toCredentials({ token, client }: EndToEndSettings): FormanceCredentials {
  if (token !== undefined) return { kind: 'token', token };
  if (client === undefined) return { kind: 'none' };
  return {
    ...{ kind: 'client', clientId: client.id, clientSecret: client.secret },
    tokenUrl: `${client.stackUrl}/api/auth/oauth/token`,
  };
}

/** Reads and changes the data of a running Formance Payments. Every method throws `FormanceError` when a request fails. */
export class PaymentsServer {
  constructor(private readonly http: FormanceService) {}

  /**
   * Returns the id of a connector.
   * @throws Error if there is not exactly one connector with this name
   */
  async findConnectorId(name: string): Promise<string> {
    const ids: string[] = [];
    const connectors = this.http.list({ path: '/v3/connectors' }, (json) => json);
    for await (const json of connectors) if (json.string('name') === name) ids.push(json.string('id'));
    if (ids.length !== 1) throw new Error(`Formance has ${ids.length} connectors with the name ${name}`);
    return ids[0]!;
  }

  /** Returns the ids of the accounts in Formance, by the id that the gateway serves. */
  async listAccountIds(connectorId: string): Promise<Map<string, string>> {
    const accounts = await this.listAll('/v3/accounts', connectorId);
    return new Map(accounts.map((json) => [json.string('reference'), json.string('id')]));
  }

  /** Returns the payments with their adjustments. The list of payments does not contain adjustments, so each payment is read separately. */
  async listPayments(connectorId: string): Promise<StoredPayment[]> {
    const payments: StoredPayment[] = [];
    for (const json of await this.listAll('/v3/payments', connectorId))
      payments.push(
        await this.http.send(
          { method: 'GET', path: '/v3/payments/{id}', params: { id: json.string('id') } },
          (body) => parsePayment(body.object('data')),
        ),
      );
    return payments;
  }

  /** Returns the newest balances of an account. */
  async findNewestBalances(accountId: string): Promise<Balances> {
    const request = { path: '/v3/accounts/{id}/balances', params: { id: accountId } };
    const newest = new Map<string, { until: string; amount: bigint }>();
    for await (const json of this.http.list(request, (row) => row)) {
      const [asset, until] = [json.string('asset'), json.time('lastUpdatedAt')];
      const before = newest.get(asset);
      if (before === undefined || Date.parse(until) >= Date.parse(before.until))
        newest.set(asset, { until, amount: readInteger(json, 'balance') });
    }
    return new Map([...newest].map(([asset, { amount }]) => [asset, amount]));
  }

  /**
   * Returns the id of a pool.
   * @throws Error if there is not exactly one pool with this name
   */
  async findPoolId(name: string): Promise<string> {
    const ids: string[] = [];
    for await (const json of this.http.list({ path: '/v3/pools' }, (pool) => pool))
      if (json.string('name') === name) ids.push(json.string('id'));
    if (ids.length !== 1) throw new Error(`Formance has ${ids.length} pools with the name ${name}`);
    return ids[0]!;
  }

  /**
   * Returns the balances of a pool at a time.
   * @param at milliseconds since 1970
   */
  findPoolBalances(poolId: string, at: number): Promise<Balances> {
    return this.http.send(
      {
        ...{ method: 'GET', path: '/v3/pools/{id}/balances', params: { id: poolId } },
        query: { at: new Date(at).toISOString() },
      },
      (json) =>
        new Map(json.array('data').map((row) => [row.string('asset'), readInteger(row, 'amount')] as const)),
    );
  }

  /**
   * Creates an initiation that needs no approval.
   * @returns the id of the initiation
   */
  initiate({ connectorId, reference, type, amount, asset, ...others }: InitiationRequest): Promise<string> {
    return this.http.send(
      {
        ...{ method: 'POST', path: '/v3/payment-initiations', query: { noValidation: 'true' } },
        body: {
          ...{ connectorID: connectorId, reference, type, amount: Number(amount), asset },
          ...{ description: reference, metadata: others.metadata },
          ...{ sourceAccountID: others.sourceAccountId, destinationAccountID: others.destinationAccountId },
        },
      },
      (json) => json.string('data', 'paymentInitiationID'),
    );
  }

  findInitiation(id: string): Promise<Initiation> {
    return this.http.send({ method: 'GET', path: '/v3/payment-initiations/{id}', params: { id } }, (json) => {
      const error = json.optionalString('data', 'error');
      return { status: json.string('data', 'status'), ...(error === undefined ? {} : { error }) };
    });
  }

  /** Returns the ids of the payments that are linked to an initiation. */
  async listLinkedPaymentIds(id: string): Promise<string[]> {
    const ids: string[] = [];
    const request = { path: '/v3/payment-initiations/{id}/payments', params: { id } };
    for await (const paymentId of this.http.list(request, (json) => json.string('id'))) ids.push(paymentId);
    return ids;
  }

  /** Retries a failed initiation, as a person does. */
  async retryInitiation(id: string): Promise<void> {
    await this.http.send(
      { method: 'POST', path: '/v3/payment-initiations/{id}/retry', params: { id } },
      () => undefined,
    );
  }

  private async listAll(path: string, connectorId: string): Promise<Json[]> {
    const all: Json[] = [];
    const filter = { $match: { connector_id: connectorId } };
    for await (const json of this.http.list({ path, filter }, (each) => each)) all.push(json);
    return all;
  }
}

function parsePayment(json: Json): StoredPayment {
  return {
    ...{ id: json.string('id'), reference: json.string('reference'), type: json.string('type') },
    ...{ asset: json.string('asset'), status: json.string('status') },
    initialAmount: readInteger(json, 'initialAmount'),
    amount: readInteger(json, 'amount'),
    adjustments: json.array('adjustments').map((adjustment) => ({
      reference: adjustment.string('reference'),
      createdAt: adjustment.time('createdAt'),
      status: adjustment.string('status'),
    })),
  };
}

function readInteger(json: Json, name: string): bigint {
  return BigInt(json.scalar(name) ?? 'absent');
}
