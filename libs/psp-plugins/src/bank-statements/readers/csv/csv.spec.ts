/** Tests CSV exports: the example of the guide, overlapping exports, running balances, encodings and refusals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import { FakeBank } from '../../bank-statements.fake.js';
import { joinLines as lines, pullCsvFiles as pull } from '../fixtures/pull-csv-files.js';
import type { PartialCsvMapping } from './csv-mapping.types.js';

const GUIDE = readFileSync(join(import.meta.dirname, '../../../../../../docs/guides/csv-exports.md'), 'utf8');
const [, EXAMPLE = ''] = /```\n(Konto;[^`]*)```/.exec(GUIDE) ?? [];
const [, YAML = ''] = /```yaml\n([^`]*giro-[^`]*)```/.exec(GUIDE) ?? [];
const { connectors } = parseYaml(YAML) as { connectors: { settings: { csv: [PartialCsvMapping] } }[] };
const [MAPPING = {}] = connectors[0]?.settings.csv ?? [];

/** A mapping for short tests: day, amount, text, id, balance. */
const SHORT: PartialCsvMapping = {
  account: 'DE89370400440532013000',
  currency: 'EUR',
  dateFormat: 'yyyy-MM-dd',
  decimalMark: '.',
  columns: { date: 'day', amount: 'amount', text: ['text'] },
};
const WITH_BALANCE: PartialCsvMapping = { ...SHORT, columns: { ...SHORT.columns, balance: 'balance' } };
const WITH_ID: PartialCsvMapping = { ...SHORT, columns: { ...SHORT.columns, id: 'id' } };

describe('a CSV export', () => {
  it('gives what the guide says about its example', async () => {
    const { feed } = await pull(MAPPING, EXAMPLE);
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
    expect(feed.summary).toEqual(['+745.50 EUR SUCCEEDED', '-12.00 EUR SUCCEEDED', '-1250.00 EUR SUCCEEDED']);
    expect(feed.transactions.at(-1)).toMatchObject({
      type: 'PAYIN',
      createdAt: '2026-03-04T23:00:00.000Z',
      destinationAccountId: 'DE89370400440532013000',
      metadata: {
        'com.bank-statements.spec/counterparty_name': 'Hotel Seeblick',
        'com.bank-statements.spec/remittance': 'Rechnung 4711',
      },
    });
    expect(feed.rows.filter(({ stream }) => stream === 'beneficiaries')).toMatchObject([
      { item: { id: 'NL91ABNA0417164300', ownerName: 'Rösterei Süd' } },
    ]);
    expect([...feed.balances.values()]).toMatchObject([{ amounts: [{ amount: 297840n, asset: 'EUR/2' }] }]);
  });

  it('is refused with the hint at the settings if there is no mapping', async () => {
    const bank = new FakeBank();
    bank.writeFile('giro.csv', EXAMPLE);
    await bank.sync();
    expect([...bank.feed.rejected.values()]).toEqual([
      expect.stringContaining('declare a mapping in `settings.csv`'),
    ]);
  });

  it('that was refused is read again when the mapping changes', async () => {
    const bank = await pull({ ...MAPPING, delimiter: ',' }, EXAMPLE);
    expect(bank.feed.rejected.size).toBe(1);
    bank.csv = [MAPPING];
    await bank.sync();
    expect(bank.feed.rejected.size).toBe(0);
    expect(bank.feed.transactions).toHaveLength(3);
    expect(bank.feed.balances.size).toBe(1);
  });

  it('that was read is not read again when the mapping changes', async () => {
    const bank = await pull(MAPPING, EXAMPLE);
    bank.csv = [{ ...MAPPING, columns: { ...MAPPING.columns, text: ['Name', 'Verwendungszweck'] } }];
    await bank.sync();
    expect(bank.feed.transactions).toHaveLength(3);
  });

  it('without entries gives the account', async () => {
    const { feed } = await pull(SHORT, 'day,amount,text\n');
    expect([...feed.rejected]).toEqual([]);
    expect(feed.rows).toMatchObject([{ stream: 'accounts', item: { id: 'DE89370400440532013000' } }]);
  });

  it('of more than 128 kB is read', async () => {
    const rows = Array.from(
      { length: 280 },
      (_, n) => `2026-03-0${(n % 9) + 1},${n + 1}.00,${'x'.repeat(500)}`,
    );
    const { feed } = await pull(SHORT, lines('day,amount,text', ...rows));
    expect(feed.transactions).toHaveLength(280);
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
  });
});

