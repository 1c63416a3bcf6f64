/** Tests CSV exports: the example of the guide, overlapping exports, running balances, presets, encodings and refusals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse as parseYaml } from 'yaml';
import { FakeBank } from '../../bank-statements.fake.js';
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

async function pull(mapping: PartialCsvMapping, ...contents: (string | Buffer)[]): Promise<FakeBank> {
  const bank = new FakeBank('Europe/Berlin', [mapping]);
  for (const [n, content] of contents.entries()) bank.writeFile(`giro-${n}.csv`, content);
  await bank.sync();
  return bank;
}
const findRejections = async (mapping: PartialCsvMapping, content: string | Buffer): Promise<string[]> => [
  ...(await pull(mapping, content)).feed.rejected.values(),
];
const lines = (...rows: string[]): string => `${rows.join('\n')}\n`;

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

describe('a preset', () => {
  it.each<[string, PartialCsvMapping, string, string[], string[]]>([
    [
      'ing-nl',
      {},
      lines(
        '"Datum";"Naam / Omschrijving";"Rekening";"Tegenrekening";"Code";"Af Bij";"Bedrag (EUR)";"Mutatiesoort";"Mededelingen";"Saldo na mutatie";"Tag"',
        '"20260305";"Bakker";"NL69INGB0123456789";"";"BA";"Af";"12,50";"Betaalautomaat";"Pas 1";"1.087,50";""',
        '"20260304";"Klant";"NL69INGB0123456789";"NL91ABNA0417164300";"OV";"Bij";"1.100,00";"Overschrijving";"Factuur 1";"1.100,00";""',
      ),
      ['+1100.00 EUR SUCCEEDED', '-12.50 EUR SUCCEEDED'],
      ['NL69INGB0123456789 1087.50'],
    ],
    [
      'mercury',
      {},
      lines(
        'Date (UTC),Description,Amount,Status,Source Account,Bank Description,Reference,Note',
        '03-05-2026,Cloud,-25.00,Sent,Mercury Checking xx3992,CLOUD INC,,',
        '03-05-2026,Wire,-99.00,Failed,Mercury Checking xx3992,WIRE,,',
      ),
      ['-25.00 USD SUCCEEDED'],
      [],
    ],
    [
      'n26',
      { account: 'DE89370400440532013000' },
      lines(
        '"Booking Date","Value Date","Partner Name","Partner Iban",Type,"Payment Reference","Account Name","Amount (EUR)","Original Amount","Original Currency","Exchange Rate"',
        '2026-03-04,2026-03-04,"Shop, Berlin",,Presentment,"",Main,-12.34,,,',
        '2026-03-05,2026-03-05,Kunde,NL91ABNA0417164300,"Credit Transfer",Invoice 42,Main,7000.00,,,',
      ),
      ['+7000.00 EUR SUCCEEDED', '-12.34 EUR SUCCEEDED'],
      [],
    ],
    [
      'paypal',
      {
        account: 'shop@example.com',
        dateFormat: 'dd/MM/yyyy',
        decimalMark: '.',
        thousandsMark: ',',
        timeZone: 'America/Los_Angeles',
      },
      lines(
        '"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","Transaction ID","Balance","Subject","Note","Balance Impact"',
        '"04/03/2026","10:00:00","PST","Jana","Express Checkout Payment","Completed","EUR","1,250.00","-43.40","1,206.60","1AB23456CD","1,206.60","","","Credit"',
        '"04/03/2026","11:00:00","PST","Jana","General Authorization","Pending","EUR","-9.00","0.00","-9.00","2AB23456CD","1,206.60","","","Memo"',
        '"05/03/2026","12:00:00","PST","Jana","Payment Refund","Completed","EUR","-250.00","0.00","-250.00","3AB23456CD","956.60","","","Debit"',
      ),
      ['+1250.00 EUR SUCCEEDED', '-250.00 EUR SUCCEEDED', '-43.40 EUR SUCCEEDED'],
      ['shop@example.com 956.60'],
    ],
    [
      'rabobank',
      {},
      lines(
        '"IBAN/BBAN","Munt","BIC","Volgnr","Datum","Rentedatum","Bedrag","Saldo na trn","Tegenrekening IBAN/BBAN","Naam tegenpartij","Naam uiteindelijke partij","Naam initiërende partij","BIC tegenpartij","Code","Batch ID","Transactiereferentie","Machtigingskenmerk","Incassant ID","Betalingskenmerk","Omschrijving-1","Omschrijving-2","Omschrijving-3"',
        '"NL44RABO0123456789","EUR","RABONL2U","000000000000012345","2026-03-04","2026-03-04","-4,99","+936,35","","Winkel","","","","bc","","","","","","Kassa 1"," ",""',
        '"NL44RABO0123456789","EUR","RABONL2U","000000000000012346","2026-03-05","2026-03-05","+2500,00","+3436,35","NL91ABNA0417164300","Klant","","","ABNANL2A","cb","","E2E-1","","","","Factuur","",""',
      ),
      ['+2500.00 EUR SUCCEEDED', '-4.99 EUR SUCCEEDED'],
      ['NL44RABO0123456789 3436.35'],
    ],
    [
      'revolut',
      { account: 'revolut-eur' },
      lines(
        'Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance',
        'TOPUP,Current,2026-03-04 09:00:00,2026-03-04 09:00:05,Top-up,200.00,0.00,EUR,COMPLETED,250.00',
        'EXCHANGE,Current,2026-03-05 12:00:00,2026-03-05 12:00:00,To USD,-100.00,1.25,EUR,COMPLETED,148.75',
        'CARD_PAYMENT,Current,2026-03-06 10:00:00,,Shop,-7.99,0.00,EUR,DECLINED,',
      ),
      ['+200.00 EUR SUCCEEDED', '-1.25 EUR SUCCEEDED', '-100.00 EUR SUCCEEDED'],
      ['revolut-eur 148.75'],
    ],
    [
      'ubs',
      { account: 'CH9300762011623852957' },
      lines(
        'Kontonummer:;0000 00000000.00A;',
        'Von:;2026-03-01;',
        '',
        'Abschlussdatum;Abschlusszeit;Buchungsdatum;Valutadatum;Währung;Belastung;Gutschrift;Einzelbetrag;Saldo;Transaktions-Nr.;Beschreibung1;Beschreibung2;Beschreibung3;Fussnoten;',
        ';;2026-03-05;2026-03-05;CHF;-150.00;;;1234.56;TEST0000000002;Sammelauftrag;e-banking-Auftrag;;;',
        ';;2026-03-05;2026-03-05;CHF;;;-150.00;;TEST0000000002;Versicherung;;;;',
        ';;2026-03-04;2026-03-04;CHF;;5200.00;;1384.56;TEST0000000003;Kunde AG;Gutschrift;Rechnung;;',
        '2026-03-06;09:00:00;;2026-03-06;CHF;-8.50;;;;TEST0000000004;Café;Zahlung;;;',
      ),
      ['+5200.00 CHF SUCCEEDED', '-150.00 CHF SUCCEEDED'],
      ['CH9300762011623852957 1234.56'],
    ],
    [
      'wise',
      { account: 'wise-usd' },
      lines(
        'TransferWise ID,Date,Amount,Currency,Description,Payment Reference,Running Balance,Exchange From,Payee Name,Payee Account Number,Total fees',
        'CARD-111111,05-03-2026,-11.00,USD,Shop,,89.00,,,,1.00',
        'TRANSFER-222222,04-03-2026,20.00,USD,Payment,INV 1,100.00,,,,0.00',
      ),
      ['+20.00 USD SUCCEEDED', '-11.00 USD SUCCEEDED'],
      ['wise-usd 89.00'],
    ],
  ])('%s reads its layout', async (preset, given, content, summary, balances) => {
    const bytes = preset === 'rabobank' ? Buffer.from(content, 'latin1') : content;
    const { feed } = await pull({ preset, ...given }, bytes);
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
    expect(feed.summary).toEqual(summary);
    const found = [...feed.balances.values()].map(({ accountId, amounts: [first] }) => {
      const minorUnits = String(first?.amount ?? 0n).padStart(3, '0');
      return `${accountId} ${minorUnits.slice(0, -2)}.${minorUnits.slice(-2)}`;
    });
    expect(found).toEqual(balances);
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
