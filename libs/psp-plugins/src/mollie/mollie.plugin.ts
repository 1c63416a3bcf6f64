/** The plugin's client for Mollie: balances and business accounts, and their journals. */
import { Inject, Injectable } from '@nestjs/common';
import { FEED_READER } from '@tributary/connector-api';
import type { Cursor, FeedReader, ListOptions, PspClient, WebhookRequest } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import { listAccountPages, readBalances } from './mollie.accounts.js';
import { listBeneficiaryPages } from './mollie.beneficiaries.js';
import { MollieClient } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import { createOrder, findOrder } from './mollie.orders.js';
import { listTransactionPages, type MollieContext } from './mollie.transactions.js';
import { verifyWebhook } from './mollie.webhooks.js';

@Injectable()
export class MolliePsp implements PspClient {
  readonly createPayout?: NonNullable<PspClient['createPayout']>;
  readonly findOrder?: NonNullable<PspClient['findOrder']>;
  private readonly context: MollieContext;

  constructor(
    settings: MollieSettings,
    client: MollieClient,
    { clock }: PspHttp,
    @Inject(FEED_READER) feedReader: FeedReader,
  ) {
    this.context = { settings, client, feedReader, clock };
    // The methods for orders are removed, because payouts are off unless the settings allow them. Without these methods, the gateway
    // rejects every payout.
    if (settings.payouts === 'off' && settings.transfers === 'off') return;
    this.createPayout = (order) => createOrder(this.context, order);
    this.findOrder = (order) => findOrder(this.context, order);
  }

  accounts() {
    return listAccountPages(this.context);
  }

  beneficiaries(since?: Cursor, options?: ListOptions) {
    return listBeneficiaryPages({ ...this.context, ...options }, since);
  }

  transactions(since?: Cursor, options?: ListOptions) {
    return listTransactionPages({ ...this.context, ...options }, since);
  }

  balances(accountId: string) {
    return readBalances(this.context, accountId);
  }

  webhook(request: WebhookRequest) {
    return verifyWebhook(request, this.context.settings);
  }
}
