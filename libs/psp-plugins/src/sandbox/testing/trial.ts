/** What the sandbox's own tests share: a PSP with a clock of the test's, and listings read to their end. */
import { isRefusal, type Page, type Refusal, type Transaction } from '@tributary/connector-api';
import { SandboxClient } from '../sandbox.client.js';
import { SandboxSettings } from '../sandbox.config.js';
import { SandboxPsp } from '../sandbox.psp.js';

export const START = Date.parse('2026-11-01T00:00:00Z');
export const MINUTE = 60_000;

/** Every page full of trouble, and small enough that windows, pages and ties cross each other everywhere. */
export const NASTY = {
  transactions: 300,
  activityPerMinute: 60,
  pageSize: 7,
  statusChanges: 0.7,
  lateRows: 0.4,
  changesWithin: MINUTE,
  sameTimestamps: 0.5,
  oddIds: 0.3,
};

export function settingsOf(given: Partial<SandboxSettings>): SandboxSettings {
  return Object.assign(new SandboxSettings(), given);
}

export function pspOf(settings: SandboxSettings, clock: () => number): SandboxPsp {
  return new SandboxPsp(settings, new SandboxClient(settings, clock), clock);
}

export async function drain<T>(listing: AsyncIterable<Page<T>>): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  for await (const page of listing) pages.push(page);
  return pages;
}

export async function drainItems<T>(listing: AsyncIterable<Page<T>>): Promise<(T | Refusal)[]> {
  return (await drain(listing)).flatMap(({ items }) => items);
}

/** The records of a listing; a refusal is a failure of the test. */
export async function drainRecords<T extends object>(listing: AsyncIterable<Page<T>>): Promise<T[]> {
  return (await drainItems(listing)).map((item) => {
    if (isRefusal(item)) throw new Error(`${item.id} was refused: ${item.refused}`);
    return item;
  });
}

/** What an account holds, from what was listed alone, by the contract's words. */
export function sumUp(rows: readonly Transaction[], account: string): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { type, status, amount, sourceAccountId, destinationAccountId } of rows) {
    if (!['SUCCEEDED', 'REFUNDED', 'DISPUTE', 'DISPUTE_WON'].includes(status)) continue;
    const back = status === 'REFUNDED' ? -1n : 1n;
    const taken = type !== 'PAYIN' && sourceAccountId === account ? amount.amount : 0n;
    const given = type !== 'PAYOUT' && destinationAccountId === account ? amount.amount : 0n;
    sums.set(amount.asset, (sums.get(amount.asset) ?? 0n) + back * (given - taken));
  }
  return sums;
}
