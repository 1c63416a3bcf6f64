/**
 * Tests small files that the plugin once read wrongly, rejected wrongly or did not report. The data is invented. The title of each test
 * describes the right result.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Transaction } from '@tributary/connector-api';
import { FakeBank } from './bank-statements.fake.js';

const CASES = join(import.meta.dirname, 'fixtures/cases');
const SPEC = 'com.bank-statements.spec/';
const OWN = 'DE02120300000000202051';

/** Puts the files into the directory, one after the other, and pulls all streams after each file. */
async function pull(...names: string[]): Promise<FakeBank> {
  const bank = new FakeBank('Europe/Berlin');
  for (const name of names) {
    bank.writeFile(name, readFileSync(join(CASES, name)));
    await bank.sync();
  }
  return bank;
}

const metadataOf = (transaction: Transaction | undefined, key: string): string | undefined =>
  transaction?.metadata?.[SPEC + key];
const warningsOf = ({ feed }: FakeBank): string[] => [...feed.warnings.values()];
/** Returns the closing balance of the only account. */
const balanceOf = ({ feed }: FakeBank) => [...feed.balances.values()].at(-1)?.amounts[0];

describe('a field that moves no money does not refuse the file', () => {
  it.each([
    ['bai2-blank-control-total.bai', []],
    ['bai2-blank-value-date.bai', ['+12.50 USD SUCCEEDED']],
    ['blank-booking-date.sta', ['+12.50 EUR SUCCEEDED']],
    ['etx-after-dash.sta', ['+12.50 EUR SUCCEEDED']],
    ['last-line-without-break.sta', ['+12.50 EUR SUCCEEDED']],
    ['mt940-carriage-returns-only.sta', ['+12.50 EUR SUCCEEDED']],
    ['no-field-20.sta', ['+12.50 EUR SUCCEEDED']],
    ['no-transaction-type.sta', ['+12.50 NGN SUCCEEDED']],
    ['two-files-bai2.bai', ['+1.00 USD SUCCEEDED', '+12.50 USD SUCCEEDED']],
    ['wise-negative-sum.xml', ['-12.50 EUR SUCCEEDED']],
    ['value-date-year-one.xml', ['-1.00 EUR SUCCEEDED', '-12.50 EUR SUCCEEDED']],
  ])('%s is read without a finding', async (name, rows) => {
    const bank = await pull(name);
    expect([...bank.feed.rejected.values(), ...warningsOf(bank)]).toEqual([]);
    expect(bank.feed.summary).toEqual(rows);
  });

  it.each([
    ['bai2-asb-group-trailer.bai', '+12.50 NZD SUCCEEDED', /trailer 98 in line 6 says 5 accounts/],
    [
      'creation-time-with-colon.xml',
      '+12.50 EUR SUCCEEDED',
      /has values that cannot be read: .*<CreDtTm> is "2026-03-03T04:00:11:735"/,
    ],
    [
      'camt-balance-codes-in-small-letters.xml',
      '+29.00 EUR SUCCEEDED',
      /does not add up: .*1\.00 EUR unexplained/,
    ],
    ['declared-utf8-is-latin1.xml', '+12.50 EUR SUCCEEDED', /declares UTF-8 .* read as Windows-1252/],
  ])('%s is read, and the field is a finding', async (name, row, finding) => {
    const bank = await pull(name);
    expect([...bank.feed.rejected.values()]).toEqual([]);
    expect(bank.feed.summary).toEqual([row]);
    expect(warningsOf(bank)).toEqual([expect.stringMatching(finding)]);
  });

  it('no date is NaN or year 1', async () => {
    for (const name of ['bai2-blank-value-date.bai', 'value-date-year-one.xml']) {
      const { feed } = await pull(name);
      for (const transaction of feed.transactions)
        expect(metadataOf(transaction, 'value_date')).toBeUndefined();
    }
  });

  it('bank reference and text of these files are there', async () => {
    const [zenith] = (await pull('no-transaction-type.sta')).feed.transactions;
    expect(metadataOf(zenith, 'bank_reference')).toBe('19230001');
    const [latin] = (await pull('declared-utf8-is-latin1.xml')).feed.transactions;
    expect(metadataOf(latin, 'counterparty_name')).toBe('Jürgen Grünwald');
    const [abn] = (await pull('no-field-20.sta')).feed.transactions;
    expect(abn).toMatchObject({ sourceAccountId: 'NL20INGB0001234567' });
    expect(metadataOf(abn, 'remittance')).toBe('F 12');
  });
});

