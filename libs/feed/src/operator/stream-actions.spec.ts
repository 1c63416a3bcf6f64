/**
 * Tests the actions of operators on streams and the quarantine, on both databases. Each change must take effect and must be in the audit
 * log.
 */
import { serializeTransaction } from '@tributary/connector-api';
import { verifyAuditEvents } from '../maintenance/verify-audit-events.js';
import { openStore } from '../store/open-store.js';
import { runSql } from '../testing/raw-sql.js';
import { STORES, type FreshStore } from '../testing/stores.js';
import type { FeedPage, Store } from '../types/store.types.js';

const AUTHOR = { by: 'alice', via: 'api', connector: 'acme/bank', tenant: 'acme' } as const;
const HOLDER = { host: 'test', pid: process.pid, id: 'test' };
const EMPTY: FeedPage = {
  ...{ records: [], rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: 'first' },
};
const HOUR_MS = 3_600_000;
const VALID = serializeTransaction({
  ...{ id: 'r', createdAt: '2026-05-31T00:00:00.000Z', type: 'PAYIN', status: 'SUCCEEDED' },
  amount: { amount: 1n, asset: 'EUR/2' },
});

describe.each(STORES)('on $name, an operator', (kind) => {
  let fresh: FreshStore;
  let store: Store;
  let now = Date.UTC(2026, 5, 1);
  beforeEach(async () => {
    fresh = await kind.createMigrated();
    store = await openStore(fresh.url, () => now);
  });
  afterEach(async () => {
    await store.close();
    await fresh.remove();
  });

  const openFeed = () => store.feed('acme/bank', 'transactions');
  const pull = async (page: Partial<FeedPage>) => {
    const lease = await (await openFeed()).acquireLease(HOLDER, HOUR_MS);
    const cursorBefore = lease?.cursor;
    await lease?.append({ ...EMPTY, ...page });
    await lease?.release({ dueInMs: HOUR_MS, hasCaughtUp: true });
    return cursorBefore;
  };
  const listActions = async () =>
    (await store.operator().listAuditEvents(undefined, undefined, 10)).map(({ action }) => action);

  it('pauses a stream, also while it is pulled, and resumes it', async () => {
    const lease = await (await openFeed()).acquireLease(HOLDER, HOUR_MS);
    expect(await store.operator().pauseStreams(AUTHOR, ['transactions', 'accounts'])).toEqual([
      'transactions',
    ]);
    await expect(lease?.append(EMPTY)).rejects.toThrow('lease');
    expect(await (await openFeed()).acquireLease(HOLDER, HOUR_MS)).toBeUndefined();
    expect(await (await openFeed()).acquireLeaseWhenDue(HOLDER, HOUR_MS)).toBeUndefined();
    const [state] = await store.operator().listStreamStates(['acme/bank']);
    expect(state).toMatchObject({ pausedAt: now, isPulling: false });
    await store.operator().resumeStreams(AUTHOR, ['transactions']);
    expect(await (await openFeed()).acquireLeaseWhenDue(HOLDER, HOUR_MS)).toHaveProperty('cursor');
    expect(await listActions()).toEqual(['stream.resumed', 'stream.paused']);
  });

  it('has a stream read again from the cursor of a date, or from the beginning', async () => {
    await pull({ cursor: 'of May' });
    const reread = (fromMs: number) => store.operator().rereadStreams(AUTHOR, ['transactions'], fromMs);
    expect(await reread(now - 1)).toEqual([{ stream: 'transactions', cursorAt: undefined }]);
    expect(await pull({ cursor: 'of June' })).toBeUndefined();
    expect(await reread(now)).toEqual([{ stream: 'transactions', cursorAt: now }]);
    expect(await pull({ cursor: 'later' })).toBe('of May');
  });

  it('dismisses an entry, which stays away until its fault is another one', async () => {
    const rejected = { id: 'r', reason: 'no amount', raw: '{}' };
    await pull({ rejected: [rejected] });
    const key = { stream: 'transactions', kind: 'refusal', id: 'r' } as const;
    expect(await store.operator().dismissEntry(AUTHOR, key, 'a test payment')).toBe(true);
    expect(await store.operator().dismissEntry(AUTHOR, key, 'again')).toBe(false);
    await pull({ rejected: [rejected] });
    expect(await store.listQuarantine('acme/bank')).toEqual([]);
    now += 1;
    await pull({ rejected: [{ ...rejected, reason: 'no currency' }] });
    expect(await store.operator().findQuarantineEntry({ connector: 'acme/bank', ...key })).toMatchObject({
      ...{ reason: 'no currency', raw: '{}', since: now, seenAt: now },
    });
    expect(await listActions()).toEqual(['quarantine.dismissed']);
  });

  it.each([
    ['a valid version of the record', { records: [VALID] }],
    ['the plugin', { resolvedIds: ['r'] }],
  ])('sees a dismissed entry again when its fault comes back after %s resolved it', async (_, resolving) => {
    const rejected = [{ id: 'r', reason: 'no amount' }];
    await pull({ rejected });
    await store
      .operator()
      .dismissEntry(AUTHOR, { stream: 'transactions', kind: 'refusal', id: 'r' }, 'a test');
    await pull(resolving);
    now += 1;
    await pull({ rejected });
    expect(await store.listQuarantine('acme/bank')).toMatchObject([{ id: 'r', since: now }]);
  });

  it('sees how many entries each stream has, and since when', async () => {
    await pull({ rejected: [{ id: 'oldest', reason: 'no amount' }] });
    now += 1;
    await pull({
      rejected: [{ id: 'newest', reason: 'no amount' }],
      warnings: [{ id: 'w', message: 'off' }],
    });
    const stream = { connector: 'acme/bank', stream: 'transactions' } as const;
    const summarize = (filter: object) =>
      store.operator().summarizeQuarantine({ connectors: ['acme/bank'], ...filter });
    expect(await summarize({})).toEqual([
      { ...stream, kind: 'finding', count: 1, oldestSince: now, newestSince: now },
      { ...stream, kind: 'refusal', count: 2, oldestSince: now - 1, newestSince: now },
    ]);
    expect(await summarize({ kind: 'finding' })).toHaveLength(1);
    expect(await summarize({ stream: 'accounts' })).toEqual([]);
    expect(await summarize({ connectors: ['other'] })).toEqual([]);
  });

  it('finds the entries of one id', async () => {
    await pull({
      rejected: [
        { id: 'r', reason: 'no amount' },
        { id: 'r-2', reason: 'no amount' },
      ],
      warnings: [{ id: 'r', message: 'off' }],
    });
    const list = (filter: object) =>
      store.operator().listQuarantine({ connectors: ['acme/bank'], ...filter }, undefined, 10);
    expect(await list({ id: 'r' })).toMatchObject([
      { kind: 'refusal', id: 'r' },
      { kind: 'finding', id: 'r' },
    ]);
    expect(await list({ id: 'r', kind: 'refusal' })).toHaveLength(1);
    expect(await list({ id: 'other' })).toEqual([]);
  });

  it('leaves an audit log in which a changed event is found', async () => {
    await openFeed();
    for (let event = 0; event < 3; event++) await store.operator().requestPulls(AUTHOR, ['transactions']);
    expect(await verifyAuditEvents(fresh.url)).toEqual({ events: 3 });
    expect(await store.operator().listAuditEvents('other', undefined, 10)).toEqual([]);
    await runSql(fresh.url, `update audit_events set body = replace(body, 'alice', 'mallory') where seq = 2`);
    expect(await verifyAuditEvents(fresh.url)).toEqual({ events: 1, firstChanged: 2 });
  });
});
