/** The plugin's client for the sandbox. The simulated PSP itself is in `simulator/`. */
import { Inject, Injectable } from '@nestjs/common';
import type { Cursor, ListOptions, Order, OrderResult, PspClient } from '@tributary/connector-api';
import { systemHttpClock } from '@tributary/connector-api/http';
import { listAccountPages, readBalances } from './sandbox.accounts.js';
import { listBeneficiaryPages } from './sandbox.beneficiaries.js';
import { SandboxClient } from './sandbox.client.js';
import type { SandboxContext } from './sandbox.client.js';
import { SandboxSettings } from './sandbox.config.js';
import { createOrder, findOrder } from './sandbox.orders.js';
import { listTransactionPages } from './sandbox.transactions.js';
import { SANDBOX_CLOCK } from './simulator/simulator-clock.js';
import type { SandboxClock } from './simulator/simulator-clock.js';

@Injectable()
export class SandboxPsp implements PspClient {
  readonly createPayout?: (order: Order) => Promise<OrderResult>;
  readonly createTransfer?: (order: Order) => Promise<OrderResult>;
  readonly findOrder?: (order: Order) => Promise<OrderResult | undefined>;
  private readonly context: SandboxContext;

  constructor(
    settings: SandboxSettings,
    private readonly client: SandboxClient,
    @Inject(SANDBOX_CLOCK) now: SandboxClock,
  ) {
    this.context = { settings, client, clock: { ...systemHttpClock, now } };
    // Without a journal, the PSP cannot detect repeated orders. Then the methods for orders are removed, so that the gateway rejects every
    // order.
    if (settings.journal === undefined) return;
    this.createPayout = this.createTransfer = (order) => createOrder(client, order);
    this.findOrder = (order) => findOrder(client, order);
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
    return readBalances(this.client, accountId);
  }
}
