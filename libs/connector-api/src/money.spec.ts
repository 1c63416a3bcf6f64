import fc from 'fast-check';
import { InvalidRecordError } from './errors.js';
import {
  ASSET_PATTERN,
  getAssetDecimals,
  currencyToAsset,
  formatAsset,
  normalizeAsset,
  formatAmount,
  parseMoney,
  parseAmount,
} from './money.js';

const assets = fc.constantFrom('EUR/2', 'JPY', 'BHD/3', 'CLF/4', 'BTC/8', 'ETH/18', 'X/40');

test('every amount that fits comes back from its decimal form, with any size and precision', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 60n), 10n ** 60n), assets, (amount, asset) => {
      expect(parseAmount(formatAmount({ amount, asset }), asset)).toBe(amount);
    }),
  );
});

test('decimal form and minor units are the same number', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 30n), fc.integer({ min: 0, max: 12 }), (whole, digits) => {
      const asset = formatAsset('ABC', digits);
      expect(parseAmount(`${whole}`, asset)).toBe(whole * 10n ** BigInt(digits));
      expect(parseAmount(`-${whole}.`, asset)).toBe(-whole * 10n ** BigInt(digits));
      expect(parseAmount(`+000${whole}.${'0'.repeat(digits + 5)}`, asset)).toBe(
        whole * 10n ** BigInt(digits),
      );
    }),
  );
});

test.each([
  ['12.50', 'EUR/2', 1250n],
  ['12.5', 'EUR/2', 1250n],
  ['.5', 'EUR/2', 50n],
  ['5.', 'EUR/2', 500n],
  ['12.500', 'EUR/2', 1250n],
  ['-0', 'EUR/2', 0n],
  ['0.001', 'BHD/3', 1n],
  ['9007199254740993', 'JPY', 9007199254740993n],
  ['90071992547409.93', 'EUR/2', 9007199254740993n],
])('%s of %s is %s', (decimal, asset, units) => {
  expect(parseAmount(decimal, asset)).toBe(units);
});

test.each([
  ...['', ' ', '.', '-', '+', '-.', '1,50', '1.5.0', '1e3', '1E3', '0x10', '0b1', '1_000', 'Infinity', 'NaN'],
  ...[
    '- 1',
    '--1',
    '1-',
    ' 1',
    '1 ',
    '1\n',
    '\t1',
    '1\u00a0',
    '\ufeff1',
    '١٢',
    '１２',
    '12n',
    'null',
    '1.2.',
  ],
  ...['9'.repeat(65), '1'.repeat(1_000_000)],
])('%j is no amount', (decimal) => {
  expect(() => parseAmount(decimal, 'EUR/2')).toThrow(InvalidRecordError);
});

test('what is refused is not repeated at full length', () => {
  expect(() => parseAmount('7'.repeat(1_000_000), 'EUR/2')).toThrow(/^.{1,200}$/);
  expect(() => currencyToAsset('E'.repeat(1_000_000))).toThrow(/^.{1,200}$/);
});

test('no digit is ever lost: one more than the asset has is refused unless it is zero', () => {
  fc.assert(
    fc.property(assets, fc.bigInt(0n, 10n ** 12n), fc.integer({ min: 1, max: 9 }), (asset, amount, digit) => {
      const decimal = formatAmount({ amount, asset });
      const longer = decimal.includes('.') ? `${decimal}${digit}` : `${decimal}.${digit}`;
      expect(() => parseAmount(longer, asset)).toThrow(/more than the \d+ decimal places/);
    }),
  );
});

test('assets follow ISO 4217, and are refused where it is silent', () => {
  expect(['EUR', 'JPY', 'BHD', 'CLF', 'ISK', 'IQD', 'HUF', 'UGX'].map(currencyToAsset)).toEqual([
    'EUR/2',
    'JPY',
    'BHD/3',
    'CLF/4',
    'ISK',
    'IQD/3',
    'HUF/2',
    'UGX',
  ]);
  for (const unknown of [
    '',
    'eur',
    'EURO',
    ' EUR',
    'EUR ',
    'XXX',
    'XAU',
    '__proto__',
    'constructor',
    'ЕUR',
    '2',
  ]) {
    expect(() => currencyToAsset(unknown)).toThrow(/is not in ISO 4217/);
  }
  expect(parseMoney('12.5', 'EUR')).toEqual({ amount: 1250n, asset: 'EUR/2' });
  expect(() => parseMoney('12.5', 'JPY')).toThrow('more than the 0 decimal places of JPY');
});

test('every asset of assetWithDigits can be served, and keeps its digits', () => {
  for (const digits of [0, 1, 2, 18, 999_999]) {
    const asset = formatAsset('USDC', digits);
    expect(asset).toMatch(ASSET_PATTERN);
    expect(getAssetDecimals(asset)).toBe(digits);
  }
  for (const wrong of [
    '',
    'eur/2',
    'EUR/',
    'EUR/-2',
    'EUR/2\n',
    'EUR/1234567',
    '2EUR',
    'A'.repeat(18),
    'EUR /2',
  ]) {
    expect(wrong).not.toMatch(ASSET_PATTERN);
  }
});

test.each([
  [0n, 'EUR/2', '0.00'],
  [-1n, 'EUR/2', '-0.01'],
  [1n, 'ETH/18', '0.000000000000000001'],
  [-1250n, 'JPY', '-1250'],
  [5n, 'EUR/0', '5'],
])('%s of %s is written %s', (amount, asset, decimal) => {
  expect(formatAmount({ amount, asset })).toBe(decimal);
});

test.each([
  ['EUR/2', 'EUR/2'],
  ['EUR', 'EUR/2'],
  ['EUR/3', 'EUR/2'],
  ['JPY/2', 'JPY'],
  ['BTC/8', 'BTC/8'],
  ['BTC/08', 'BTC/8'],
  ['POINTS/0', 'POINTS'],
])('the asset %s is written %s', (asset, canonical) => expect(normalizeAsset(asset)).toBe(canonical));
