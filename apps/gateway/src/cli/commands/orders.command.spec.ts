import { jest } from '@jest/globals';
import { openStore, type MutableOrderFields } from '@tributary/feed';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_STORE } from '../../../../../libs/feed/src/testing/stores.js';
import { runCli } from '../run-cli.js';

const directory = mkdtempSync(join(tmpdir(), 'tributary-orders-cli-'));
const config = join(directory, 'gateway.yaml');
const fresh = await DEFAULT_STORE.createMigrated();
afterAll(async () => {
  await fresh.remove();
  rmSync(directory, { recursive: true });
});

writeFileSync(
  config,
  `store: ${fresh.url}
connectors:
  - { name: sand, plugin: sandbox, apiKeys: [a-key-of-the-test-1] }
  - { name: bank, plugin: sandbox, apiKeys: [a-key-of-the-test-2], settings: { seed: 2 } }
`,
);

const run = async (...args: string[]) => {
  const [out, err]: string[][] = [[], []];
  const code = await runCli(['orders', ...args, '-c', config], {
    out: (text) => void out?.push(text),
    err: (text) => void err?.push(text),
  });
  return { code, out: out?.join('\n') ?? '', err: err?.join('\n') ?? '' };
};

const ASKED = Date.UTC(2026, 2, 1, 12);

/** Stores an order in the same way as the gateway. */
async function add(
  connector: string,
  number: number,
  progress: Partial<MutableOrderFields>,
  key = `invoice-${number}`,
) {
  const store = await openStore(fresh.url);
  const order = {
    ...{
      id: `order-${connector}-${number}`,
      idempotencyKey: key,
      pspKey: `psp-key-${number}`,
      kind: 'PAYOUT' as const,
    },
    request: JSON.stringify({ sourceAccountId: 'main', destinationAccountId: 'ben-1', metadata: {} }),
    ...{ amount: 1250n, asset: 'EUR/2', createdAt: ASKED + number * 60_000 },
  };
  await store.orders(connector).insertOrGet(order, ({ createdAt }) => ({
    set: { details: '{}', changedAt: createdAt, ...progress, state: 'received' },
    event: 'received',
  }));
  await store.orders(connector).update(order.id, () => ({ set: progress, event: 'a timeout' }));
  await store.close();
}

beforeAll(async () => {
  await add('sand', 1, { state: 'succeeded', attempts: 1, pspId: 'po-1' });
  await add('sand', 2, { state: 'unknown', attempts: 2, outcomeUnknownSince: ASKED });
  await add('bank', 3, { state: 'pending', attempts: 1 }, 'invoice\u001b[31m-3');
  await add('bank', 4, { state: 'unknown', attempts: 1, outcomeUnknownSince: ASKED }, 'invoice-1');
});

describe('list', () => {
  it('shows all orders, the newest first, and nothing that moves the cursor', async () => {
    const { code, out } = await run('list');
    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines[0]).toEqual([
      'CONNECTOR',
      'STATE',
      'KIND',
      'AMOUNT',
      'ASKED',
      'CHANGED',
      'ID',
      'IDEMPOTENCY KEY',
    ]);
    expect(lines.slice(1).map((line) => [line[0], line[1], line[3], line[4], line[6], line[7]])).toEqual([
      ['/bank', 'unknown', '12.50 EUR', '2026-03-01T12:04:00.000Z', 'order-bank-4', 'invoice-1'],
      ['/bank', 'pending', '12.50 EUR', '2026-03-01T12:03:00.000Z', 'order-bank-3', 'invoice [31m-3'],
      ['/sand', 'unknown', '12.50 EUR', '2026-03-01T12:02:00.000Z', 'order-sand-2', 'invoice-2'],
      ['/sand', 'succeeded', '12.50 EUR', '2026-03-01T12:01:00.000Z', 'order-sand-1', 'invoice-1'],
    ]);
  });

  it.each([
    [['bank'], ['order-bank-4', 'order-bank-3']],
    [
      ['--state', 'unknown'],
      ['order-sand-2', 'order-bank-4'],
    ],
    [
      ['--state', 'unknown', '--state', 'succeeded'],
      ['order-sand-1', 'order-sand-2', 'order-bank-4'],
    ],
    [['--state', 'unknown', '/sand'], ['order-sand-2']],
    [['--limit', '1'], ['order-bank-4']],
    [['--state', 'failed'], []],
  ])('%j --json', async (args, ids) => {
    const { out } = await run('list', ...args, '--json');
    expect((JSON.parse(out) as { id: string }[]).map(({ id }) => id)).toEqual(ids);
  });

  it('says when there are none, and what a state is', async () => {
    expect((await run('list', '--state', 'failed')).out).toBe('There are no such orders.');
    expect(await run('list', '--state', 'lost')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Allowed choices are received, waiting') as string,
    });
    expect(await run('list', 'nowhere')).toMatchObject({ code: 2 });
  });
});