describe('exports that overlap', () => {
  it('give equal entries once, and two equal entries of one export twice', async () => {
    const first = lines(
      'day,amount,text',
      '2026-03-04,-1.00,Bread',
      '2026-03-04,-1.00,Bread',
      '2026-03-05,7.00,A',
    );
    const second = lines(
      'day,amount,text',
      '2026-03-06,9.00,B',
      '2026-03-05,7.00,A',
      '2026-03-04,-1.00,Bread',
    );
    const { feed } = await pull(SHORT, first, second, first);
    expect(feed.summary).toEqual([
      '+7.00 EUR SUCCEEDED',
      '+9.00 EUR SUCCEEDED',
      '-1.00 EUR SUCCEEDED',
      '-1.00 EUR SUCCEEDED',
    ]);
    expect([...feed.warnings]).toEqual([]);
  });

  it('are a finding if a known day has other entries and there are no ids', async () => {
    const first = lines('day,amount,text', '2026-03-04,-1.00,Bread', '2026-03-04,2.00,Invoice 1');
    const second = lines('day,amount,text', '2026-03-04,-1.00,Bread', '2026-03-04,2.00,INVOICE 1 OF SHOP');
    const { feed } = await pull(SHORT, first, second);
    expect(feed.transactions).toHaveLength(3);
    expect([...feed.warnings.values()]).toEqual([
      expect.stringContaining('1 entries are in both and count once, 1 (2.00 EUR) are only in the later one'),
    ]);
  });

  it('are recognised by the id, although the text has changed', async () => {
    const first = lines(
      'day,amount,text,id',
      '2026-03-04,2.00,Invoice 1,BANK-000001',
      '2026-03-04,2.00,x,BANK-000002',
    );
    const second = lines(
      'day,amount,text,id',
      '2026-03-04,2.00,SHOP,BANK-000001',
      '2026-03-04,2.00,x,BANK-000002',
      '2026-03-04,3.00,y,BANK-000003',
    );
    const { feed } = await pull(WITH_ID, first, second);
    expect(feed.transactions).toHaveLength(3);
    expect([...feed.warnings]).toEqual([]);
  });

  it('raise no finding if the balances show that a day was completed', async () => {
    const noon = lines('day,amount,text,balance', '2026-03-04,1.00,a,11.00');
    const evening = lines('day,amount,text,balance', '2026-03-04,1.00,a,11.00', '2026-03-04,2.00,b,13.00');
    const rest = lines('day,amount,text,balance', '2026-03-04,2.00,b,13.00', '2026-03-05,3.00,c,16.00');
    const { feed } = await pull(WITH_BALANCE, noon, evening, rest);
    expect(feed.transactions).toHaveLength(3);
    expect([...feed.warnings]).toEqual([]);
  });

  it('raise a finding if the balances show that an entry has another text', async () => {
    const noon = lines('day,amount,text,balance', '2026-03-04,1.00,a,11.00');
    const evening = lines(
      'day,amount,text,balance',
      '2026-03-04,1.00,changed,11.00',
      '2026-03-04,2.00,b,13.00',
    );
    const { feed } = await pull(WITH_BALANCE, noon, evening);
    expect([...feed.warnings.values()]).toEqual([expect.stringContaining('is in two CSV exports')]);
  });
});

