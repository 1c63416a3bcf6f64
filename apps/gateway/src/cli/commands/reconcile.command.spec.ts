/** Tests `tributary reconcile` with a ledger over HTTP, from the deployment file to the report. */
import { openStore } from '@tributary/feed';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_STORE } from '../../../../../libs/feed/src/testing/stores.js';
import { appendRows, createPayment } from '../../../../../libs/reconciliation/src/testing/feed-rows.js';
import { runCli } from '../run-cli.js';

const TOKEN = 'token-of-this-ledger';
const directory = mkdtempSync(join(tmpdir(), 'tributary-reconcile-'));
const config = join(directory, 'gateway.yaml');
const fresh = await DEFAULT_STORE.create();

interface Booking {
  id: number;
  amount: string;
  reference: string;
}
const bookings: Booking[] = [];
/** If set, the ledger answers all requests with this HTTP status. */
let failure: number | undefined;

/** Responds like Ledger v2. The amounts are JSON numbers that are too large for a double. */
const ledger = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://ledger');
  if (failure !== undefined || request.headers.authorization !== `Bearer ${TOKEN}`)
    return response.writeHead(failure ?? 401).end();
  const query = JSON.parse(searchParams.get('query') ?? '{}') as { $gt?: { id: number } };
  if (pathname === '/v2/main/transactions') {
    const data = bookings
      .filter(({ id }) => id > (query.$gt?.id ?? -1))
      .map(
        ({ id, amount, reference }) =>
          `{"id":${id},"timestamp":"2026-01-10T00:00:00Z","reference":"${reference}","metadata":{},"reverted":false,` +
          `"postings":[{"source":"world","destination":"psp:sand:main","asset":"EUR/2","amount":${amount}}]}`,
      );
    return response.end(`{"cursor":{"pageSize":1000,"hasMore":false,"data":[${data.join(',')}]}}`);
  }
  if (pathname === '/v2/main/aggregate/balances') {
    const sum = bookings.reduce((total, { amount }) => total + BigInt(amount), 0n);
    return response.end(`{"data":{"EUR/2":${sum}}}`);
  }
  return response.writeHead(404).end();
});

const run = async (...args: string[]) => {
  const [out, err]: string[][] = [[], []];
  const code = await runCli(['reconcile', ...args, '-c', config], {
    out: (text) => void out?.push(text),
    err: (text) => void err?.push(text),
  });
  return { code, out: out?.join('\n') ?? '', err: err?.join('\n') ?? '' };
};

async function addRow(id: string, amount: bigint): Promise<void> {
  const store = await openStore(fresh.url);
  await appendRows(store, 'sand', [createPayment(id, 'main', amount, Date.UTC(2026, 0, 10))]);
  await store.close();
}

beforeAll(async () => {
  await new Promise<void>((resolve) => ledger.listen(0, '127.0.0.1', resolve));
  const { port } = ledger.address() as AddressInfo;
  writeFileSync(
    config,
    `store: ${fresh.url}
connectors: [{ name: sand, plugin: sandbox, apiKeys: [a-key-of-the-test-1] }]
reconciliation:
  policies:
    - name: sand
      ledger: { url: 'http://127.0.0.1:${port}', name: main, token: ${TOKEN} }
      accounts: [{ connector: sand, account: main, ledgerAccount: 'psp:sand:main' }]
      rules: [{ kind: exact, psp: id, ledger: reference }]
`,
  );
  await addRow('p1', 10n ** 20n);
  await addRow('p2', 1250n);
  bookings.push({ id: 1, amount: (10n ** 20n).toString(), reference: 'p1' });
  bookings.push({ id: 2, amount: '1240', reference: 'p2' });
});
afterAll(async () => {
  await fresh.remove();
  rmSync(directory, { recursive: true });
  await new Promise((resolve) => ledger.close(resolve));
});

const firstBreak = async () => (JSON.parse((await run('list', '--json')).out) as { id: string }[])[0]!.id;

it('check says what the rules would match, and stores no run', async () => {
  const { code, out } = await run('check');
  expect(code).toBe(0);
  expect(out).toMatch(/^1 +exact +1 1:1 \(1 rows, 1 bookings\)$/m);
  expect(out).toMatch(/amount-differs +1 +0 +0/);
  expect((await run('list', '--runs', '--json')).out).toBe('[]');
});

it('run finds the difference, exits with 1, and prints both sides exactly', async () => {
  const { code, out, err } = await run('run');
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(out).toMatch(/^sand: breaks \(run_[0-9a-f]{20}\)$/m);
  expect(out).toMatch(
    /^sand\/main +1000000000000000012.50 +1000000000000000012.40 +0.10 +0.00 +0.00 +EUR\/2$/m,
  );
});

