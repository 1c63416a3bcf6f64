import type { Balances, Page, Transaction } from '@tributary/connector-api';
import { setImmediate } from 'node:timers/promises';
import { normalizePage } from './normalize-page.js';
import {
  createBankConnector,
  SyncTestHarness,
  LOG_LEVELS,
  yieldPages,
  SECRET,
  createTransaction,
} from '../testing/sync-test-harness.js';

let bench: SyncTestHarness;

beforeEach(async () => {
  bench = await SyncTestHarness.open();
});

afterEach(async () => {
  await bench.close();
});

/** Returns an item of a wrong type as a transaction, as a plugin with a wrong type cast does. */
const castToTransaction = (item: unknown) => item as Transaction;

describe('what cannot be served', () => {
  it('goes into the quarantine with a reason and what the PSP sent, and the good rows of its page go on', async () => {
    const negative = createTransaction('negative', {
      amount: { amount: -5n, asset: 'EUR/2' },
      metadata: { 'com.bank.spec/note': `the key is ${SECRET}` },
    });
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () =>
          yieldPages<Transaction>([
            {
              cursor: '1',
              items: [
                createTransaction('good'),
                negative,
                castToTransaction(null),
                castToTransaction({ ...createTransaction('status'), status: 'MAYBE' }),
                castToTransaction({ ...createTransaction('money'), amount: undefined }),
                castToTransaction({
                  ...createTransaction('long'),
                  createdAt: 'x',
                  metadata: { a: 'ab '.repeat(30_000) },
                }),
                { id: 'own', reason: `the file is broken, ${SECRET}`, raw: `:20:${SECRET}` },
                createTransaction('also good'),
              ],
            },
          ]),
      }),
    ]);
    const runs = await engine.runOnce();
    expect(runs.at(-1)).toMatchObject({ records: 8, added: 2, refused: 6 });
    expect(await bench.readIds()).toEqual(['good', 'also~20good']);
    const entries = await bench.store.listQuarantine('bank');
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    expect(byId.get('negative')?.reason).toBe(
      'amount -5 is negative: the direction belongs into type and accounts',
    );
    expect(byId.get('negative')?.raw).toContain('"amount":"-5n"');
    expect(byId.get('status')?.reason).toMatch(/status "MAYBE" is none of PENDING/);
    expect(byId.get('own')).toMatchObject({
      reason: 'the file is broken, [redacted]',
      raw: ':20:[redacted]',
    });
    expect(byId.get('long')?.raw).toHaveLength(65_537);
    expect(byId.has('money')).toBe(true);
    expect(entries.find(({ reason }) => reason === 'the item is null, expected an object')?.id).toMatch(
      /^unidentified-/,
    );
    expect(JSON.stringify([entries, bench.lines])).not.toContain(SECRET);
  });

  it('is retried after the plugin was mended, and clears itself when it arrives right', async () => {
    let isMended = false;
    const engine = () =>
      bench.createEngine([
        createBankConnector({
          transactions: (since?: string) =>
            yieldPages<Transaction>(
              since === undefined
                ? [
                    {
                      cursor: '1',
                      items: [isMended ? createTransaction('a') : { id: 'a', reason: 'unknown type' }],
                    },
                  ]
                : [],
            ),
        }),
      ]);
    await engine().runOnce();
    isMended = true;
    await engine().runOnce();
    expect((await bench.store.listQuarantine('bank')).map(({ id }) => id)).toEqual(['a']);
    const author = { by: 'alice', via: 'api', connector: 'bank' } as const;
    await bench.store.operator().rereadStreams(author, ['transactions'], 0);
    await engine().runOnce();
    expect(await bench.store.listQuarantine('bank')).toEqual([]);
    expect(await bench.readIds()).toEqual(['a']);
  });

  it('is logged once, as long as it stays the same', async () => {
    let reason = 'broken';
    const engine = () =>
      bench.createEngine([
        createBankConnector({
          transactions: () =>
            yieldPages<Transaction>([
              {
                cursor: 'c',
                items: [{ id: 'file.xml', reason }],
                warnings: [{ id: 'sums', message: 'opening + entries = 5.00, closing is 6.00' }],
              },
            ]),
        }),
      ]);
    for (let restart = 0; restart < 3; restart++) await engine().runOnce();
    expect(bench.findLogLines('refused file.xml: broken')).toMatchObject([{ level: LOG_LEVELS.warn }]);
    expect(bench.findLogLines('found sums: opening')).toMatchObject([{ level: LOG_LEVELS.warn }]);
    expect(bench.findLogLines('1 record in 1 page, 1 rejected').map(({ level }) => level)).toEqual([
      LOG_LEVELS.info,
      LOG_LEVELS.debug,
      LOG_LEVELS.debug,
    ]);
    reason = 'still broken';
    await engine().runOnce();
    expect(bench.findLogLines('refused file.xml: still broken')).toHaveLength(1);
    expect(await bench.readMetric('tributary_quarantine_open', { kind: 'refusal' })).toBe(1);
    expect(await bench.readMetric('tributary_quarantine_open', { kind: 'finding' })).toBe(1);
  });

  it('is logged once, although its position in the page changes with the rows before it', async () => {
    let position = 3;
    const engine = () =>
      bench.createEngine([
        createBankConnector({
          transactions: () =>
            yieldPages<Transaction>([
              {
                cursor: 'c',
                items: [{ id: 'tx', reason: `rows[${position}].amount: expected a decimal number` }],
              },
            ]),
        }),
      ]);
    for (; position < 6; position++) await engine().runOnce();
    expect(bench.findLogLines('refused tx')).toHaveLength(1);
  });

  it('leaves the quarantine with a good record of its id, encoded or not, and when the plugin says so', async () => {
    let repaired = false;
    const item = (id: string) =>
      createTransaction(id, { amount: { amount: repaired ? 5n : -5n, asset: 'EUR/2' } });
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () =>
          yieldPages<Transaction>([
            {
              cursor: repaired ? '2' : '1',
              items: [
                item('plain'),
                item('with space/and ümlaut'),
                ...(repaired ? [] : [{ id: 'file', reason: 'x' }]),
              ],
              resolvedIds: repaired ? ['file'] : [],
            },
          ]),
      }),
    ]);
    await engine.runOnce();
    expect(await bench.store.listQuarantine('bank')).toHaveLength(3);
    repaired = true;
    await engine.runOnce();
    expect(await bench.store.listQuarantine('bank')).toEqual([]);
    expect(await bench.readIds()).toEqual(['plain', 'with~20space~2Fand~20~C3~BCmlaut']);
    expect(await bench.readMetric('tributary_quarantine_open', { kind: 'refusal' })).toBe(0);
  });

  it('may be a balance of a page: the page goes on, and the next good one clears it', async () => {
    let amounts: Balances['amounts'] = [
      { amount: 1n, asset: 'EUR/2' },
      { amount: 2n, asset: 'EUR/2' },
    ];
    const engine = bench.createEngine([
      createBankConnector({
        transactions: () =>
          yieldPages<Transaction>([
            {
              cursor: 'c',
              items: [createTransaction('t')],
              balances: [{ accountId: 'acc', at: '2025-12-31T00:00:00Z', amounts }],
            },
          ]),
      }),
    ]);
    await engine.runOnce();
    expect(await bench.store.listQuarantine()).toMatchObject([
      { id: 'balances:acc', reason: 'the balance in EUR/2 of account acc comes twice' },
    ]);
    amounts = [{ amount: 7n, asset: 'EUR/2' }];
    await engine.runOnce();
    expect(await bench.store.listQuarantine()).toEqual([]);
    expect(await bench.store.balances('bank').findLatest('acc')).toMatchObject({
      at: '2025-12-31T00:00:00.000Z',
      balances: [{ currency: 'EUR/2', amount: '7' }],
    });
  });

  it('does not flood the log', async () => {
    const items = Array.from({ length: 500 }, (_, index) => ({ id: `r${index}`, reason: 'poison' }));
    await bench
      .createEngine([
        createBankConnector({ transactions: () => yieldPages<Transaction>([{ items, cursor: 'c' }]) }),
      ])
      .runOnce();
    expect(bench.findLogLines('poison')).toHaveLength(20);
    expect(bench.findLogLines('more refusals and findings')).toHaveLength(1);
    expect(await bench.store.listQuarantine('bank', 1000)).toHaveLength(500);
  });
});

