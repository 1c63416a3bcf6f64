import { describe, expect, it } from '@jest/globals';
import { isBankCharge } from './is-bank-charge.js';

describe('a bank charge', () => {
  it.each([
    ['PMNT/RCDT/CHRG', 'X Y', true],
    ['PMNT/RCDT/CHRG X', 'Y', false],
    ['ACMT/MDOP/A', 'B 808', true],
    ['ACMT/MDOP/A B', '166', false],
    ['ACMT/MDOP/A', 'B 166', false],
  ])(
    'with the codes %j and %j: %s, also after other codes that have the same words',
    (bankTransactionCode, proprietaryCode, expected) => {
      expect(isBankCharge({ references: {}, bankTransactionCode, proprietaryCode })).toBe(expected);
    },
  );
});
