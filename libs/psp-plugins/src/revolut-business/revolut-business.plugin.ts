/** The plugin's client for Revolut Business. */
import { Injectable } from '@nestjs/common';
import type { Cursor, ListOptions, Order, PspClient, WebhookRequest } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import { listAccountPages } from './revolut-business.accounts.js';
import { listBeneficiaryPages } from './revolut-business.beneficiaries.js';
import { RevolutBusinessClient, type RevolutBusinessContext } from './revolut-business.client.js';
import { RevolutBusinessSettings } from './revolut-business.config.js';
import { createOrder, findOrder } from './revolut-business.orders.js';
import { listTransactionPages } from './revolut-business.transactions.js';
import { verifyWebhook } from './revolut-business.webhooks.js';

@Injectable()
export class RevolutBusinessPsp implements PspClient {
  private readonly context: RevolutBusinessContext;

  constructor(settings: RevolutBusinessSettings, client: RevolutBusinessClient, { clock }: PspHttp) {
    this.context = { settings, client, clock };
  }

  /**
   * Lists all accounts with their balances in one request. Therefore the plugin has no method `balances`, which would need one request per
   * account.
   */
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

  createTransfer(order: Order) {
    return createOrder(this.context, order);
  }

  findOrder(order: Order) {
    return findOrder(this.context, order);
  }

  webhook(request: WebhookRequest) {
    return verifyWebhook(request, this.context.settings.webhookSecret, this.context.clock.now());
  }
}
