/** Functions that several sandbox specs share: they create a plugin with a test clock, and collect whole listings. */
import { isRejectedRecord, type Page, type RejectedRecord, type Transaction } from '@tributary/connector-api';
import { SandboxClient } from '../sandbox.client.js';
import { SandboxSettings } from '../sandbox.config.js';
import { SandboxPsp } from '../sandbox.plugin.js';
import { SimulatedApi } from '../simulator/simulated-api.js';

export const START_TIME_MS = Date.parse('2026-11-01T00:00:00Z');
export const MINUTE_MS = 60_000;

/** Settings with frequent faults. The pages are so small that windows, pages and equal timestamps overlap in many ways. */
export const FAULTY_SETTINGS = {
  transactions: 300,
  activityPerMinute: 60,
  pageSize: 7,
  statusChanges: 0.7,
  lateRows: 0.4,
  changesWithin: MINUTE_MS,
  sameTimestamps: 0.5,
  oddIds: 0.3,
};

export function createSettings(given: Partial<SandboxSettings>): SandboxSettings {
  return Object.assign(new SandboxSettings(), given);
}

export function createPsp(settings: SandboxSettings, clock: () => number): SandboxPsp {
  return new SandboxPsp(settings, new SandboxClient(new SimulatedApi(settings, clock)), clock);
}

export async function collectPages<T>(listing: AsyncIterable<Page<T>>): Promise<Page<T>[]> {
  const pages: Page<T>[] = [];
  for await (const page of listing) pages.push(page);
  return pages;
}

export async function collectItems<T>(listing: AsyncIterable<Page<T>>): Promise<(T | RejectedRecord)[]> {
  return (await collectPages(listing)).flatMap(({ items }) => items);
}

/**
 * Collects the records of a listing.
 * @throws Error if the plugin rejected a record
 */
export async function collectRecords<T extends object>(listing: AsyncIterable<Page<T>>): Promise<T[]> {
  return (await collectItems(listing)).map((item) => {
    if (isRejectedRecord(item)) throw new Error(`${item.id} was refused: ${item.reason}`);
    return item;
  });
}

/** Computes the balances of an account only from listed transactions, by the rules of the contract. */
export function sumBalances(rows: readonly Transaction[], account: string): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { status, amount, sourceAccountId, destinationAccountId } of rows) {
    if (!['SUCCEEDED', 'REFUNDED', 'DISPUTE', 'DISPUTE_WON'].includes(status)) continue;
    const taken = sourceAccountId === account ? amount.amount : 0n;
    const given = destinationAccountId === account ? amount.amount : 0n;
    sums.set(amount.asset, (sums.get(amount.asset) ?? 0n) + given - taken);
  }
  return sums;
}
