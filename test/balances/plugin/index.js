/** A PSP with many accounts. It answers every request for balances after a fixed time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { IsInt } from 'class-validator';
import { definePlugin, Setting } from 'tributary/connector-api';

const PAGE_SIZE = 1000;

class ManyAccountsSettings {
  constructor() {
    this.accounts = 0;
    this.latencyMs = 0;
  }
}
describe(ManyAccountsSettings, 'accounts', [Setting('Number of accounts.'), IsInt()]);
describe(ManyAccountsSettings, 'latencyMs', [Setting('Milliseconds until balances come.'), IsInt()]);

class ManyAccountsPsp {
  constructor(settings) {
    this.settings = settings;
  }

  async *accounts(since = '0') {
    const { accounts } = this.settings;
    for (let first = Number(since); first < accounts; first += PAGE_SIZE) {
      const count = Math.min(PAGE_SIZE, accounts - first);
      const items = Array.from({ length: count }, (_, index) => ({
        id: `account-${first + index}`,
        name: `No. ${first + index}`,
      }));
      yield { items, cursor: String(first + count) };
    }
  }

  async *transactions() {}

  async balances(accountId) {
    if (this.settings.latencyMs > 0) await sleep(this.settings.latencyMs);
    return { accountId, at: new Date().toISOString(), amounts: [{ amount: 1250n, asset: 'EUR/2' }] };
  }
}
Injectable()(ManyAccountsPsp);
Inject(ManyAccountsSettings)(ManyAccountsPsp, undefined, 0);

function describe(type, property, decorators) {
  for (const decorate of decorators) decorate(type.prototype, property);
}

export default definePlugin({
  name: 'many-accounts',
  title: 'A PSP with many accounts',
  settings: ManyAccountsSettings,
  psp: ManyAccountsPsp,
});