describe('a running balance', () => {
  it('shows a missing export, until it arrives', async () => {
    const bank = await pull(
      WITH_BALANCE,
      lines('day,amount,text,balance', '2026-03-04,1.00,a,11.00'),
      lines('day,amount,text,balance', '2026-03-06,3.00,c,16.00'),
    );
    expect([...bank.feed.warnings.values()]).toEqual([expect.stringContaining('2.00 EUR unexplained')]);
    bank.writeFile('late.csv', lines('day,amount,text,balance', '2026-03-05,2.00,b,13.00'));
    await bank.sync();
    expect([...bank.feed.warnings]).toEqual([]);
  });

  it.each(['old to new', 'new to old'])('shows a missing row if the rows go from %s', async (order) => {
    const rows = ['2026-03-04,1.00,a,11.00', '2026-03-04,3.00,c,16.00', '2026-03-04,4.00,d,20.00'];
    const { feed } = await pull(
      WITH_BALANCE,
      lines('day,amount,text,balance', ...(order === 'old to new' ? rows : rows.toReversed())),
    );
    expect([...feed.warnings.values()]).toEqual([
      expect.stringMatching(
        /2\.00 EUR unexplained; row 2 \(line 3\) says that the balance is 16\.00; by the row before, it is 14\.00/,
      ),
    ]);
    expect([...feed.balances.values()]).toMatchObject([{ amounts: [{ amount: 2000n }] }]);
  });

  it('may be absent in some rows', async () => {
    const { feed } = await pull(
      WITH_BALANCE,
      lines('day,amount,text,balance', '2026-03-04,1,a,', '2026-03-04,2,b,13', '2026-03-05,3,c,'),
    );
    expect([...feed.warnings]).toEqual([]);
    expect([...feed.balances.values()]).toMatchObject([{ amounts: [{ amount: 1300n }] }]);
  });
});

describe('a file that does not fit its mapping', () => {
  const row = (text: string): string => lines('day,amount,text', text);
  it.each<[string, PartialCsvMapping, string]>([
    [
      row('2026-03-04,12x,a'),
      SHORT,
      'row 1 (line 2), column "amount": found "12x"; expected an amount such as 1250.00',
    ],
    [
      row('2026-03-04,"1,250.00",a'),
      SHORT,
      'found "1,250.00"; expected an amount such as 1250.00; if another mark separates thousands',
    ],
    [
      row('2026-03-04,1.250,a'),
      { ...SHORT, decimalMark: undefined },
      'found "1.250"; expected an amount with one meaning; declare `decimalMark`',
    ],
    [
      row('2026-02-30,1,a'),
      SHORT,
      'row 1 (line 2), column "day": found "2026-02-30"; expected a date in the format yyyy-MM-dd',
    ],
    [row(',1,a'), SHORT, 'column "day": found ""; expected a date'],
    [row('2026-03-04,,a'), SHORT, 'column "amount": found ""; expected an amount'],
    [row('2026-03-04,1,a,b'), SHORT, 'row 1 (line 2): it has 4 values, and the header has 3 columns'],
    [row('2026-03-04,1,"a'), SHORT, 'line 2: a quoted value of the row that begins here has no end'],
    [
      row('2026-03-04,1,"a"b'),
      SHORT,
      'line 2: "b" follows the end of a quoted value; expected the delimiter ","',
    ],
    [
      lines('day,text', '2026-03-04,a'),
      SHORT,
      'line 1: the header has no column "amount" (columns.amount of the CSV mapping); found "day", "text"',
    ],
    [
      lines('day;amount;text', '2026-03-04;1;a'),
      SHORT,
      'there is no header with the column "day" (columns.date of the CSV mapping); line 1 is "day;amount;text", split into 1 columns',
    ],
    [lines('day,amount,amount,text', '2026-03-04,1,1,a'), SHORT, 'the header has the column "amount" twice'],
    [
      lines('day,amount,text,cur', '2026-03-04,1,a,Euro'),
      { ...SHORT, columns: { ...SHORT.columns, currency: 'cur' } },
      'column "cur": found "Euro"; expected a currency such as EUR',
    ],
    [
      lines('day,out,in', '2026-03-04,1,2'),
      { ...SHORT, columns: { date: 'day', debit: 'out', credit: 'in' } },
      'column "in": found "2"; expected no amount, because the row also has a debit',
    ],
    [
      lines('day,out,in', '2026-03-04,-1,'),
      { ...SHORT, columns: { date: 'day', debit: 'out', credit: 'in' } },
      'column "out": found "-1"; expected an amount without a sign',
    ],
    [
      lines('day,amount,dir', '2026-03-04,1,X'),
      {
        ...SHORT,
        debitWords: ['D'],
        creditWords: ['C'],
        columns: { date: 'day', amount: 'amount', direction: 'dir' },
      },
      'column "dir": found "X"; expected one of "D", "C"',
    ],
    [
      'day,amount,text\n2026-03-04,1,caf\xe9\n',
      SHORT,
      'the file has bytes that are not utf-8; correct `encoding`',
    ],
  ])('%j is refused with the place and the reason', async (content, mapping, reason) => {
    const bytes = Buffer.from(content, 'latin1');
    const bank = await pull(mapping, bytes);
    expect(bank.feed.rows).toEqual([]);
    expect([...bank.feed.rejected.values()]).toEqual([expect.stringContaining(reason)]);
  });
});

