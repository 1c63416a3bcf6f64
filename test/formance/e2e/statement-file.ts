/** Writes bank statements as MT940, and computes their closing balances. */

export interface DailyStatement {
  account: string;
  /** The day of the statement, e.g. `2026-11-25`. */
  day: string;
  currency: 'EUR' | 'JPY';
  /** The opening balance in minor units. */
  opening: bigint;
  /** The amounts of the entries in minor units. A negative amount is a debit. */
  entries: readonly bigint[];
}

export function computeClosingBalance({ opening, entries }: DailyStatement): bigint {
  return entries.reduce((sum, amount) => sum + amount, opening);
}

export function formatMt940(statement: DailyStatement): string {
  const { account, day, currency, opening, entries } = statement;
  const date = day.slice(2).replaceAll('-', '');
  const formatBalance = (amount: bigint) =>
    `${amount < 0n ? 'D' : 'C'}${date}${currency}${formatAmount(amount, currency)}`;
  const lines = entries.flatMap((amount, index) => [
    `:61:${date}${date.slice(2)}${amount < 0n ? 'D' : 'C'}${formatAmount(amount, currency)}NTRFINV-${date}-${index}//BK${date}${index}`,
    `:86:INVOICE ${date} ${index}`,
  ]);
  return [
    `:20:ST${date}`,
    `:25:${account}`,
    `:28C:${date}/1`,
    `:60F:${formatBalance(opening)}`,
    ...lines,
    `:62F:${formatBalance(computeClosingBalance(statement))}`,
    '-',
    '',
  ].join('\r\n');
}

/** Formats an amount: `12345` becomes `123,45` for EUR, and `12345,` for JPY. */
function formatAmount(amount: bigint, currency: DailyStatement['currency']): string {
  const digits = String(amount < 0n ? -amount : amount);
  if (currency === 'JPY') return `${digits},`;
  const padded = digits.padStart(3, '0');
  return `${padded.slice(0, -2)},${padded.slice(-2)}`;
}