describe('a page', () => {
  it('is appended oldest first, the versions of one record in the order of the plugin', async () => {
    const at = (second: number) => `2025-12-31T00:00:0${second}Z`;
    const tx = (id: string, second: number, status: Transaction['status'] = 'SUCCEEDED') =>
      createTransaction(id, { createdAt: at(0), updatedAt: at(second), status });
    const items = [tx('c', 5), tx('b', 4), tx('v', 3, 'PENDING'), tx('v', 2), tx('a', 1)];
    await bench
      .createEngine([
        createBankConnector({ transactions: () => yieldPages<Transaction>([{ items, cursor: 'c' }]) }),
      ])
      .runOnce();
    expect((await bench.readRows()).map(({ id, status }) => `${String(id)} ${String(status)}`)).toEqual([
      'a SUCCEEDED',
      'v PENDING',
      'v SUCCEEDED',
      'b SUCCEEDED',
      'c SUCCEEDED',
    ]);
  });

  it('of any size leaves the event loop free', async () => {
    const items = Array.from({ length: 20_000 }, (_, index) => createTransaction(`t${index}`));
    let turns = 0;
    let ended = false;
    const page = normalizePage('transactions', { items, cursor: 'c' }, (text) => text).finally(
      () => (ended = true),
    );
    while (!ended) {
      await setImmediate();
      turns++;
    }
    expect((await page).records).toHaveLength(20_000);
    expect(turns).toBeGreaterThan(50);
  });

  it('with findings, balances and clearances that are none serves its items all the same', async () => {
    const malformed = {
      items: [createTransaction('good')],
      cursor: '1',
      warnings: [null, 'a text', { id: 'f', message: 'it does not add up' }],
      balances: 'none',
      resolvedIds: { f: true },
    } as unknown as Page<Transaction>;
    await bench
      .createEngine([createBankConnector({ transactions: () => yieldPages([malformed]) })])
      .runOnce();
    expect(await bench.readIds()).toEqual(['good']);
    expect((await bench.store.listQuarantine('bank')).map(({ id }) => id)).toEqual(['f']);
  });

  it('without a list of items or a cursor fails the pull with a reason', async () => {
    const engine = bench.createEngine([
      createBankConnector({ transactions: () => yieldPages([{ items: [createTransaction('t')] } as never]) }),
    ]);
    expect((await engine.runOnce()).at(-1)?.error).toBe(
      'bank transactions: the plugin gave a page without a list of items and a cursor',
    );
    expect(await bench.readIds()).toEqual([]);
  });
});
