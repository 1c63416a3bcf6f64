/** Implements the PSP interface for GoCardless. */
import { Inject, Injectable } from '@nestjs/common';
import { FEED_READER } from '@tributary/connector-api';
import type { Cursor, FeedReader, ListOptions, PspClient, WebhookRequest } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import { listAccountPages, readBalances } from './gocardless.accounts.js';
import { createPayerMetadata, listBeneficiaryPages } from './gocardless.beneficiaries.js';
import { GocardlessClient, type GocardlessContext } from './gocardless.client.js';
import { GocardlessSettings } from './gocardless.config.js';
import { createOrder, findOrder } from './gocardless.orders.js';
import { listTransactionPages } from './gocardless.transactions.js';
import { verifyWebhook } from './gocardless.webhooks.js';

@Injectable()
export class GocardlessPsp implements PspClient {
  readonly createPayout?: NonNullable<PspClient['createPayout']>;
  private readonly context: GocardlessContext;

  constructor(
    settings: GocardlessSettings,
    client: GocardlessClient,
    { clock }: PspHttp,
    @Inject(FEED_READER) feedReader: FeedReader,
  ) {
    const context = { settings, client, feedReader, clock };
    this.context = { ...context, payers: createPayerMetadata(context) };
    // Without this method the gateway rejects every payout. GoCardless accepts outbound payments only if they are signed.
    if (settings.signingKey !== undefined) this.createPayout = (order) => createOrder(this.context, order);
  }

  accounts(_since?: Cursor, options?: ListOptions) {
    return listAccountPages({ ...this.context, ...options });
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

  findOrder(order: Parameters<typeof findOrder>[1]) {
    return findOrder(this.context, order);
  }

  webhook(request: WebhookRequest) {
    return verifyWebhook(request, this.context.settings.webhookSecrets);
  }
}
