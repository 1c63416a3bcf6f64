/**
 * The currencies of ISO 4217 by number of decimal places: list one of 2026, and recently withdrawn codes that occur in old statements. The
 * data of `Intl` is not suitable, because it describes prices in shops. For some currencies (e.g. IQD) it has fewer decimal places than ISO
 * 4217.
 */
const CURRENCIES_BY_DECIMALS: Readonly<Record<number, string>> = {
  0: 'BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD ANG AOA ARS ATS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW ' +
    'CNY COP COU CRC CUC CUP CVE CZK DEM DKK DOP DZD EEK EGP ERN ETB EUR FIM FJD FKP FRF GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG ' +
    'HUF IDR IEP ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL LTL LVL MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR ' +
    'MWK MXN MXV MYR MZN NAD NGN NIO NLG NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SKK ' +
    'SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VEF VES WST XCD XCG YER ZAR ' +
    'ZMK ZMW ZWG ZWL',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const DECIMALS_BY_CURRENCY = new Map(
  Object.entries(CURRENCIES_BY_DECIMALS).flatMap(([digits, codes]) =>
    codes.split(' ').map((code) => [code, Number(digits)] as const),
  ),
);

/**
 * Returns the number of decimal places of a currency: `EUR` → 2.
 * @returns `undefined` for a code that is not a currency of ISO 4217
 */
export function getCurrencyDecimals(code: string): number | undefined {
  return DECIMALS_BY_CURRENCY.get(code);
}
