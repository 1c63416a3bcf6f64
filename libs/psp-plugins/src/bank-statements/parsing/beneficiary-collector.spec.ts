/** Tests that the collector returns each beneficiary once, and again only if an entry contains more about it. */
import { expect, it } from '@jest/globals';
import type { Entry, Party } from '../statements/statement.types.js';
import { BeneficiaryCollector } from './beneficiary-collector.js';

function createEntry(counterparty: Party | undefined, others: Partial<Entry> = {}): Entry {
  return {
    part: 'entry',
    creditDebit: 'DBIT',
    reversal: false,
    status: 'BOOK',
    amount: '1.00',
    currency: 'EUR',
    references: {},
    details: [],
    position: 'line 1',
    raw: '',
    ...(counterparty && { counterparty }),
    ...others,
  };
}

function collect(...entries: Entry[]): { id: string; name: string }[][] {
  const collector = new BeneficiaryCollector();
  return entries.map((entry) => {
    collector.add(entry);
    return collector.takeBatch().beneficiaries.map(({ id, ownerName }) => ({ id, name: ownerName }));
  });
}

it('returns an equal party once', () => {
  const party = { name: 'A', accountNumber: '1' };
  expect(collect(createEntry(party), createEntry({ ...party }))).toEqual([[{ id: '1', name: 'A' }], []]);
});

it.each<[string, Party, Party]>([
  ['a name that the first entry does not contain', { accountNumber: '1' }, { accountNumber: '1', name: 'A' }],
  ['a city', { accountNumber: '1', name: 'A' }, { accountNumber: '1', name: 'A', city: 'Rome' }],
  ['another account number', { accountNumber: '1', name: '1A' }, { accountNumber: '11', name: 'A' }],
])('returns a second beneficiary with %s', (_, first, second) => {
  const [, added] = collect(createEntry(first), createEntry(second));
  expect(added).toEqual([{ id: second.accountNumber, name: 'A' }]);
});

it('returns the paid parties of a batch, and no party of a credit', () => {
  const details = [
    { references: {}, counterparty: { accountNumber: '1' } },
    { references: {}, counterparty: { accountNumber: '2' }, creditDebit: 'CRDT' as const },
    { references: {}, counterparty: { accountNumber: '3' } },
  ];
  expect(
    collect(
      createEntry(undefined, { details }),
      createEntry({ accountNumber: '4' }, { creditDebit: 'CRDT' }),
      createEntry({ accountNumber: '5' }, { status: 'INFO' }),
    ),
  ).toEqual([
    [
      { id: '1', name: '1' },
      { id: '3', name: '3' },
    ],
    [],
    [],
  ]);
});
