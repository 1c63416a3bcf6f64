import * as fc from 'fast-check';
import { Json } from '../http/json-accessors.js';
import { readDeductions } from './deductions.js';
import { addMoney } from './money-from-minor-units.js';

const eur = (amount: bigint) => ({ amount, asset: 'EUR/2' });
const parseMoney = (part: Json) => eur(BigInt(part.integer('units')));
const NAMES = ['fees', 'tax'];

it('are the parts that are not zero, and what no part explains', () => {
  const details = Json.parse('{"fees":{"units":-30},"tax":{"units":0},"more":{"units":5}}');
  const read = (net: bigint) =>
    readDeductions(details, NAMES, { gross: eur(1000n), net: eur(net), parseMoney }).map(
      ([name, { amount }]) => `${name} ${amount}`,
    );
  expect(read(970n)).toEqual(['fees -30']);
  expect(read(960n)).toEqual(['fees -30', 'other -10']);
});

it('and the gross amount add up to the net amount', () => {
  const units = fc.integer({ min: -1000, max: 1000 });
  const details = fc.record({ fees: fc.record({ units }), tax: fc.record({ units }) }, { requiredKeys: [] });
  fc.assert(
    fc.property(details, units, units, (json, gross, net) => {
      const amounts = { gross: eur(BigInt(gross)), net: eur(BigInt(net)), parseMoney };
      const deductions = readDeductions(Json.parse(JSON.stringify(json)), NAMES, amounts);
      expect(addMoney(amounts.gross, ...deductions.map(([, amount]) => amount))).toEqual(amounts.net);
      expect(deductions.every(([, { amount }]) => amount !== 0n)).toBe(true);
    }),
  );
});

it('a part that cannot be read rejects the entry', () => {
  const amounts = { gross: eur(1n), net: eur(1n), parseMoney };
  expect(() => readDeductions(Json.parse('{"fees":5}'), NAMES, amounts)).toThrow('fees: expected an object');
});
