/** Tests that rows of accounts that the PSP does not list are rejected. */
import { Json } from '../http/index.js';
import type { RejectedRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { createListedAccountCheck } from './index.js';

const SHARED = {
  ...({ createdAt: '2026-01-01T00:00:00Z', status: 'SUCCEEDED', type: 'PAYOUT' } as const),
  amount: { amount: 5n, asset: 'EUR/2' },
};

function startTest(pages: (Transaction | RejectedRecord)[][], listed: readonly Json[] = []) {
  const accounts = ['own'];
  let requestCount = 0;
  const toJson = (id: string) => Json.parse(JSON.stringify({ id }));
  const check = createListedAccountCheck(async () => {
    requestCount += 1;
    return accounts.map(toJson);
  }, listed);
  const source = check({
    id: 'rows',
    async *list() {
      for (const items of pages) yield { rows: [{ items, resolvedIds: ['kept'] }], position: 1 };
    },
  });
  const list = async () => {
    const lines: string[] = [];
    for await (const { rows } of source.list(undefined))
      for (const { items, resolvedIds } of rows)
        lines.push(
          ...items.map((item) => ('reason' in item ? `${item.id} ${item.reason}` : item.id)),
          ...(resolvedIds ?? []),
        );
    return { lines, requestCount };
  };
  return { accounts, list };
}

it('rejects a row that names only unknown accounts, and keeps one without accounts', async () => {
  const { accounts, list } = startTest([
    [
      { ...SHARED, id: 'a', sourceAccountId: 'own', destinationAccountId: 'payee' },
      { ...SHARED, id: 'b', sourceAccountId: 'new' },
      { ...SHARED, id: 'c' },
      { id: 'd', reason: 'invalid' },
    ],
  ]);
  expect(await list()).toEqual({
    lines: [
      ...[
        'a',
        'b the row names new, and the list of accounts contains no such account',
        'c',
        'd invalid',
        'kept',
      ],
    ],
    requestCount: 1,
  });
  accounts.push('new');
  expect((await list()).lines).toEqual(['a', 'b', 'c', 'd invalid', 'kept']);
});

it('requests the accounts once for any number of known rows, and never for none', async () => {
  const row = { ...SHARED, id: 'a', sourceAccountId: 'own' };
  expect((await startTest([[row], [row], []]).list()).requestCount).toBe(1);
  expect((await startTest([[], []]).list()).requestCount).toBe(0);
  const listed = [Json.parse('{"id":"own"}')];
  expect((await startTest([[row], [row]], listed).list()).requestCount).toBe(0);
});
