/** Implements the PSP interface for the Adyen Balance Platform. */
import { Inject, Injectable } from '@nestjs/common';
import { FEED_READER, type FeedReader } from '@tributary/connector-api';
import type { Cursor, ListOptions, Order, PspClient, WebhookRequest } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import { listAccountPages, readBalances } from './adyen-balance-platform.accounts.js';
import { listBeneficiaryPages } from './adyen-balance-platform.beneficiaries.js';
import {
  AdyenBalancePlatformClient,
  type AdyenBalancePlatformContext,
} from './adyen-balance-platform.client.js';
import { AdyenBalancePlatformSettings } from './adyen-balance-platform.config.js';
import { createOrder, findOrder } from './adyen-balance-platform.orders.js';
import { listTransactionPages } from './adyen-balance-platform.transactions.js';
import { verifyWebhook } from './adyen-balance-platform.webhooks.js';

@Injectable()
export class AdyenBalancePlatformPsp implements PspClient {
  private readonly context: AdyenBalancePlatformContext;

  constructor(
    settings: AdyenBalancePlatformSettings,
    client: AdyenBalancePlatformClient,
    { clock }: PspHttp,
    @Inject(FEED_READER) feedReader: FeedReader,
  ) {
    this.context = { settings, client, clock, feedReader };
  }

  accounts(since?: Cursor, options?: ListOptions) {
    return listAccountPages({ ...this.context, ...options }, since);
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

  createPayout(order: Order) {
    return createOrder(this.context, order);
  }

  createTransfer(order: Order) {
    return createOrder(this.context, order);
  }

  findOrder(order: Order) {
    return findOrder(this.context, order);
  }

  webhook(request: WebhookRequest) {
    return verifyWebhook(request, this.context.settings.webhookKeys);
  }
}