it('list, show and explain tell the break and both of its sides', async () => {
  const id = await firstBreak();
  expect((await run('list', '--state', 'open')).out).toMatch(
    new RegExp(
      `^${id} +amount-differs +open, new +2026-01-10 +sand/main 0.10 EUR/2 +psp:p2 ledger:2 +-$`,
      'm',
    ),
  );
  expect((await run('list', '--class', 'duplicate')).out).toBe('There are no such breaks.');
  expect((await run('show', id)).out).toContain('the PSP moved 1250 and the ledger booked 1240');
  expect((await run('explain', 'sand', 'p1')).out).toMatch(/^matched by rule 1, 1:1\n/);
  expect((await run('explain', 'sand', 'p2')).out).toContain(
    'candidate by rule 1, key p2: ledger 2: its amount differs by 10',
  );
  expect((await run('explain', 'sand', '2', '--ledger')).out).toMatch(/^not-matched\n/);
  expect(await run('explain', 'sand', 'none')).toMatchObject({ code: 1, out: '' });
  expect(await run('show', 'brk_none')).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no break'),
  });
});

it('export writes the report, and verify finds a changed byte in it', async () => {
  const report = join(directory, 'report');
  expect((await run('export', 'sand', '--to', report)).code).toBe(0);
  const manifest = readFileSync(join(report, 'manifest.sha256'), 'utf8');
  expect(manifest.split('\n').map((line) => line.slice(66))).toEqual([
    'report.json',
    'breaks.csv',
    'report.html',
    '',
  ]);
  expect(JSON.parse(readFileSync(join(report, 'report.json'), 'utf8'))).toMatchObject({
    summary: { verdict: 'breaks', balances: [{ residual: '0' }] },
    breaks: [{ class: 'amount-differs' }],
  });
  expect(readFileSync(join(report, 'breaks.csv'), 'utf8')).toContain(
    ',psp,sand,p2,sand/main,EUR/2,1250,12.50,',
  );
  const html = readFileSync(join(report, 'report.html'), 'utf8');
  expect(html).toContain('<svg');
  expect(html).not.toMatch(/<script|<link|src=|href=/);
  expect(await run('verify', '--report', report)).toEqual({
    code: 0,
    out: '1 event and 1 run are as they were written.',
    err: '',
  });
  writeFileSync(join(report, 'report.html'), html.replace('0.10', '0.11'));
  const changed = await run('verify', '--report', report);
  expect(changed.code).toBe(2);
  expect(changed.err).toContain('it was changed');
});

it('accept needs a note, and the next run is reconciled', async () => {
  const id = await firstBreak();
  expect(await run('accept', id)).toMatchObject({ code: 2, err: expect.stringContaining('--note') });
  expect((await run('accept', id, '--note', 'fee of the bank', '--by', 'ana')).code).toBe(0);
  expect((await run('assign', id, 'bo', '--note', 'please book it', '--by', 'ana')).code).toBe(0);
  expect((await run('comment', id, '--note', 'asked the bank', '--by', 'bo')).code).toBe(0);
  const { code, out } = await run('run');
  expect(code).toBe(0);
  expect(out).toContain('sand: reconciled');
  const shown = (await run('show', id)).out;
  expect(shown).toMatch(
    /accept by ana: fee of the bank\n.*assign by ana: please book it\n.*comment by bo: asked the bank$/,
  );
});

it('link and unlink', async () => {
  await addRow('p3', 7n);
  bookings.push({ id: 3, amount: '7', reference: 'typo' });
  expect((await run('run')).code).toBe(1);
  const open = JSON.parse((await run('list', '--state', 'open', '--json')).out) as { id: string }[];
  const linked = await run('link', ...open.map(({ id }) => id), '--note', 'same payment');
  expect(linked.code).toBe(0);
  const [, link = ''] = /Link (\d+)/.exec(linked.out) ?? [];
  expect((await run('run')).code).toBe(0);
  expect((await run('explain', 'sand', 'p3')).out).toMatch(/^linked\n/);
  expect((await run('unlink', link, '--note', 'it was another one')).code).toBe(0);
  expect((await run('run')).code).toBe(1);
});

it.each([401, 500])(
  'a ledger that answers %d makes the run incomplete, and no secret is shown',
  async (status) => {
    failure = status;
    const { code, out, err } = await run('run');
    failure = undefined;
    expect(code).toBe(2);
    expect(out).toContain(`was answered ${status}`);
    expect(out + err).not.toContain(TOKEN);
  },
);

it('names the policies when there is none of this name', async () => {
  expect(await run('run', 'sant')).toMatchObject({ code: 2, err: expect.stringContaining('sand') });
});
