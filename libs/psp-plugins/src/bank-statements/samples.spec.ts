/** Reads statement files of other authors, and this project's examples, with the whole plugin. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FakeBank } from './bank-statements.fake.js';
import type { FakeFeed } from './bank-statements.fake.js';
import { createAccountId } from './identity/entry-identity.js';
import { readStatements } from './readers/index.js';
import { toSignedMoney } from './statements/to-signed-money.js';
import { findClosingBalance, findOpeningBalance } from './checking/statement-check.js';

const ROOT = join(import.meta.dirname, '../../../..');
const SAMPLES = join(ROOT, '../shared/samples/statements');
const EXAMPLES = join(ROOT, 'examples/statements');

describe('statements by other authors', () => {
  const directories = existsSync(SAMPLES)
    ? readdirSync(SAMPLES).flatMap((format) =>
        readdirSync(join(SAMPLES, format)).map((author) => join(format, author)),
      )
    : [];
  if (directories.length === 0) console.log(`skipped: ${SAMPLES} is absent`);
  const test = directories.length === 0 ? it.skip.each(['absent']) : it.each(directories);

  test('%s: each file is served or refused, and its sums agree with its balances or are told of', async (directory) => {
    let served = 0;
    for (const name of readdirSync(join(SAMPLES, directory))) {
      const content = readFileSync(join(SAMPLES, directory, name));
      const bank = new FakeBank();
      bank.writeFile(name, content);
      const feed = await bank.sync();
      if (feed.rejected.has(`file:${name}`)) {
        expect([name, feed.rows, feed.balances]).toEqual([name, [], new Map()]);
        continue;
      }
      served++;
      if (feed.warnings.size > 0) continue;
      expect([name, [...feed.rejected.values()]]).toEqual([name, []]);
      const moved = await movedBy(content);
      if (moved) expect([name, sums(feed)]).toEqual([name, moved]);
    }
    expect(served).toBeGreaterThan(0);
  });
});

describe('the examples', () => {
  it('tell their story without a refusal, and every account ends at its balance', async () => {
    const bank = new FakeBank('Europe/Berlin');
    const names = readdirSync(EXAMPLES).filter((name) => !name.endsWith('.md'));
    for (const name of names) bank.writeFile(name, readFileSync(join(EXAMPLES, name)));
    const feed = await bank.sync();
    expect([...feed.rejected.values(), ...feed.warnings.values()]).toEqual([]);
    expect(feed.balances.size).toBe(3);
    // The balances change only by the entries of the statement. The interim report of the same day must not be counted, whether it arrives
    // before or after the statement.
    const opening: Record<string, bigint> = {
      'DE02120300000000202051 EUR/2': 4820000n,
      'NL91ABNA0417164300 EUR/2': 1250050n,
      '021000021.483920175 USD/2': 2500000n,
    };
    for (const [account, moved] of Object.entries(sums(feed))) {
      const balance = feed.balances.get(account.split(' ')[0] ?? '')?.amounts[0]?.amount;
      expect([account, (opening[account] ?? 0n) + moved]).toEqual([account, balance]);
    }
    expect(Object.keys(sums(feed)).sort()).toEqual(Object.keys(opening).sort());
  });
});

/** Returns the sums of the booked movements by account and asset. Sums of zero are left out. */
function sums(feed: FakeFeed): Record<string, bigint> {
  const total: Record<string, bigint> = {};
  const accounts = new Set(
    feed.rows.filter(({ stream }) => stream === 'accounts').map(({ item }) => item.id),
  );
  for (const { status, type, amount, sourceAccountId, destinationAccountId, metadata } of feed.transactions) {
    if (status !== 'SUCCEEDED' || metadata?.['com.bank-statements.spec/statement'] === undefined) continue;
    const incoming = type === 'PAYIN' || (type === 'OTHER' && accounts.has(destinationAccountId ?? ''));
    const key = `${incoming ? destinationAccountId : sourceAccountId} ${amount.asset}`;
    total[key] = (total[key] ?? 0n) + (incoming ? amount.amount : -amount.amount);
  }
  return Object.fromEntries(Object.entries(total).filter(([, sum]) => sum !== 0n));
}

/**
 * Returns the closing balance minus the opening balance, added up over all booked statements.
 * @returns `undefined` if a statement lacks a balance
 */
async function movedBy(content: Buffer): Promise<Record<string, bigint> | undefined> {
  const moved: Record<string, bigint> = {};
  let account = '';
  let booked = false;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield content;
  }
  for await (const part of readStatements(bytes())) {
    if (part.part === 'start') {
      booked = part.kind === 'booked';
      account = createAccountId(part);
    }
    if (part.part !== 'end' || !booked) continue;
    if (part.balances.length === 0) return undefined;
    for (const currency of new Set(part.balances.map((balance) => balance.currency))) {
      const own = part.balances.filter((balance) => balance.currency === currency);
      const [opening, closing] = [findOpeningBalance(own), findClosingBalance(own)];
      if (!opening || !closing) return undefined;
      const { amount, asset } = toSignedMoney(closing);
      const key = `${account} ${asset}`;
      moved[key] = (moved[key] ?? 0n) + amount - toSignedMoney(opening).amount;
    }
  }
  return Object.fromEntries(Object.entries(moved).filter(([, sum]) => sum !== 0n));
}
