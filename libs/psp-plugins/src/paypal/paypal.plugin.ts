/** Implements the PSP interface for PayPal. */
import { Inject, Injectable } from '@nestjs/common';
import { FEED_READER, type FeedReader } from '@tributary/connector-api';
import type { Cursor, ListOptions, Order, PspClient, WebhookRequest } from '@tributary/connector-api';
import { PspHttp, SigningCertificates } from '@tributary/connector-api/http';
import { listAccountPages } from './paypal.accounts.js';
import { listBeneficiaryPages } from './paypal.beneficiaries.js';
import { PaypalClient, type PaypalContext } from './paypal.client.js';
import { PaypalSettings } from './paypal.config.js';
import { createOrder, findOrder } from './paypal.orders.js';
import { listTransactionPages } from './paypal.transactions.js';
import { verifyWebhook } from './paypal.webhooks.js';

@Injectable()
export class PaypalPsp implements PspClient {
  private readonly context: PaypalContext;

  constructor(
    settings: PaypalSettings,
    client: PaypalClient,
    { clock }: PspHttp,
    @Inject(FEED_READER) feedReader: FeedReader,
    certificates: SigningCertificates,
  ) {
    this.context = { settings, client, clock, feedReader, certificates };
  }

  /** Lists the account and its balances in one request. So the plugin has no `balances` method. */
  accounts(_since?: Cursor, options?: ListOptions) {
    return listAccountPages({ ...this.context, ...options });
  }

  beneficiaries(since?: Cursor, options?: ListOptions) {
    return listBeneficiaryPages({ ...this.context, ...options }, since);
  }

  transactions(since?: Cursor, options?: ListOptions) {
    return listTransactionPages({ ...this.context, ...options }, since);
  }

  createPayout(order: Order) {
    return createOrder(this.context, order);
  }

  findOrder(order: Order) {
    return findOrder(this.context, order);
  }

  webhook(request: WebhookRequest) {
    return verifyWebhook(request, this.context);
  }
}
