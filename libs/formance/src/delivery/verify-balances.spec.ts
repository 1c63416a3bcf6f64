import { DeliveryWorkFile } from './delivery-work-file.js';
import { verifyBalances, type BalancesToVerify } from './verify-balances.js';

let workFile: DeliveryWorkFile;
beforeEach(() => {
  workFile = new DeliveryWorkFile('');
  for (const reference of ['a', 'b', 'added-by-a-person'])
    workFile.addAccount({ id: `id-${reference}`, reference, type: 'INTERNAL' });
  workFile.addAccount({ id: 'id-c', reference: 'c', type: 'EXTERNAL' });
});
afterEach(() => workFile.close());

const serve = (balances: Record<string, BalancesToVerify>) => (accounts: readonly string[]) =>
  Promise.resolve(
    new Map(
      accounts.flatMap((id) => {
        const found = balances[id];
        return found ? [[id, found] as const] : [];
      }),
    ),
  );
const amounts = (eur: string) => new Map([['EUR/2', eur]]);

it('compares own accounts that were served, and no others', async () => {
  const counts = await verifyBalances(
    {
      findServed: serve({
        a: { amounts: amounts('100'), isServed: true },
        b: { amounts: amounts('200'), isServed: false },
        c: { amounts: amounts('300'), isServed: true },
      }),
      findStored: (id) => Promise.resolve(amounts(id === 'id-a' ? '100' : 'not asked')),
    },
    workFile,
  );
  expect(counts).toEqual({ balances: 1, accountsInTransit: 1 });
  expect([...workFile.listDifferences()]).toEqual([]);
});

it('compares an account that differs once more, because Formance may have asked meanwhile', async () => {
  const stored: Record<string, string[]> = { 'id-a': ['100', '150'], 'id-b': ['199', '199'] };
  let comparison = 0;
  await verifyBalances(
    {
      findServed: (accounts) => {
        comparison++;
        return serve({
          a: { amounts: amounts('150'), isServed: true },
          b: { amounts: amounts('200'), isServed: true },
        })(accounts);
      },
      findStored: (id) => Promise.resolve(amounts(stored[id]!.shift()!)),
    },
    workFile,
  );
  expect(comparison).toBe(2);
  expect([...workFile.listDifferences()].map(({ kind, object, message }) => [kind, object, message])).toEqual(
    [['different', 'balance', 'the balance of the account b in EUR/2 is 199 instead of 200']],
  );
});
