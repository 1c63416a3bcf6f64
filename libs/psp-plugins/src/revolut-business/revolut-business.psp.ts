/** Implements the PSP interface for Revolut Business. */
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Cursor, ListOptions, Order, PspClient, WebhookRequest } from '@tributary/connector-api';
import { HTTP_CLOCK, systemHttpClock } from '@tributary/connector-api/http';
import type { HttpClock } from '@tributary/connector-api/http';
import { listAccountPages } from './revolut-business.accounts.js';
import { listBeneficiaryPages } from './revolut-business.beneficiaries.js';
import { RevolutBusinessClient } from './revolut-business.client.js';
import { RevolutBusinessSettings } from './revolut-business.config.js';
import { createOrder, findOrder } from './revolut-business.orders.js';
import { listTransactionPages } from './revolut-business.transactions.js';
import { parseWebhook } from './revolut-business.webhooks.js';

@Injectable()
export class RevolutBusinessPsp implements PspClient {
  constructor(
    private readonly settings: RevolutBusinessSettings,
    private readonly client: RevolutBusinessClient,
    @Optional() @Inject(HTTP_CLOCK) private readonly clock: HttpClock = systemHttpClock,
  ) {}

  /** Lists all accounts with their balances in one request. So the plugin has no `balances` method: it would need one request for each account. */
  accounts(_since?: Cursor, options?: ListOptions) {
    return listAccountPages(this.client, { ...options, clock: this.clock });
  }

  beneficiaries(since?: Cursor, options?: ListOptions) {
    return listBeneficiaryPages(this.client, this.settings, since, { ...options, clock: this.clock });
  }

  transactions(since?: Cursor, options?: ListOptions) {
    return listTransactionPages(this.client, this.settings, since, { ...options, clock: this.clock });
  }

  createPayout(order: Order) {
    return createOrder(this.client, order);
  }

  createTransfer(order: Order) {
    return createOrder(this.client, order);
  }

  findOrder(order: Order) {
    return findOrder(this.client, order);
  }

  webhook(request: WebhookRequest) {
    return parseWebhook(request, this.settings.webhookSecret, this.clock.now());
  }
}