describe('the form of a file', () => {
  it.each<[string, PartialCsvMapping['encoding'], number[]]>([
    ['Škoda', 'windows-1250', [0x8a, 0x6b, 0x6f, 0x64, 0x61]],
    ['Škoda', 'cp852', [0xe6, 0x6b, 0x6f, 0x64, 0x61]],
    ['Café', 'cp850', [0x43, 0x61, 0x66, 0x82]],
    ['Café', 'latin1', [0x43, 0x61, 0x66, 0xe9]],
    ['5 €', 'windows-1252', [0x35, 0x20, 0x80]],
  ])('%s is decoded from %s', async (text, encoding, bytes) => {
    const content = Buffer.concat([
      Buffer.from('day,amount,text\r2026-03-04,1,'),
      Buffer.from(bytes),
      Buffer.from('\r'),
    ]);
    const { feed } = await pull({ ...SHORT, encoding }, content);
    expect(feed.transactions[0]?.metadata?.['com.bank-statements.spec/remittance']).toBe(text);
  });

  it('may have a byte order mark, quotes, line breaks in values, and columns by number', async () => {
    const content = '\uFEFF"day"\t"amount"\t"text"\r\n"04-Mar-26"\t"(1 250,50)"\t"a ""b""\r\nc"\r\n';
    const { feed } = await pull(
      {
        ...SHORT,
        delimiter: '\t',
        decimalMark: ',',
        thousandsMark: ' ',
        dateFormat: 'dd-MMM-yy',
        columns: { date: 1, amount: 2, text: [3] },
      },
      content,
    );
    expect([...feed.rejected]).toEqual([]);
    expect(feed.summary).toEqual(['-1250.50 EUR SUCCEEDED']);
    expect(feed.transactions[0]?.metadata?.['com.bank-statements.spec/remittance']).toBe('a "b" c');
  });

  it('may have no header, several accounts and a zone of its own', async () => {
    const { feed } = await pull(
      {
        dateFormat: 'yyyy-MM-dd HH:mm',
        timeZone: 'America/New_York',
        hasHeader: false,
        skipLines: 1,
        columns: { account: 1, currency: 2, date: 3, amount: 4 },
      },
      lines('export "of" today', 'A-1,USD,2026-03-04 23:30,1.5', 'A-2,EUR,2026-03-04 08:00,-2'),
    );
    expect([...feed.rejected]).toEqual([]);
    expect(feed.transactions).toMatchObject([
      {
        createdAt: '2026-03-05T04:30:00.000Z',
        destinationAccountId: 'A-1',
        metadata: { 'com.bank-statements.spec/booking_date': '2026-03-04T23:30:00-05:00' },
      },
      { createdAt: '2026-03-04T13:00:00.000Z', sourceAccountId: 'A-2' },
    ]);
  });
});
