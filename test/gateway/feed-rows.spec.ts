/** Tests the feed API: `GET <path>/feed/{stream}`. With this API, programs other than Formance copy a feed. */
import { runSql } from '../../libs/feed/src/testing/raw-sql.js';
import { STORES } from '../../libs/feed/src/testing/stores.js';
import { serializeTransaction } from '@tributary/connector-api';
import { createTransactions, expectError, startGateway, type TestGateway } from './test-gateway.js';

interface Row {
  sequence: number;
  feedTime: string;
  id: string;
  version: number;
  record: { id: string; status: string; updatedAt: string };
}
interface Page {
  epoch: number;
  next: number;
  rows: Row[];
}

describe.each(STORES)('the feed API on $name', (kind) => {
  let gateway: TestGateway;
  let fresh: Awaited<ReturnType<typeof kind.create>>;
  beforeEach(async () => {
    fresh = await kind.createMigrated();
    gateway = await startGateway({
      connectors: [{ path: 'bank' }, { path: 'acme/bank' }],
      deployment: { store: fresh.url },
    });
  });
  afterEach(async () => {
    await gateway.stop();
    await fresh.remove();
  });

  const request = (query: string, headers: Record<string, string> = {}, path = 'bank') =>
    fetch(`${gateway.url}/${path}/feed/transactions${query}`, {
      headers: { authorization: `Bearer ${gateway.key(path)}`, ...headers },
    });
  const read = async (query: string) => (await (await request(query)).json()) as Page;
  const append = (first: number, count: number) =>
    gateway.appendRecords('bank', 'transactions', createTransactions(count, first));

  it('returns every version in sequence, and an empty page at the end', async () => {
    await append(0, 5);
    await gateway.appendRecords('bank', 'transactions', [
      serializeTransaction({
        id: 'tx-2',
        createdAt: '2026-01-01T00:00:00.002Z',
        type: 'PAYIN',
        status: 'FAILED',
        amount: { amount: 2n, asset: 'EUR/2' },
      }),
    ]);
    const rows: Row[] = [];
    let after = 0;
    for (;;) {
      const page = await read(`?after=${after}&limit=4`);
      if (page.rows.length === 0) break;
      rows.push(...page.rows);
      after = page.next;
    }
    expect(rows.map(({ sequence, id, version }) => [sequence, id, version])).toEqual([
      [1, 'tx-0', 1],
      [2, 'tx-1', 1],
      [3, 'tx-2', 1],
      [4, 'tx-3', 1],
      [5, 'tx-4', 1],
      [6, 'tx-2', 2],
    ]);
    expect(rows.map(({ record, feedTime }) => [record.id, record.updatedAt === feedTime])).toEqual(
      rows.map(({ id }) => [id, true]),
    );
    const list = (await (
      await gateway.get('/bank/transactions?sort=updatedAt:asc', gateway.key('bank'))
    ).json()) as unknown[];
    expect(rows.map(({ record }) => record)).toEqual(list);
  });

  it('sends JSON lines with the same rows', async () => {
    await append(0, 3);
    const response = await request('?after=1', { accept: 'application/x-ndjson' });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const page = await read('?after=1');
    expect(response.headers.get('tributary-epoch')).toBe(String(page.epoch));
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(page.rows);
  });

  it('waits for a row, and returns at once when it comes', async () => {
    const waiting = read('?wait=20s');
    await append(0, 1);
    expect((await waiting).rows).toHaveLength(1);
    const startedAt = performance.now();
    expect((await read('?after=1&wait=300ms')).rows).toEqual([]);
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  });

  it('sends events from the last one on, and ends them when the gateway stops', async () => {
    await append(0, 2);
    const { epoch } = await read('');
    const response = await request('', {
      accept: 'text/event-stream',
      'last-event-id': `${epoch}-1`,
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const readUntil = async (wanted: string) => {
      while (!text.includes(wanted)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the events ended before ${wanted}: ${text}`);
        text += value;
      }
    };
    await readUntil(`id: ${epoch}-2\ndata: {"sequence":2,`);
    await append(2, 1);
    await readUntil(`id: ${epoch}-3\ndata: {"sequence":3,`);
    expect(text).not.toContain('"sequence":1,');
    const closing = gateway.gateway.close();
    while (!(await reader.read()).done);
    await closing;
  });

  it('refuses a position from before a restore', async () => {
    await append(0, 2);
    const { epoch } = await read('');
    expect(await expectError(await request('?after=3'), 409)).toEqual({
      Title: 'The store was restored',
      Detail: expect.stringMatching(/^after is 3, and the last row of the feed is 2: .*after=0/),
    });
    await expectError(await request(`?after=1&epoch=${epoch + 1}`), 409);
    expect((await read(`?after=0&epoch=${epoch + 1}`)).rows).toHaveLength(2);
  });

  it('serves no row that was altered in the database', async () => {
    await append(0, 2);
    await runSql(
      fresh.url,
      `update feed_rows set body = replace(body, '"amount":"1"', '"amount":"7"') where seq = 2`,
    );
    await expectError(await request(''), 500);
    expect((await read('?limit=1')).rows).toHaveLength(1);
  });

  it('needs a key of the connector, and separates connectors', async () => {
    await append(0, 1);
    const stranger = { authorization: `Bearer ${gateway.key('acme/bank')}` };
    await expectError(await request('', stranger), 401);
    expect(((await (await request('', {}, 'acme/bank')).json()) as Page).rows).toEqual([]);
  });

  it.each([
    ['?after=-1', 'after is "-1", expected one whole number from 0'],
    ['?after=1&after=2', 'after is given 2 times'],
    ['?limit=1001', 'limit is "1001", expected one whole number from 1 to 1000'],
    ['?wait=31s', 'wait is "31s", expected one time up to 30s'],
  ])('names what is wrong with %s', async (query, message) => {
    expect((await expectError(await request(query), 422)).Detail).toContain(message);
  });

  it('answers other streams and methods as the contract does', async () => {
    const key = gateway.key('bank');
    await expectError(await gateway.get('/bank/feed/payouts', key), 422);
    const response = await fetch(`${gateway.url}/bank/feed/transactions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
    });
    await expectError(response, 405);
  });
});
