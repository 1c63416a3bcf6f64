import { createBankHistory } from './bank-history.js';
import { formatMt940 } from './statement-file.js';

it('writes three days before today, whose closing balances are the sums of what each day changed', () => {
  const days = createBankHistory(Date.parse('2026-03-10T09:00:00Z'));
  expect(days.map(({ files }) => files.map(({ name }) => name))).toEqual([
    ['2026-03-06-EUR.sta', '2026-03-06-JPY.sta'],
    ['2026-03-07-EUR.sta', '2026-03-07-JPY.sta'],
    ['2026-03-08-EUR.sta', '2026-03-08-JPY.sta'],
  ]);
  const sums = new Map<string, bigint>();
  for (const { change, closing } of days) {
    for (const [asset, amount] of change) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
    expect(sums).toEqual(closing);
  }
});

it('writes amounts as MT940 does: a comma, and the decimals of the currency', () => {
  const statement = { account: 'DE02120300000000202051', day: '2026-03-06', opening: 5n } as const;
  const lines = formatMt940({ ...statement, currency: 'EUR', entries: [-12_345n] }).split('\r\n');
  expect(lines).toEqual(expect.arrayContaining([':60F:C260306EUR0,05', ':62F:D260306EUR123,40']));
  expect(lines[4]).toMatch(/^:61:2603060306D123,45NTRF/);
  expect(formatMt940({ ...statement, currency: 'JPY', entries: [700n] })).toContain(':62F:C260306JPY705,');
});