describe('the context decides what a line is', () => {
  it('a comma before the slash of a BAI2 record does not shift the balances', async () => {
    const bank = await pull('bai2-comma-before-slash.bai');
    expect(warningsOf(bank)).toEqual([]);
    expect(balanceOf(bank)).toEqual({ amount: 11250n, asset: 'USD/2' });
    expect(metadataOf(bank.feed.transactions[0], 'remittance')).toBe('ACH WILLOW');
  });

  it('a record 16 after a text without a slash is an entry', async () => {
    const bank = await pull('bai2-two-records-on-a-line.bai');
    expect(bank.feed.summary).toEqual(['+10.00 USD SUCCEEDED', '+12.50 USD SUCCEEDED']);
    expect(bank.feed.transactions.map((row) => metadataOf(row, 'remittance'))).toEqual(['WILLOW', 'BIRCH']);
    expect(warningsOf(bank)).toEqual([]);
  });

  it('a line `-` in a text of MT942 is text', async () => {
    const bank = await pull('dash-line-in-942-text.sta');
    expect(bank.feed.summary).toEqual(['+1.00 EUR SUCCEEDED', '+12.50 EUR SUCCEEDED']);
    expect(metadataOf(bank.feed.transactions[0], 'remittance')).toBe('PAYMENT - BY WILLOW');
  });

  it('`:86:` after `:NS:` belongs to the entry, and so does `:NS:`', async () => {
    const [row] = (await pull('ns-between-61-and-86.sta')).feed.transactions;
    expect(metadataOf(row, 'remittance')).toBe('PAYMENT BY WILLOW LTD');
    expect(metadataOf(row, 'counterparty_name')).toBe('Empfaenger');
  });

  it('a time at the end of a line of `:86:` is no field', async () => {
    const [row] = (await pull('time-at-line-break.sta')).feed.transactions;
    expect(metadataOf(row, 'remittance')).toBe('Willow Cafe 01-03-2026T16:45:37 RG 2026-0815');
    expect(metadataOf(row, 'counterparty_name')).toBe('WILLOW CAFE');
  });

  it('a letter whose bytes are in two lines is one letter', async () => {
    const [row] = (await pull('utf8-letter-cut-by-line.sta')).feed.transactions;
    expect(metadataOf(row, 'remittance')).toMatch(/^PAYMENT FOR INVOICE 4711 .* BY JüRGEN GRÜNWALD$/);
  });
});

describe('ambiguous money and dates', () => {
  it('`C1.250` is refused, because it may be 1.25 or 1250', async () => {
    const bank = await pull('dot-for-thousands.sta');
    expect(bank.feed.transactions).toEqual([]);
    expect([...bank.feed.rejected.values()]).toEqual([
      expect.stringContaining('the amount 1.250 may mean 1.250 or 1250'),
    ]);
    expect(warningsOf(bank)).toEqual([expect.stringContaining('1250.00 EUR unexplained')]);
  });

  it('an entry without a booking date is not later than the closing balance', async () => {
    const [row] = (await pull('no-booking-date-value-date-later.sta')).feed.transactions;
    expect(row?.createdAt).toBe('2026-03-01T23:00:00.000Z');
    expect(metadataOf(row, 'value_date')).toBe('2026-03-15');
  });
});

describe('checks that cannot be made', () => {
  const file = readFileSync(join(CASES, 'etx-after-dash.sta'), 'latin1');

  it('opening and closing balance in different currencies: a finding, and no entry in a wrong currency', async () => {
    const bank = new FakeBank();
    bank.writeFile('1.sta', file.replace('C260301EUR', 'C260301MUR'));
    await bank.sync();
    expect(bank.feed.transactions).toEqual([]);
    expect([...bank.feed.rejected.values()]).toEqual([expect.stringContaining('its currency is unknown')]);
    expect(warningsOf(bank)).toEqual([
      expect.stringContaining('the opening balance is in MUR and the closing balance in EUR'),
    ]);
  });

  it('camt: entries in a currency without balances are served, and this is a finding', async () => {
    const bank = new FakeBank();
    const camt = readFileSync(join(CASES, 'wise-negative-sum.xml'), 'utf8');
    bank.writeFile('1.xml', camt.replace('<Amt Ccy="EUR">12.50', '<Amt Ccy="MUR">12.50'));
    bank.writeFile('2.xml', camt.replace('<Amt Ccy="EUR">100.00', '<Amt Ccy="MUR">100.00'));
    await bank.sync();
    expect(warningsOf(bank)).toEqual([
      expect.stringContaining('1 entries are in MUR, but the balances are in EUR'),
      expect.stringContaining('the opening balance is in MUR and the closing balance in EUR'),
    ]);
  });
});

describe('the counterparty', () => {
  it('of a returned debit is the only party that is named', async () => {
    const [row] = (await pull('returned-debit-only-cdtr.xml')).feed.transactions;
    expect(row).toMatchObject({ type: 'PAYOUT', destinationAccountId: 'DE89370400440532013000' });
    expect(row?.sourceAccountId).toBe(OWN);
    expect(metadataOf(row, 'counterparty_name')).toBe('Customer Kim');
  });
});

