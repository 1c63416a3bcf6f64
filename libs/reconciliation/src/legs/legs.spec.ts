/** Tests the legs of a run: from the PSP to the feed, and from the feed to Formance Payments. Both have verdicts, breaks and positions. */
import { INITIAL_ACCOUNT_CHECK, openStore, type AccountCheck, type Store } from '@tributary/feed';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSql } from '../../../feed/src/testing/raw-sql.js';
import { STORES, type FreshStore } from '../../../feed/src/testing/stores.js';
import { BreakDecisions } from '../breaks/break-decisions.js';
import type { Break } from '../breaks/break.types.js';
import { verifyEvents } from '../events/verify-events.js';
import type { Policy } from '../policy/policy.types.js';
import { exportRun, verifyExport } from '../reports/export-run.js';
import { previewPolicy, runPolicy, verifyRun, type RunResult } from '../runs/run-policy.js';
import { streamBreaks } from '../runs/stream-breaks.js';
import { appendRows, createPayment } from '../testing/feed-rows.js';
import { MemoryLedger } from '../testing/memory-ledger.js';
import type { ComparedDelivery, DeliveryObservation, Leg, LegSources } from './leg.types.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const AT = Date.UTC(2026, 0, 10);
const POLICY: Policy = {
  ...{ name: 'psp', ledger: 'memory/main', sign: 'same' },
  accounts: [{ connector: 'bank', account: 'a', address: 'psp:a' }],
  rules: [{ kind: 'exact', psp: 'id', ledger: 'reference' }],
  grace: { bookingMs: HOUR_MS, settlementMs: HOUR_MS },
};
const BY = { by: 'ana', note: 'ticket 7' };

/** The result of a comparison in which Payments has all rows. */
const DELIVERED: ComparedDelivery = {
  ...{ kind: 'compared', position: 1, requestedAt: new Date(AT - 5 * MINUTE_MS).toISOString() },
  counts: { rows: 1, payments: 1, found: 1, inTransit: 0, balances: 1, accountsInTransit: 0 },
  ...{ differences: [], differenceCount: 0 },
};

