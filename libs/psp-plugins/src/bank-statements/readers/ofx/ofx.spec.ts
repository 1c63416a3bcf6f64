/** Tests OFX: the example of the guide, the XML form, and the rejection of broken files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FakeBank } from '../../bank-statements.fake.js';

const GUIDE = join(import.meta.dirname, '../../../../../../docs/guides/bank-files.md');
const [, EXAMPLE = ''] = /```\n(OFXHEADER[^`]*)```/.exec(readFileSync(GUIDE, 'utf8')) ?? [];

async function pull(...contents: (string | Buffer)[]): Promise<FakeBank> {
  const bank = new FakeBank();
  for (const [n, content] of contents.entries()) bank.writeFile(`${n}.ofx`, content);
  await bank.sync();
  return bank;
}
const findRejections = async (content: string): Promise<string[]> => [
  ...(await pull(content)).feed.rejected.values(),
];
const transaction = (values: string): string =>
  EXAMPLE.replace(/<STMTTRN>[^]*<\/STMTTRN>/, `<STMTTRN>${values}</STMTTRN>`);

describe('OFX', () => {
  it('gives what the guide says about its example', async () => {
    const { feed } = await pull(EXAMPLE);
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
    expect(feed.transactions).toMatchObject([
      {
        type: 'PAYIN',
        amount: { amount: 74550n, asset: 'USD/2' },
        createdAt: '2026-03-04T00:00:00.000Z',
        destinationAccountId: '121042882.0001234567',
        metadata: {
          'com.bank-statements.spec/bank_reference': '202603040001',
          'com.bank-statements.spec/counterparty_name': 'Hotel Seeblick',
          'com.bank-statements.spec/remittance': 'Invoice 4711',
        },
      },
      { type: 'OTHER', amount: { amount: 1200n }, sourceAccountId: '121042882.0001234567' },
    ]);
    expect([...feed.balances.values()]).toMatchObject([
      { accountId: '121042882.0001234567', amounts: [{ amount: 173350n, asset: 'USD/2' }] },
    ]);
  });

  it('is the same as XML on one line, and as Windows-1252', async () => {
    const xml = EXAMPLE.slice(EXAMPLE.indexOf('<OFX>'))
      .replaceAll(/<([A-Z]+)>([^<\n]+)/g, '<$1>$2</$1>')
      .replaceAll('\n', '')
      .replace('Hotel Seeblick', 'Hôtel &amp; Café');
    const { feed } = await pull(Buffer.from(`<?xml version="1.0"?><?OFX VERSION="211"?>${xml}`, 'latin1'));
    expect(feed.summary).toEqual(['+745.50 USD SUCCEEDED', '-12.00 USD SUCCEEDED']);
    expect(feed.transactions[0]?.metadata?.['com.bank-statements.spec/counterparty_name']).toBe(
      'Hôtel & Café',
    );
  });

  it('keeps an entity that is not known, also if every object has a property of this name', async () => {
    const { feed } = await pull(EXAMPLE.replace('Hotel Seeblick', 'Hotel &constructor; &euro; &amp; Co'));
    expect(feed.transactions[0]?.metadata?.['com.bank-statements.spec/counterparty_name']).toBe(
      'Hotel &constructor; &euro; & Co',
    );
  });

  it('gives the entries of overlapping exports once', async () => {
    const later = EXAMPLE.replace(
      '<DTSTART>20260301<DTEND>20260331',
      '<DTSTART>20260315<DTEND>20260430',
    ).replace(
      '</BANKTRANLIST>',
      '<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260402<TRNAMT>-1,5<FITID>202604020001</STMTTRN></BANKTRANLIST>',
    );
    const { feed } = await pull(EXAMPLE, later);
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
    expect(feed.summary).toEqual(['+745.50 USD SUCCEEDED', '-1.50 USD SUCCEEDED', '-12.00 USD SUCCEEDED']);
  });

  it.each([
    ['<DTPOSTED>20260304<TRNAMT>1,000.00<FITID>1', 'TRNAMT is "1,000.00"'],
    ['<DTPOSTED>20260304<TRNAMT>1,250<FITID>1', 'the amount 1,250 may mean 1.250 or 1250'],
    ['<DTPOSTED>20260304<TRNAMT>-1.250<FITID>1', 'the amount -1.250 may mean 1.250 or 1250'],
    ['<DTPOSTED>20260230<TRNAMT>1<FITID>1', 'DTPOSTED is "20260230"'],
    ['<DTPOSTED>20260304<TRNAMT>1', 'FITID is absent'],
    ['<DTPOSTED>20260304<TRNAMT>1<FITID>2<CORRECTFITID>1', 'it corrects the transaction "1"'],
    [
      '<DTPOSTED>20260304<TRNAMT>1<FITID>2<CURRENCY><CURSYM>EUR<CURRATE>1.1</CURRENCY>',
      'its amount is in "EUR"',
    ],
  ])('refuses %s', async (values, reason) => {
    expect(await findRejections(transaction(values))).toEqual([expect.stringContaining(reason)]);
  });

  it('leaves out a ledger balance that could mean two sums, and reports it', async () => {
    const { feed } = await pull(EXAMPLE.replace('<BALAMT>1733.50', '<BALAMT>1,250'));
    expect([...feed.warnings.values()]).toEqual([expect.stringContaining('may mean 1.250 or 1250')]);
    expect([...feed.balances.values()].flatMap(({ amounts }) => amounts)).toEqual([]);
  });

  it('refuses a file that ends too early', async () => {
    expect(await findRejections(EXAMPLE.replace('</OFX>', ''))).toEqual([
      expect.stringContaining('</OFX> is missing'),
    ]);
  });
});
