import { parseMinorUnits } from '../index.js';
import { compareParts, readListedAccountId } from './index.js';
import { Json } from '../http/json-accessors.js';

const eur = (amount: string) => parseMinorUnits(amount, 'EUR');
const compare = (amount: string, parts: string[]) =>
  compareParts({ object: 'payout', parts: 'entries' }, () => ({
    ...{ id: 'po_1', amount: eur(amount), fees: [eur('5')], parts: parts.map(eur) },
  }));

it('warns if the parts do not add up, and resolves the warning if they do, with or without the fees', () => {
  const message = 'the payout po_1 is 1.00, and its entries add up to 0.90';
  expect(compare('100', ['60', '30'])).toEqual({
    warnings: [{ id: 'payout-entries-po_1', message }],
    resolvedIds: [],
  });
  for (const parts of [
    ['60', '40'],
    ['60', '45'],
  ])
    expect(compare('100', parts)).toEqual({ warnings: [], resolvedIds: ['payout-entries-po_1'] });
});

it('has no result if an amount cannot be read', () => {
  expect(compare('100', ['1.5'])).toEqual({ warnings: [], resolvedIds: [] });
});

it('warns if a part or a fee has another asset', () => {
  const [amount, usd] = [eur('100'), parseMinorUnits('100', 'USD')];
  for (const [fees, parts] of [
    [[], [usd]],
    [[usd], [amount]],
  ] as const)
    expect(
      compareParts({ object: 'payout', parts: 'entries' }, () => ({ id: 'po_1', amount, fees, parts })),
    ).toMatchObject({ warnings: [{ id: 'payout-entries-po_1' }], resolvedIds: [] });
});

it('an object of the list of one account that names another account is rejected', () => {
  const read = (text: string, listedId?: string) =>
    readListedAccountId(Json.parse(text), 'location_id', listedId);
  expect(read('{"location_id":"L1"}', 'L1')).toBe('L1');
  expect(read('{}', 'L1')).toBe('L1');
  expect(read('{"location_id":"L2"}')).toBe('L2');
  expect(() => read('{"location_id":"L9"}', 'L1')).toThrow('location_id: L9, in the list of L1');
  expect(() => read('{}')).toThrow('location_id');
});