describe('the account of the statement', () => {
  it('is never the counterparty, although the bank writes it into the place of the counterparty', async () => {
    const bank = await pull('triodos-own-account.sta');
    const [row] = bank.feed.transactions;
    expect(row).toMatchObject({ destinationAccountId: 'NL20INGB0001234567' });
    expect(metadataOf(row, 'counterparty_bic')).toBe('INGBNL2A');
    const ids = bank.feed.rows.filter(({ stream }) => stream === 'beneficiaries').map(({ item }) => item.id);
    expect(ids).toEqual(['NL20INGB0001234567']);
  });

  it('an IBAN in the place of the customer reference is the counterparty, and is not cut', async () => {
    const [row] = (await pull('reference-longer-than-16-iban.sta')).feed.transactions;
    expect(row).toMatchObject({ destinationAccountId: 'NL91ABNA0417164300' });
    expect(metadataOf(row, 'counterparty_name')).toBe('willow trading bv');
    expect(metadataOf(row, 'customer_reference')).toBeUndefined();
  });
});

describe('the bank’s reference identifies a movement', () => {
  const [first, again] = ['notification-sent-again-1.xml', 'notification-sent-again-2.xml'];
  const [sum, details] = [
    'statement-then-notification-details-1.xml',
    'statement-then-notification-details-2.xml',
  ];
  const liveRows = ({ feed }: FakeBank): string[] => feed.summary.filter((row) => !row.endsWith('CANCELLED'));

  it.each([
    ['without the statement', [first, again]],
    ['before the statement', [first, again, sum]],
    ['before and after it', [first, sum, again]],
    ['after it', [sum, first, again]],
  ])('a notification that is sent again under another id is one payment: %s', async (_when, names) => {
    const bank = await pull(...names);
    expect(bank.feed.summary).toEqual(['+30.00 EUR SUCCEEDED']);
    const [row] = bank.feed.transactions;
    // The final statement contains neither the payer nor the end-to-end id. The transaction keeps both, in every order in which the files can arrive.
    expect(metadataOf(row, 'counterparty_name')).toBe('Ash AG');
    expect(metadataOf(row, 'end_to_end_id')).toBe('A1');
    if (names.includes(sum)) expect(metadataOf(row, 'statement')).toBe('41');
  });

  it.each([[[sum, details]], [[details, sum]], [[details, sum, details]], [[sum, details, sum, details]]])(
    'the details of a batch reach the feed in any order: %j',
    async (names) => {
      const bank = new FakeBank('Europe/Berlin');
      for (const [n, name] of names.entries()) {
        bank.writeFile(`${n} ${name}`, readFileSync(join(CASES, name)));
        await bank.sync();
      }
      expect(liveRows(bank)).toEqual(['+10.00 EUR SUCCEEDED', '+20.00 EUR SUCCEEDED']);
      const live = bank.feed.transactions.filter(({ status }) => status === 'SUCCEEDED');
      expect(live.map((row) => metadataOf(row, 'counterparty_name'))).toEqual(['Ash AG', 'Elm AG']);
      expect(live.map((row) => metadataOf(row, 'statement'))).toEqual(['41', '41']);
      const rows = bank.feed.rows.length;
      for (const name of [sum, details]) bank.writeFile(`again ${name}`, readFileSync(join(CASES, name)));
      await bank.sync();
      expect(bank.feed.rows).toHaveLength(rows);
    },
  );

  it('equal notifications with different references are two payments', async () => {
    const bank = new FakeBank();
    const file = readFileSync(join(CASES, first), 'utf8');
    bank.writeFile('1.xml', file);
    bank.writeFile('2.xml', file.replace('N1', 'N2').replace('BT9', 'BT8').replace('A1', 'A2'));
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+30.00 EUR SUCCEEDED', '+30.00 EUR SUCCEEDED']);
  });
});

describe('the memory across statements', () => {
  it('a corrected statement whose only entry changed: one row of the new amount, and a finding', async () => {
    const bank = await pull(
      'corrected-statement-one-entry-camt-1.xml',
      'corrected-statement-one-entry-camt-2.xml',
    );
    expect(bank.feed.summary).toEqual(['+10.00 EUR CANCELLED', '+11.00 EUR SUCCEEDED']);
    expect(balanceOf(bank)).toEqual({ amount: 11100n, asset: 'EUR/2' });
    expect(warningsOf(bank)).toEqual([
      expect.stringMatching(/came before and said something else.*1 former entries are cancelled.*Nothing/),
    ]);
    expect([...bank.feed.warnings.keys()]).toEqual([expect.stringMatching(/^statement:.*:changed$/)]);
  });

  it('a missing statement is a finding that names both balances', async () => {
    const bank = await pull('missing-statement-not-told-1.sta', 'missing-statement-not-told-2.sta');
    expect(warningsOf(bank)).toEqual([
      `statement 44/1 of account ${OWN} (2026-03-05) opens with 900.00 EUR; the one before (41/1, 2026-03-02) closed with ` +
        '112.50 EUR: 787.50 EUR unexplained. The numbers 42 to 43 are missing. Ask the bank for them, and put them into the directory',
    ]);
  });

  it('exports that overlap and have no references are a finding', async () => {
    const bank = await pull(
      'overlapping-exports-without-references-1.sta',
      'overlapping-exports-without-references-2.sta',
    );
    expect(warningsOf(bank)).toEqual([
      expect.stringMatching(/opens with 90\.10 EUR; the one before .* closed with 85\.10 EUR/),
    ]);
  });
});
