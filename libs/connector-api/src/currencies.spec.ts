import { getCurrencyDecimals } from './currencies.js';

test('knows the currencies whose digits differ from what shops and Intl say', () => {
  expect(['IQD', 'KRW', 'CLF', 'UYW', 'MGA', 'HUF', 'TWD', 'AFN', 'LBP'].map(getCurrencyDecimals)).toEqual([
    3, 0, 4, 4, 2, 2, 2, 2, 2,
  ]);
});

test('agrees with Intl where Intl does not round', () => {
  const codes =
    'AED AUD BHD BRL CAD CHF CLP CNY CZK DKK EUR GBP HKD INR ISK JOD JPY KRW KWD MXN NOK NZD OMR PLN SEK SGD THB TND ' +
    'TRY USD VND XAF XOF XPF ZAR';
  for (const currency of codes.split(' ')) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    expect([currency, getCurrencyDecimals(currency)]).toEqual([
      currency,
      format.resolvedOptions().maximumFractionDigits,
    ]);
  }
});

test.each(['', 'eur', 'EU', 'EURO', 'XXX', 'XTS', 'XAU', 'BTC', '__proto__', 'constructor', 'toString', '0'])(
  '%j is not a currency with a precision',
  (code) => {
    expect(getCurrencyDecimals(code)).toBeUndefined();
  },
);
