/**
 * Tests runs of small policies on both databases: classes of breaks, verdicts, the positions at which runs stop reading, and results of
 * repeated runs.
 */
import type { Transaction } from '@tributary/connector-api';
import { openStore, type Store } from '@tributary/feed';
import { runSql } from '../../../feed/src/testing/raw-sql.js';
import { STORES, type FreshStore } from '../../../feed/src/testing/stores.js';
import { BreakDecisions } from '../breaks/break-decisions.js';
import type { Break } from '../breaks/break.types.js';
import { verifyEvents } from '../events/verify-events.js';
import type { Policy } from '../policy/policy.types.js';
import { appendRows, createPayment } from '../testing/feed-rows.js';
import { MemoryLedger } from '../testing/memory-ledger.js';
import { runPolicy, verifyRun, type RunResult } from './run-policy.js';
import { streamBreaks } from './stream-breaks.js';

const DAY_MS = 86_400_000;
const AT = Date.UTC(2026, 0, 10);

const POLICY: Policy = {
  ...{ name: 'psp', ledger: 'memory/main', sign: 'same' },
  accounts: [
    { connector: 'bank', account: 'a', address: 'psp:a' },
    { connector: 'bank', account: 'b', address: 'psp:b' },
  ],
  rules: [
    { kind: 'exact', psp: 'id', ledger: 'reference' },
    { kind: 'exact', psp: 'id', ledger: 'metadata.payment' },
    { kind: 'group', psp: 'metadata.batch', ledger: 'metadata.batch' },
    { kind: 'settlement', psp: 'metadata.settlement', ledger: 'metadata.settlement' },
    {
      ...{ kind: 'tolerance', psp: 'metadata.card', ledger: 'metadata.card', account: 'expenses:rounding' },
      bound: { 'EUR/2': 2n },
    },
    { kind: 'window', days: 3 },
  ],
  grace: { bookingMs: DAY_MS, settlementMs: 2 * DAY_MS },
};

