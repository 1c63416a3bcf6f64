/**
 * A PSP that lists the content of a file with one version of a transaction on each line, as JSON. A version that was listed once stays in
 * the list.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { definePlugin, Setting } from 'tributary/connector-api';

const ACCOUNTS = 30;
const PAGE = 150;

class HistorySettings {
  constructor() {
    this.file = '';
    this.latency = 0;
  }
}
describe(HistorySettings, 'file', [Setting('The file.'), IsString()]);
describe(HistorySettings, 'latency', [Setting('Milliseconds for a page.'), IsInt()]);

class HistoryPsp {
  constructor(settings) {
    this.settings = settings;
  }

  async *accounts(since = '0') {
    const items = Array.from({ length: ACCOUNTS }, (_, index) => ({
      id: `account-${index}`,
      name: `No. ${index}`,
    }));
    for (let first = Number(since); first < ACCOUNTS; first += 10) {
      yield { items: items.slice(first, first + 10), cursor: String(first + 10) };
    }
  }

  /** Lists the versions. Each page repeats the end of the page before, like the pages of PSPs that list by time. */
  async *transactions(since = '0') {
    for (let done = Number(since); ;) {
      await sleep(this.settings.latency);
      const lines = readFileSync(this.settings.file, 'utf8').split('\n').slice(0, -1);
      if (lines.length === done) return;
      const end = Math.min(done + PAGE, lines.length);
      yield { items: lines.slice(Math.max(0, done - 20), end).map(readVersion), cursor: String(end) };
      done = end;
    }
  }
}
Injectable()(HistoryPsp);
Inject(HistorySettings)(HistoryPsp, undefined, 0);

function readVersion(line) {
  const { amount, ...version } = JSON.parse(line);
  return { ...version, amount: { asset: amount.asset, amount: BigInt(amount.amount) } };
}

function describe(type, property, decorators) {
  for (const decorate of decorators) decorate(type.prototype, property);
}

export default definePlugin({
  name: 'history',
  title: 'A file of versions',
  settings: HistorySettings,
  psp: HistoryPsp,
});