describe.each(STORES)('the legs of a run, in $name', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  let ledger: MemoryLedger;
  let delivery: DeliveryObservation;
  let asked: string[];
  beforeEach(async () => {
    fresh = await kind.create();
    store = await openStore(fresh.url, () => AT);
    ledger = new MemoryLedger();
    ledger.book([{ source: 'world', destination: 'psp:a', asset: 'EUR/2', amount: 100n }], {
      ...{ reference: 'p', at: AT },
    });
    await appendRows(store, 'bank', [createPayment('p', 'a', 100n, AT)]);
    delivery = { connector: 'bank', ...DELIVERED };
    asked = [];
  });
  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const compareWithPayments = async (connector: string) => {
    asked.push(connector);
    return delivery;
  };
  const run = (asOf = AT + 1, sources: LegSources = { compareWithPayments }) =>
    runPolicy(store, POLICY, { ledger, ...sources }, asOf);
  const decide = () => new BreakDecisions(store.reconciliation(), ['psp']);
  const listBreaks = async ({ id }: RunResult): Promise<Break[]> => {
    const breaks: Break[] = [];
    for await (const { body } of streamBreaks(store.reconciliation(), id))
      breaks.push(JSON.parse(body) as Break);
    return breaks;
  };
  const verify = async ({ id }: RunResult) =>
    verifyRun(store.reconciliation(), (await store.reconciliation().findRun(id))!);
  const setCheck = (check: Partial<AccountCheck>) =>
    store.completeness('bank').update(['a'], () => ({
      checks: [{ accountId: 'a', asset: 'EUR/2', check: { ...INITIAL_ACCOUNT_CHECK, ...check } }],
      ...{ warnings: [], resolvedIds: [] },
    }));
  const agreed = { opening: 0n, isOpeningProven: true, agreed: { at: AT, seq: 1 } };
  const differ = (message: string, kindOfDifference = 'missing' as const) => ({
    ...{ kind: kindOfDifference, object: 'payment' as const, id: 'p', message },
  });

  test('says of each leg that it is reconciled, and up to which position', async () => {
    await setCheck(agreed);
    const result = await run();
    expect(result.summary).toMatchObject({ verdict: 'reconciled', problems: [], breaks: { count: 0 } });
    expect(listLegs(result)).toEqual(['feed reconciled', 'payments reconciled', 'ledger reconciled']);
    expect(findLeg(result, 'feed').positions).toEqual([
      expect.objectContaining({ source: 'bank/a EUR/2', position: 1 }),
    ]);
    expect(findLeg(result, 'payments').positions).toEqual([
      expect.objectContaining({ source: 'bank', position: 1 }),
    ]);
    expect(findLeg(result, 'ledger').positions).toEqual([
      expect.objectContaining({ source: 'memory/main', position: 1 }),
    ]);
    expect(asked).toEqual(['bank']);
    expect(await verify(result)).toBeUndefined();
  });

  test('says plainly that Payments is not configured and that no balance was compared', async () => {
    const result = await run(AT + 1, {});
    expect(result.summary.verdict).toBe('reconciled');
    expect(listLegs(result)).toEqual(['feed not-checked', 'payments not-configured', 'ledger reconciled']);
    expect(findLeg(result, 'feed').reasons).toEqual(['bank/a EUR/2: no balance of the PSP was compared']);
    expect(findLeg(result, 'payments').reasons).toEqual(['bank: no Formance Payments is configured']);
    const reason = 'its statements prove it';
    const declared = await run(AT + 2, { incomparable: new Map([['bank', reason]]) });
    expect(findLeg(declared, 'feed').reasons).toEqual([`bank/a: ${reason}`]);
    await setCheck({ opening: 3n, agreed: { at: AT, seq: 1 } });
    expect(findLeg(await run(AT + 3, {}), 'feed')).toMatchObject({
      ...{ verdict: 'not-checked', reasons: ['bank/a EUR/2: the check needs a second balance of the PSP'] },
    });
  });

  test('a gap is a break of the leg feed, and makes the run incomplete until a person accepts it', async () => {
    const gap = { amount: -40n, since: AT - HOUR_MS };
    await setCheck({ ...agreed, gap });
    const first = await run();
    expect(first.summary.verdict).toBe('incomplete');
    expect(first.summary.problems).toEqual([
      'bank/a: the balance of the PSP is -40 EUR/2 away from its rows; see tributary quarantine --gaps',
    ]);
    expect(listLegs(first)).toEqual(['feed breaks', 'payments reconciled', 'ledger reconciled']);
    const [found] = await listBreaks(first);
    expect(found).toMatchObject({
      ...{ class: 'completeness-gap', leg: 'feed', state: 'open', isNew: true },
      ...{ since: new Date(gap.since).toISOString(), items: [] },
      ...{ object: { source: 'bank', kind: 'balance', id: 'bank/a EUR/2' } },
      differences: [{ account: 'bank/a', asset: 'EUR/2', amount: '-40' }],
    });
    // The gap is not a difference between the rows and the ledger.
    expect(first.summary.balances).toEqual([
      expect.objectContaining({ difference: '0', residual: '0', explained: {} }),
    ]);
    await expect(decide().link([found!.id], BY)).rejects.toThrow('cannot be linked');
    await decide().accept(found!.id, BY);
    await decide().assign(found!.id, 'bo', BY);
    const accepted = await run(AT + 2);
    expect(accepted.summary).toMatchObject({ verdict: 'reconciled', problems: [] });
    expect(findLeg(accepted, 'feed')).toMatchObject({ verdict: 'reconciled', breaks: { accepted: 1 } });
    expect(await listBreaks(accepted)).toEqual([
      expect.objectContaining({
        ...{ id: found!.id, state: 'accepted', isNew: false, assignee: 'bo' },
        acceptance: { ...BY, at: expect.anything() },
      }),
    ]);
    await setCheck({ ...agreed, gap: { ...gap, amount: -41n } });
    expect((await run(AT + 3)).summary.verdict).toBe('incomplete');
    await setCheck(agreed);
    const last = await run(AT + 4);
    expect(last.summary).toMatchObject({
      ...{ verdict: 'reconciled', resolved: { count: 1, ids: [found!.id] } },
    });
    for (const each of [first, accepted, last]) expect(await verify(each)).toBeUndefined();
  });

  test('a check that has not finished is pending, and incomplete after a day', async () => {
    const suspect = { at: AT, balance: 90n, after: 0n, since: AT };
    await setCheck({ ...agreed, suspect });
    const pending = await run();
    expect(pending.summary).toMatchObject({ verdict: 'pending', problems: [] });
    expect(findLeg(pending, 'feed').verdict).toBe('pending');
    const late = await run(AT + 25 * HOUR_MS, {});
    expect(late.summary.verdict).toBe('incomplete');
    expect(late.summary.problems).toEqual([expect.stringContaining('have differed since 2026-01-10')]);
  });

  test('a payment that is missing in Payments is a break that ages, is accepted, and is resolved', async () => {
    delivery = {
      ...{ connector: 'bank', ...DELIVERED, differenceCount: 2 },
      differences: [differ('Formance does not have the PAYIN p'), differ('and not its version SUCCEEDED')],
    };
    const first = await run();
    expect(listLegs(first)).toEqual(['feed not-checked', 'payments breaks', 'ledger reconciled']);
    expect(first.summary).toMatchObject({ verdict: 'breaks', problems: [] });
    expect(first.summary.classes).toEqual({ 'missing-in-payments': { open: 1 } });
    const [found] = await listBreaks(first);
    expect(found).toMatchObject({
      ...{ class: 'missing-in-payments', leg: 'payments', since: new Date(AT + 1).toISOString() },
      object: { source: 'bank', kind: 'payment', id: 'p' },
      reason: 'Formance does not have the PAYIN p; and not its version SUCCEEDED',
    });
    // The payment appears with another amount: the same break changes its class, and its age continues.
    delivery = {
      ...{ connector: 'bank', ...DELIVERED, differenceCount: 1 },
      differences: [{ ...differ('the amount is 9 instead of 100'), kind: 'different' }],
    };
    const second = await run(AT + HOUR_MS);
    expect(await listBreaks(second)).toEqual([
      expect.objectContaining({
        ...{ id: found!.id, class: 'differs-in-payments', isNew: false, since: found!.since },
      }),
    ]);
    await decide().accept(found!.id, { ...BY, until: new Date(AT + 3 * HOUR_MS).toISOString() });
    expect((await run(AT + 2 * HOUR_MS)).summary.verdict).toBe('reconciled');
    expect((await run(AT + 4 * HOUR_MS)).summary.verdict).toBe('breaks');
    delivery = { connector: 'bank', ...DELIVERED };
    const last = await run(AT + 5 * HOUR_MS);
    expect(last.summary.resolved).toEqual({ count: 1, ids: [found!.id] });
    for (const each of [first, second, last]) expect(await verify(each)).toBeUndefined();
  });

  test('Payments without an answer makes the run incomplete, and no break is resolved', async () => {
    delivery = {
      ...{ connector: 'bank', ...DELIVERED, differenceCount: 1 },
      differences: [differ('Formance does not have the PAYIN p')],
    };
    const [found] = await listBreaks(await run());
    delivery = { connector: 'bank', kind: 'failed', reason: 'GET /v3/payments: 503' };
    const failed = await run(AT + 2);
    expect(failed.summary).toMatchObject({
      ...{ verdict: 'incomplete', resolved: { count: 0 }, breaks: { count: 1, new: 0 } },
      problems: ['the rows of bank were not compared with Payments: GET /v3/payments: 503'],
    });
    expect(listLegs(failed)).toEqual(['feed not-checked', 'payments incomplete', 'ledger reconciled']);
    expect(await listBreaks(failed)).toEqual([expect.objectContaining({ id: found!.id, state: 'open' })]);
    expect(await verify(failed)).toBeUndefined();
  });

  test('rows that Formance has not requested are pending, and incomplete after the grace period', async () => {
    await appendRows(store, 'bank', [createPayment('q', 'a', 1n, AT)]);
    ledger.book([{ source: 'world', destination: 'psp:a', asset: 'EUR/2', amount: 1n }], {
      ...{ reference: 'q', at: AT },
    });
    const pending = await run();
    expect(pending.summary).toMatchObject({ verdict: 'pending', problems: [] });
    expect(findLeg(pending, 'payments')).toMatchObject({
      ...{ verdict: 'pending', positions: [{ position: 1, text: expect.stringContaining('row 1 of 2') }] },
    });
    const late = await run(AT + HOUR_MS + 1);
    expect(late.summary.problems).toEqual([
      expect.stringMatching(/^Formance has not requested the newest rows of bank since 2026-01-09T23:55/),
    ]);
  });

  test('a difference that is new just after a request of Formance is pending, and open in the next run', async () => {
    const requestedAt = new Date(AT).toISOString();
    delivery = {
      ...{ connector: 'bank', ...DELIVERED, requestedAt, differenceCount: 1 },
      differences: [differ('Formance does not have the PAYIN p')],
    };
    const first = await run();
    expect(first.summary).toMatchObject({ verdict: 'pending', problems: [] });
    expect(await listBreaks(first)).toEqual([
      expect.objectContaining({
        ...{ state: 'pending', pendingUntil: new Date(AT + 2 * MINUTE_MS).toISOString() },
      }),
    ]);
    const second = await run(AT + 2);
    expect(second.summary.verdict).toBe('breaks');
    delivery = {
      ...{ connector: 'bank', ...DELIVERED, requestedAt, differenceCount: 1 },
      differences: [{ ...differ('Formance has the PAYIN p twice'), kind: 'doubled', id: 'other' }],
    };
    const third = await run(AT + 3);
    expect(await listBreaks(third)).toEqual([
      expect.objectContaining({ class: 'doubled-in-payments', state: 'open', isNew: true }),
    ]);
    for (const each of [first, second, third]) expect(await verify(each)).toBeUndefined();
  });

  test('rows that arrive during the comparison with Payments belong to the next run', async () => {
    const policy = {
      ...POLICY,
      accounts: [...POLICY.accounts, { connector: 'other', account: 'b', address: 'psp:b' }],
    };
    await appendRows(store, 'other', [createPayment('o1', 'b', 1n, AT - 2 * HOUR_MS)]);
    const book = (reference: string) =>
      ledger.book([{ source: 'world', destination: 'psp:b', asset: 'EUR/2', amount: 1n }], {
        reference,
        at: AT,
      });
    book('o1');
    let arrived = 1;
    const { summary } = await runPolicy(
      store,
      policy,
      {
        ledger,
        compareWithPayments: async (connector) => {
          const id = `o${++arrived}`;
          await appendRows(store, 'other', [createPayment(id, 'b', 1n, AT - 2 * HOUR_MS)]);
          book(id);
          return { ...DELIVERED, connector };
        },
      },
      AT + 1,
    );
    expect(summary).toMatchObject({ verdict: 'reconciled', problems: [], breaks: { count: 0 } });
  });

  test('more differences than a run lists make the leg incomplete', async () => {
    delivery = {
      ...{ connector: 'bank', ...DELIVERED, differenceCount: 2 },
      differences: [differ('Formance does not have the PAYIN p')],
    };
    const { summary } = await run();
    expect(summary.verdict).toBe('incomplete');
    expect(summary.problems).toEqual([expect.stringContaining('in more than 1 points')]);
  });

  test('a preview shows the legs, and stores nothing', async () => {
    const { summary } = await previewPolicy(
      ...([store, POLICY, { ledger, compareWithPayments }, AT + 1] as const),
    );
    expect(summary.legs?.map(({ leg, verdict }) => `${leg} ${verdict}`)).toEqual([
      ...['feed not-checked', 'payments reconciled', 'ledger reconciled'],
    ]);
    expect(await store.reconciliation().listRuns('psp', 1)).toEqual([]);
  });

  test('reports contain the legs and their breaks, and verify finds each changed byte of them', async () => {
    await setCheck({ ...agreed, gap: { amount: -40n, since: AT - HOUR_MS } });
    delivery = {
      ...{ connector: 'bank', ...DELIVERED, differenceCount: 1 },
      differences: [differ('Formance does not have the PAYIN p')],
    };
    const result = await run();
    const repository = store.reconciliation();
    const stored = (await repository.findRun(result.id))!;
    const directory = mkdtempSync(join(tmpdir(), 'tributary-legs-'));
    try {
      await exportRun(repository, stored, directory);
      expect(await verifyExport(repository, stored, directory)).toBeUndefined();
      const read = (name: string) => readFileSync(join(directory, name), 'utf8');
      expect(read('breaks.csv')).toMatch(/missing-in-payments,open,.*,bank,payment p,/);
      expect(read('breaks.csv')).toMatch(
        /completeness-gap,open,.*,bank,balance bank\/a EUR\/2,bank\/a,EUR\/2,-40,-0\.40,/,
      );
      const html = read('report.html');
      for (const text of [
        'PSP to feed',
        'Feed to Formance Payments',
        'Feed to ledger',
        'missing-in-payments',
      ])
        expect(html).toContain(text);
      const report = JSON.parse(read('report.json')) as { breaks: Break[]; summary: RunResult['summary'] };
      expect(report.breaks).toHaveLength(2);
      expect(report.summary.legs).toHaveLength(3);
    } finally {
      rmSync(directory, { recursive: true });
    }
    expect((await verifyEvents(repository)).problem).toBeUndefined();
    for (const [table, column, from, to] of [
      ['reconciliation_runs', 'inputs', 'PAYIN p', 'PAYIN q'],
      ['reconciliation_runs', 'inputs', '-40', '-41'],
      ['reconciliation_breaks', 'body', 'PAYIN p', 'PAYIN q'],
      ['reconciliation_breaks', 'body', '"-40"', '"-41"'],
    ]) {
      const replace = (a: string, b: string) =>
        runSql(fresh.url, `update ${table} set ${column} = replace(${column}, '${a}', '${b}')`);
      await replace(from!, to!);
      expect([column, from, await verify(result)]).toEqual([column, from, expect.any(String)]);
      await replace(to!, from!);
      expect(await verify(result)).toBeUndefined();
    }
  });
});

function listLegs({ summary }: RunResult): string[] {
  return (summary.legs ?? []).map(({ leg, verdict }) => `${leg} ${verdict}`);
}

function findLeg({ summary }: RunResult, leg: Leg) {
  const found = summary.legs?.find((each) => each.leg === leg);
  if (!found) throw new Error(`the run has no leg ${leg}`);
  return found;
}