describe.each(STORES)('a run, in $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  let ledger: MemoryLedger;
  beforeEach(async () => {
    fresh = await kind.create();
    store = await openStore(fresh.url, () => AT);
    ledger = new MemoryLedger();
  });
  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const addRows = (...rows: Transaction[]) => appendRows(store, 'bank', rows);
  const run = (asOf = AT + 30 * DAY_MS, policy = POLICY) => runPolicy(store, policy, { ledger }, asOf);
  const listBreaks = async ({ id }: RunResult): Promise<Break[]> => {
    const breaks: Break[] = [];
    for await (const { body } of streamBreaks(store.reconciliation(), id))
      breaks.push(JSON.parse(body) as Break);
    return breaks;
  };
  const listClasses = async (result: RunResult) =>
    (await listBreaks(result))
      .map(
        (found) => `${found.items.map(({ recordId }) => recordId).join('+')} ${found.class} ${found.state}`,
      )
      .sort();
  const book = (
    amount: bigint,
    options: Parameters<MemoryLedger['book']>[1] & { to?: string; asset?: string },
  ) =>
    ledger.book(
      [{ source: 'world', destination: options.to ?? 'psp:a', asset: options.asset ?? 'EUR/2', amount }],
      { at: AT, ...options },
    );

  test('matches by reference, by group, by settlement and within a tolerance', async () => {
    await addRows(
      row('p1', { amount: 100n }),
      row('p2', { amount: 50n, metadata: { batch: 'B1' } }),
      row('g1', { amount: 30n, metadata: { batch: 'B2' } }),
      row('g2', { amount: 12n, metadata: { batch: 'B2' } }),
      row('s1', { amount: 80n, metadata: { settlement: 'S' } }),
      row('s2', { type: 'PAYOUT', sourceAccountId: 'a', amount: 3n, metadata: { settlement: 'S' } }),
      row('t1', { amount: 1000n, metadata: { card: 'C' } }),
    );
    book(100n, { reference: 'p1' });
    book(20n, { metadata: { batch: 'B1' } });
    book(30n, { metadata: { batch: 'B1' } });
    book(42n, { metadata: { batch: 'B2' } });
    book(70n, { metadata: { settlement: 'S' } });
    book(7n, { metadata: { settlement: 'S' } });
    book(998n, { metadata: { card: 'C' } });
    const { summary } = await run();
    expect(summary).toMatchObject({ verdict: 'reconciled', problems: [], breaks: { count: 0 } });
    expect(summary.matches.map(({ rule, kind, matches }) => `${rule} ${kind} ${matches}`)).toEqual([
      '0 1:1 1',
      '2 1:n 1',
      '2 n:1 1',
      '3 n:m 1',
      '4 1:1 1',
    ]);
    expect(summary.tolerated).toEqual([{ address: 'expenses:rounding', asset: 'EUR/2', amount: '2' }]);
    expect(summary.balances).toEqual([
      expect.objectContaining({
        psp: '1269',
        ledger: '1267',
        difference: '2',
        tolerated: '2',
        residual: '0',
      }),
    ]);
  });

  test('gives each fault its class', async () => {
    await addRows(
      row('missing', { amount: 1n }),
      row('amount', { amount: 100n }),
      row('sign', { amount: 7n }),
      row('asset', { amount: 5n }),
      row('account', { amount: 6n }),
      row('split', { amount: 9n }),
      row('twice', { amount: 8n }),
      row('reverted', { amount: 11n }),
      row('pending', { amount: 12n, status: 'PENDING' }),
      row('taken-back', { amount: 13n }),
    );
    await addRows(row('taken-back', { amount: 13n, status: 'FAILED' }));
    book(3n, { reference: 'unknown' });
    book(99n, { reference: 'amount' });
    ledger.book([{ source: 'psp:a', destination: 'world', asset: 'EUR/2', amount: 7n }], {
      reference: 'sign',
      at: AT,
    });
    book(5n, { reference: 'asset', asset: 'USD/2' });
    book(6n, { reference: 'account', to: 'psp:b' });
    book(4n, { metadata: { payment: 'split' } });
    book(5n, { metadata: { payment: 'split' } });
    book(8n, { reference: 'twice' });
    book(8n, { metadata: { payment: 'twice' } });
    ledger.revert(book(11n, { reference: 'reverted' }), AT);
    book(12n, { reference: 'pending' });
    book(13n, { reference: 'taken-back' });
    book(14n, {});
    const result = await run();
    expect(result.summary).toMatchObject({ verdict: 'breaks', problems: [] });
    expect(await listClasses(result)).toEqual([
      '1 missing-at-psp open',
      '12 in-progress open',
      '13 reversed-after-booking open',
      '14 no-key open',
      '9 duplicate open',
      'account+5 account-differs open',
      'amount+2 amount-differs open',
      'asset+4 asset-differs open',
      'missing missing-in-ledger open',
      'reverted+10+11 reversed-after-booking open',
      'sign+3 amount-differs open',
      'split+6+7 grouping-differs open',
    ]);
    expect(result.summary.balances.map(({ residual }) => residual)).toEqual(['0', '0', '0']);
  });

  test('keeps the id of a break while it persists, and says when it is resolved', async () => {
    await addRows(row('late', { amount: 100n }), row('ok', { amount: 1n }));
    book(1n, { reference: 'ok' });
    const first = await run(AT + DAY_MS / 2);
    expect(first.summary).toMatchObject({ verdict: 'pending', breaks: { count: 1, new: 1 } });
    const [pending] = await listBreaks(first);
    expect(pending).toMatchObject({
      isNew: true,
      state: 'pending',
      pendingUntil: new Date(AT + DAY_MS).toISOString(),
    });
    const second = await run();
    expect(second.summary).toMatchObject({ verdict: 'breaks', breaks: { count: 1, new: 0 } });
    const [open] = await listBreaks(second);
    expect(open).toMatchObject({ id: pending!.id, isNew: false, state: 'open', class: 'missing-in-ledger' });
    book(90n, { reference: 'late' });
    expect(await listBreaks(await run())).toEqual([
      expect.objectContaining({ id: pending!.id, isNew: false, class: 'amount-differs' }),
    ]);
    book(10n, { reference: undefined, metadata: { payment: 'late' } });
    ledger.revert(3);
    ledger.revert(2);
    book(100n, { reference: 'late' });
    const last = await run();
    expect(last.summary).toMatchObject({
      ...{ verdict: 'reconciled', breaks: { count: 0 } },
      resolved: { count: 1, ids: [pending!.id] },
    });
  });

  test('is incomplete when the ledger cannot be read, and when a sum is not that of the source', async () => {
    await addRows(row('p', { amount: 100n }));
    book(100n, { reference: 'p' });
    expect((await run()).summary.verdict).toBe('reconciled');
    ledger.failure = '401';
    expect((await run()).summary).toMatchObject({
      verdict: 'incomplete',
      problems: ['the ledger memory/main could not be read: 401'],
    });
    ledger.failure = undefined;
    // This transaction was stored before the ledger was replaced by another ledger.
    ledger.transactions[0] = { ...ledger.transactions[0]!, postings: [] };
    expect((await run()).summary).toMatchObject({
      verdict: 'incomplete',
      problems: ['bank/a: the bookings add up to 100 EUR/2; the ledger memory/main has no balance'],
    });
  });

  test('does not compare the sum of the rows while rows wait for their original', async () => {
    await addRows(
      row('p', { amount: 10n }),
      row('r', {
        ...{ amount: 3n, status: 'REFUNDED', sourceAccountId: 'a', destinationAccountId: undefined },
        relatedTransactionId: 'original',
      }),
    );
    book(10n, { reference: 'p' });
    const waiting = await run();
    expect(waiting.summary).toMatchObject({
      ...{ verdict: 'reconciled', problems: [] },
      notMade: [expect.stringMatching(/^the sum of the rows of bank was not compared: rows wait/)],
    });
    await addRows(row('original', { amount: 5n }));
    book(5n, { reference: 'original' });
    ledger.book([{ source: 'psp:a', destination: 'world', asset: 'EUR/2', amount: 3n }], {
      ...{ reference: 'r', at: AT },
    });
    expect((await run()).summary).toMatchObject({ verdict: 'reconciled', problems: [], notMade: [] });
  });

  test('compares a ledger account of the opposite sign', async () => {
    await addRows(row('p', { amount: 100n }), row('q', { amount: 5n }));
    ledger.book([{ source: 'psp:a', destination: 'users:1', asset: 'EUR/2', amount: 100n }], {
      reference: 'p',
    });
    const result = await run(undefined, { ...POLICY, sign: 'opposite' });
    expect(await listClasses(result)).toEqual(['q missing-in-ledger open']);
    expect(result.summary).toMatchObject({
      problems: [],
      balances: [{ psp: '105', ledger: '100', residual: '0' }],
    });
  });

  test('suggests the only booking with an equal amount near a row', async () => {
    await addRows(row('p', { amount: 100n }), row('q', { amount: 7n }), row('r', { amount: 7n }));
    book(100n, { reference: 'typo', at: AT + DAY_MS });
    book(7n, { reference: 'unclear' });
    const suggestions = (await listBreaks(await run())).flatMap(({ items, suggestion }) =>
      suggestion ? [`${items[0]?.recordId} ${suggestion.recordId}`] : [],
    );
    expect(suggestions.sort()).toEqual(['1 p', 'p 1']);
  });

  describe('decisions of people', () => {
    const by = { by: 'ana', note: 'ticket 7' };
    const decide = () => new BreakDecisions(store.reconciliation(), ['psp']);

    test('an accepted break does not count until it changes, or until its time', async () => {
      await addRows(row('p', { amount: 100n }));
      book(99n, { reference: 'p' });
      const [found] = await listBreaks(await run());
      const until = new Date(AT + 40 * DAY_MS).toISOString();
      await decide().accept(found!.id, { ...by, until });
      await decide().assign(found!.id, 'bo', by);
      const accepted = await run();
      expect(accepted.summary.verdict).toBe('reconciled');
      expect(await listBreaks(accepted)).toEqual([
        expect.objectContaining({
          state: 'accepted',
          acceptance: { ...by, until, at: expect.anything() },
          assignee: 'bo',
        }),
      ]);
      expect((await run(AT + 41 * DAY_MS)).summary.verdict).toBe('breaks');
      await decide().accept(found!.id, by);
      expect((await run(AT + 41 * DAY_MS)).summary.verdict).toBe('reconciled');
      ledger.revert(1);
      book(98n, { reference: 'p' });
      expect((await run()).summary.verdict).toBe('breaks');
      await expect(decide().accept('brk_none', by)).rejects.toThrow('There is no break "brk_none"');
    });

    test('linked breaks match, and are breaks again when the link is undone', async () => {
      await addRows(row('p', { amount: 100n }), row('q', { amount: 1n }));
      book(100n, { reference: 'typo' });
      const breaks = await listBreaks(await run());
      const [p, q, typo] = ['p', 'q', '1'].map(
        (id) => breaks.find(({ items }) => items[0]?.recordId === id)!.id,
      );
      await expect(decide().link([q!, typo!], by)).rejects.toThrow('differ by -99 EUR/2');
      const link = await decide().link([p!, typo!], by);
      const linked = await run();
      expect(await listClasses(linked)).toEqual(['q missing-in-ledger open']);
      expect(linked.summary.matches).toEqual([{ rule: -1, kind: 'n:m', matches: 1, rows: 1, bookings: 1 }]);
      await decide().unlink(link, by);
      await expect(decide().unlink(link, by)).rejects.toThrow('There is no link');
      expect((await run()).summary.breaks.count).toBe(3);
    });
  });

  test('verify repeats a run at its cuts, and finds each changed byte', async () => {
    await addRows(row('p', { amount: 100n }), row('q', { amount: 1n }));
    book(99n, { reference: 'p' });
    const { id } = await run();
    await addRows(row('q', { amount: 2n }), row('r', { amount: 2n }));
    book(2n, { reference: 'r' });
    await run();
    const repository = store.reconciliation();
    const verify = async () => verifyRun(repository, (await repository.findRun(id))!);
    expect(await verify()).toBeUndefined();
    expect(await verifyEvents(repository)).toEqual({ events: 2, problem: undefined });
    await change(`update reconciliation_breaks set body = replace(body, '99', '98') where run_id = '${id}'`);
    expect(await verify()).toContain('does not follow from the stored items');
    await change(`update reconciliation_breaks set body = replace(body, '98', '99') where run_id = '${id}'`);
    expect(await verify()).toBeUndefined();
    await change(`update reconciliation_items set amount = '98' where amount = '99'`);
    expect(await verify()).toContain('were changed');
    await change(`update reconciliation_items set amount = '99' where amount = '98'`);
    await change(
      `update reconciliation_runs set summary = replace(summary, 'breaks', 'broken') where id = '${id}'`,
    );
    expect(await verify()).toContain('were changed');
    await change(`update reconciliation_events set body = replace(body, 'run', 'ran') where seq = 1`);
    expect(await verifyEvents(repository)).toEqual({
      events: 0,
      problem: expect.stringContaining('event 1 was changed'),
    });
  });

  const change = (statement: string) => runSql(fresh.url, statement);
});

function row(id: string, overrides: Partial<Omit<Transaction, 'amount'>> & { amount: bigint }): Transaction {
  const { amount, ...others } = overrides;
  const { destinationAccountId, ...payment } = createPayment(id, 'a', amount, AT);
  return { ...payment, ...(others.type === 'PAYOUT' ? {} : { destinationAccountId }), ...others };
}
