/**
 * The plugin's client for Square. It accepts no orders, because Square creates its payouts itself. It returns no balances, because Square's
 * API has none.
 */
import { Inject, Injectable } from '@nestjs/common';
import { FEED_READER } from '@tributary/connector-api';
import type { Cursor, FeedReader, ListOptions, PspClient, WebhookRequest } from '@tributary/connector-api';
import { PspHttp } from '@tributary/connector-api/http';
import { listAccountPages } from './square.accounts.js';
import { listBeneficiaryPages } from './square.beneficiaries.js';
import { SquareClient } from './square.client.js';
import { SquareSettings } from './square.config.js';
import { listTransactionPages, type SquareContext } from './square.transactions.js';
import { verifyWebhook } from './square.webhooks.js';

@Injectable()
export class SquarePsp implements PspClient {
  private readonly context: SquareContext;

  constructor(
    settings: SquareSettings,
    client: SquareClient,
    { clock }: PspHttp,
    @Inject(FEED_READER) feedReader: FeedReader,
  ) {
    this.context = { settings, client, feedReader, clock };
  }

  accounts(_since?: Cursor, options?: ListOptions) {
    return listAccountPages({ ...this.context, ...options });
  }

  beneficiaries(_since?: Cursor, options?: ListOptions) {
    return listBeneficiaryPages({ ...this.context, ...options });
  }

  transactions(since?: Cursor, options?: ListOptions) {
    return listTransactionPages({ ...this.context, ...options }, since);
  }

  webhook(request: WebhookRequest) {
    return verifyWebhook(request, this.context.settings);
  }
}
