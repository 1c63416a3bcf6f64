import fc from 'fast-check';
import { parseFractionalUnits, roundParts } from './round-parts.js';

const UNIT = 1_000_000n;

it('rounds parts so that they add up, and reports what rounding does not explain', () => {
  const parts = ['-0.5', '-0.5', '-0.4', '1000.0'].map(parseFractionalUnits);
  expect(roundParts(parts, 999n)).toEqual({ amounts: [-1n, 0n, 0n, 1000n], difference: 0n });
  expect(roundParts(parts, 990n).difference).toBe(9n);
  expect(roundParts([], 5n)).toEqual({ amounts: [], difference: -5n });
  expect(() => parseFractionalUnits('0.1234567')).toThrow('0.1234567');
});

it('adds up for any parts and any way to round their sum, and moves no part by a unit', () => {
  const amount = fc.bigInt({ min: -10_000_000n, max: 10_000_000n });
  fc.assert(
    fc.property(fc.array(amount, { minLength: 1, maxLength: 30 }), fc.boolean(), (parts, up) => {
      const sum = parts.reduce((all, part) => all + part, 0n);
      const floor = sum / UNIT - (sum % UNIT < 0n ? 1n : 0n);
      const total = sum % UNIT === 0n || !up ? floor : floor + 1n;
      const { amounts, difference } = roundParts(parts, total);
      expect(difference).toBe(0n);
      expect(amounts.reduce((all, part) => all + part, 0n)).toBe(total);
      for (const [index, part] of parts.entries()) {
        const error = (amounts[index] ?? 0n) * UNIT - part;
        expect(error < 2n * UNIT && error > -2n * UNIT).toBe(true);
      }
    }),
  );
});
