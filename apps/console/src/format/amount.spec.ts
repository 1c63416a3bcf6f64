import { formatAmount, toDecimal } from './amount';

it.each([
  ['125000', 'EUR/2', '1,250.00', 'EUR'],
  ['-5', 'EUR/2', '-0.05', 'EUR'],
  ['0', 'BHD/3', '0.000', 'BHD'],
  ['1250', 'JPY', '1,250', 'JPY'],
  // This amount has more digits than a floating-point number, which has 15 to 17 digits.
  ['12345678901234567890123', 'USD/2', '123,456,789,012,345,678,901.23', 'USD'],
  ['1000000000000000001', 'ETH/18', '1.000000000000000001', 'ETH'],
])('formats %s %s as %s %s', (minorUnits, asset, number, currency) => {
  expect(formatAmount(minorUnits, asset, 'en')).toEqual({ number, currency });
});

it('uses the separators of the language', () => {
  expect(formatAmount('123456789', 'EUR/2', 'de').number).toBe('1.234.567,89');
});

it.each([
  ['12.5', 'EUR/2'],
  ['1e3', 'EUR/2'],
  ['', 'EUR/2'],
  ['100', '<b>EUR</b>'],
])('shows %j %s as the gateway sent it', (minorUnits, asset) => {
  expect(formatAmount(minorUnits, asset, 'en')).toEqual({ number: minorUnits, currency: asset });
});

it('keeps leading zeros of the fraction', () => {
  expect(toDecimal('7', 3)).toBe('0.007');
});