describe('orders of a connector that the file does not have any more', () => {
  beforeAll(() =>
    add('old/bank', 5, { state: 'unknown', attempts: 1, outcomeUnknownSince: ASKED }, 'invoice-5'),
  );

  it('are listed, and say so', async () => {
    const { out } = await run('list', '--state', 'unknown');
    expect(out).toMatch(/^\/old\/bank \(removed\) +unknown .*order-old\/bank-5/m);
    expect(out).toMatch(/^\/sand +unknown /m);
    const one = JSON.parse((await run('list', '/old/bank', '--json')).out) as { id: string }[];
    expect(one.map(({ id }) => id)).toEqual(['order-old/bank-5']);
  });

  it('are shown, and can be resolved', async () => {
    expect((await run('show', 'invoice-5')).out).toMatch(/^connector +\/old\/bank$/m);
    const resolved = await run('resolve', 'invoice-5', '--as', 'failed', '--note', 'x', '--yes');
    expect(resolved).toMatchObject({ code: 0, err: '' });
    expect((await run('list', 'old/bank')).out).toMatch(/ failed /);
  });
});

describe('show', () => {
  it.each(['order-sand-2', 'invoice-2'])('%s: everything about it, and its history', async (name) => {
    const { out } = await run('show', name);
    expect(out).toMatch(/^state +unknown, since /m);
    expect(out).toMatch(/^amount +12\.50 EUR \(1250 of EUR\/2\)$/m);
    expect(out).toMatch(/^key at the PSP +psp-key-2$/m);
    expect(out).toMatch(/^in doubt since +2026-03-01T12:00:00.000Z$/m);
    expect(out).toMatch(
      /2 entries in its history, oldest first:\n\S+ +received +received\n\S+ +unknown +a timeout$/,
    );
    const json = JSON.parse((await run('show', name, '--json')).out) as object;
    expect(json).toMatchObject({
      id: 'order-sand-2',
      amount: '1250',
      state: 'unknown',
      history: [{}, { state: 'unknown', event: 'a timeout' }],
    });
  });

  it('asks for the id where two connectors have the key, and says when there is none', async () => {
    expect(await run('show', 'invoice-1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('order-sand-1 (/sand), order-bank-4 (/bank)') as string,
    });
    expect(await run('show', 'order-none')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no order "order-none"') as string,
    });
  });
});

describe('resolve', () => {
  const state = async (id: string) =>
    (JSON.parse((await run('show', id, '--json')).out) as { state: string }).state;

  it('wants an outcome, a note and --yes', async () => {
    expect((await run('resolve', 'order-sand-2', '--note', 'x')).err).toContain(
      "'--as <outcome>' not specified",
    );
    expect((await run('resolve', 'order-sand-2', '--as', 'failed')).err).toContain(
      "'--note <text>' not specified",
    );
    const asked = await run('resolve', 'order-sand-2', '--as', 'failed', '--note', 'x');
    expect(asked).toMatchObject({ code: 2, out: '' });
    expect(asked.err).toBe(
      [
        'Order order-sand-2, a payout of 12.50 EUR by /sand (invoice-2), is unknown.',
        'Formance would be told that the PSP did NOT make this payment, and never will. A person or program that reads this may pay again.',
        'Nothing was changed. Say it again with --yes if that is so.',
      ].join('\n'),
    );
    expect(await state('order-sand-2')).toBe('unknown');
  });

  it.each([[[]], [['--yes']]])('refuses what cannot be, %j', async (yes) => {
    expect(await run('resolve', 'order-sand-1', '--as', 'failed', '--note', 'x', ...yes)).toEqual({
      code: 1,
      out: '',
      err: 'tributary: Order order-sand-1 cannot be resolved as failed: it has succeeded; money that came back is --as returned. Nothing was changed.',
    });
  });

  it('goes by the clock of the store: by that of this machine, what is being sent now could seem long ago', async () => {
    const now = Date.now();
    const sending = {
      attempts: 1,
      sentAt: now,
      holder: JSON.stringify(['another machine', 1, 'a']),
      leasedUntil: now + 45_000,
    };
    await add('sand', 5, { state: 'sending', ...sending });
    const ahead = jest.spyOn(Date, 'now').mockReturnValue(now + 600_000);
    try {
      const said = ['--as', 'failed', '--note', 'x', '--yes'];
      expect((await run('resolve', 'order-sand-5', ...said)).err).toContain('a gateway is working on it');
    } finally {
      ahead.mockRestore();
    }
    expect(await state('order-sand-5')).toBe('sending');
  });

  it('records the word of the operator, and tells clients', async () => {
    const resolved = await run(
      'resolve',
      'invoice-2',
      '--as',
      'succeeded',
      '--psp-id',
      'po-2',
      '--note',
      'ticket 4711',
      '--yes',
    );
    expect(resolved).toEqual({
      code: 0,
      out: 'Order order-sand-2 was unknown and is succeeded now.',
      err: '',
    });
    expect((await run('show', 'order-sand-2')).out).toMatch(
      / succeeded +an operator says succeeded: ticket 4711$/,
    );
    const store = await openStore(fresh.url);
    const rows = await (await store.feed('sand', 'transactions')).latestBodies(['order-sand-2']);
    await store.close();
    expect(JSON.parse(rows.get('order-sand-2') ?? '{}')).toMatchObject({
      relatedTransactionID: 'invoice-2',
      status: 'SUCCEEDED',
      type: 'PAYOUT',
    });
  });
});
