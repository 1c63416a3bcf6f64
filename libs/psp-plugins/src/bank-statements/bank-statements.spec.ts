import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Transaction } from '@tributary/connector-api';
import { FakeBank, createCamtXml } from './bank-statements.fake.js';
import type { FakeEntry } from './bank-statements.fake.js';

const IBAN = 'DE89370400440532013000';
const OTHER = 'NL91ABNA0417164300';
const SPEC = 'com.bank-statements.spec/';

describe('entries and their identity', () => {
  it('serves a statement once, even if its file has several names', async () => {
    const bank = new FakeBank();
    const file = createCamtXml({
      number: '1',
      opening: '0',
      closing: '7',
      entries: [{ amount: '10' }, { amount: '-3' }],
    });
    bank.writeFile('a.xml', file);
    bank.writeFile('b.xml', file);
    const feed = await bank.sync();
    expect(feed.summary).toEqual(['+10.00 EUR SUCCEEDED', '-3.00 EUR SUCCEEDED']);
    bank.writeFile('c.xml', file.replace('<Id>S1</Id>', '<Id>downloaded again</Id>'));
    await bank.sync();
    expect(feed.summary).toHaveLength(2);
    expect(feed.rows.filter(({ stream }) => stream === 'transactions')).toHaveLength(2);
  });

  it.each([
    ['report first', ['052', '053']],
    ['statement first', ['053', '052']],
  ])('recognises the entries of an interim report in the statement: %s', async (_, order) => {
    const bank = new FakeBank();
    const entries: FakeEntry[] = [
      { amount: '10', endToEnd: 'E1', text: 'one' },
      { amount: '10', text: 'two equal' },
      { amount: '10', text: 'two equal' },
      { amount: '-4', reference: 'BANKREF-77' },
    ];
    for (const type of order) {
      if (type === '052') bank.writeFile('a.xml', createCamtXml({ type, entries }));
      else
        bank.writeFile(
          'b.xml',
          createCamtXml({ opening: '0', closing: '26', entries: entries.toReversed() }),
        );
      await bank.sync();
    }
    expect(bank.feed.summary).toEqual([
      '+10.00 EUR SUCCEEDED',
      '+10.00 EUR SUCCEEDED',
      '+10.00 EUR SUCCEEDED',
      '-4.00 EUR SUCCEEDED',
    ]);
    expect(bank.feed.warnings.size).toBe(0);
  });

  it('confirms a pending entry under the same id and time, although the statement words it differently', async () => {
    const bank = new FakeBank();
    bank.writeFile('a.xml', createCamtXml({ type: '052', entries: [{ amount: '10', status: 'PDNG' }] }));
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+10.00 EUR PENDING']);
    const booked = {
      amount: '10',
      day: '2026-03-05',
      reference: 'BANKREF-1',
      endToEnd: 'E1',
      text: 'Invoice',
    };
    bank.writeFile(
      'b.xml',
      createCamtXml({ day: '2026-03-05', opening: '0', closing: '10', entries: [booked] }),
    );
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+10.00 EUR SUCCEEDED']);
    const versions = bank.feed.rows.filter(({ stream }) => stream === 'transactions').map(({ item }) => item);
    expect(versions).toHaveLength(2);
    expect(new Set(versions.map((item) => (item as Transaction).createdAt)).size).toBe(1);
    expect(bank.feed.transactions[0]?.metadata?.[`${SPEC}booking_date`]).toBe('2026-03-05');
  });

  it('repeats nothing for cumulative reports of a day, and sees what is new in each', async () => {
    const bank = new FakeBank();
    const e: FakeEntry = { amount: '10', text: 'equal' };
    bank.writeFile('1.xml', createCamtXml({ type: '052', id: 'R1', entries: [e] }));
    bank.writeFile('2.xml', createCamtXml({ type: '052', id: 'R2', entries: [e, e] }));
    bank.writeFile('3.xml', createCamtXml({ type: '052', id: 'R3', entries: [e, e, { amount: '-1' }] }));
    await bank.sync();
    expect(bank.feed.summary).toEqual([
      '+10.00 EUR SUCCEEDED',
      '+10.00 EUR SUCCEEDED',
      '-1.00 EUR SUCCEEDED',
    ]);
    expect(bank.feed.rows.filter(({ stream }) => stream === 'transactions')).toHaveLength(3);
  });

  it('takes a report that begins where another ended for new entries', async () => {
    const bank = new FakeBank();
    const e: FakeEntry = { amount: '10', text: 'equal' };
    const day = '2026-03-04T';
    bank.writeFile(
      '1.xml',
      createCamtXml({ type: '052', id: 'R1', from: `${day}00:00:00Z`, to: `${day}12:00:00Z`, entries: [e] }),
    );
    bank.writeFile(
      '2.xml',
      createCamtXml({ type: '052', id: 'R2', from: `${day}12:00:00Z`, to: `${day}18:00:00Z`, entries: [e] }),
    );
    await bank.sync();
    expect(bank.feed.summary).toHaveLength(2);
    bank.writeFile('3.xml', createCamtXml({ opening: '0', closing: '20', entries: [e, e] }));
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+10.00 EUR SUCCEEDED', '+10.00 EUR SUCCEEDED']);
  });

  it('keeps two equal payments apart: in one statement, and in two statements of one day', async () => {
    const bank = new FakeBank();
    const e: FakeEntry = { amount: '10', text: 'equal' };
    bank.writeFile(
      '1.xml',
      createCamtXml({ id: 'S1', number: '1', opening: '0', closing: '20', entries: [e, e] }),
    );
    bank.writeFile(
      '2.xml',
      createCamtXml({ id: 'S2', number: '2', opening: '20', closing: '30', entries: [e] }),
    );
    await bank.sync();
    expect(bank.feed.summary).toHaveLength(3);
    bank.writeFile('again.xml', readFileSync(join(bank.directory, '1.xml')));
    await bank.sync();
    expect(bank.feed.summary).toHaveLength(3);
  });

  it('takes a reference that a statement repeats for no name of a movement', async () => {
    const bank = new FakeBank();
    const e: FakeEntry = { amount: '-10', reference: 'COLLECTIVE-1' };
    bank.writeFile('1.xml', createCamtXml({ number: '1', opening: '100', closing: '80', entries: [e, e] }));
    bank.writeFile('2.xml', createCamtXml({ number: '2', opening: '80', closing: '60', entries: [e, e] }));
    await bank.sync();
    expect(bank.feed.summary).toHaveLength(4);
  });

  it('recognises an entry by the bank reference in an export that overlaps another', async () => {
    const bank = new FakeBank();
    const [a, b, c] = ['A', 'B', 'C'].map((name) => ({ amount: '10', reference: `BANKREF-${name}` }));
    bank.writeFile('1.xml', createCamtXml({ id: 'week 1', opening: '0', closing: '20', entries: [a!, b!] }));
    bank.writeFile(
      '2.xml',
      createCamtXml({ id: 'month', opening: '0', closing: '30', entries: [a!, b!, c!] }),
    );
    await bank.sync();
    expect(bank.feed.summary).toHaveLength(3);
  });

  it('keeps announcements of equal credits apart, and joins each with its booking', async () => {
    const bank = new FakeBank();
    const e: FakeEntry = { amount: '10', text: 'equal' };
    bank.writeFile('1.xml', createCamtXml({ type: '054', id: 'N1', entries: [e] }));
    bank.writeFile('2.xml', createCamtXml({ type: '054', id: 'N2', entries: [e] }));
    bank.writeFile('1 again.xml', createCamtXml({ type: '054', id: 'N1', entries: [e] }));
    await bank.sync();
    expect(bank.feed.summary).toHaveLength(2);
    bank.writeFile('3.xml', createCamtXml({ opening: '0', closing: '20', entries: [e, e] }));
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+10.00 EUR SUCCEEDED', '+10.00 EUR SUCCEEDED']);
  });
});

describe('batches', () => {
  const details = [
    { amount: '6', endToEnd: 'E1', name: 'Ann', iban: OTHER },
    { amount: '4', endToEnd: 'E2', name: 'Bob', iban: 'FR1420041010050500013M02606' },
  ];

  it('serves the details when they add up, and the entry when they do not', async () => {
    const bank = new FakeBank();
    const wrong = [details[0]!, { ...details[1]!, amount: '5' }];
    const entries = [
      { amount: '10', reference: 'BATCH-REF', details },
      { amount: '20', details: wrong },
    ];
    bank.writeFile('1.xml', createCamtXml({ opening: '0', closing: '30', entries }));
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+20.00 EUR SUCCEEDED', '+4.00 EUR SUCCEEDED', '+6.00 EUR SUCCEEDED']);
    const bob = bank.feed.transactions.find(({ amount }) => amount.amount === 400n);
    expect(bob).toMatchObject({ sourceAccountId: 'FR1420041010050500013M02606', destinationAccountId: IBAN });
    expect(bob?.metadata).toMatchObject({
      [`${SPEC}batch_count`]: '2',
      [`${SPEC}batch_amount`]: '10.00 EUR',
      [`${SPEC}batch_reference`]: 'BATCH-REF',
      [`${SPEC}counterparty_name`]: 'Bob',
    });
  });

  it.each(['052', '054'] as const)('replaces a batch that a %s gave as one', async (type) => {
    const bank = new FakeBank();
    bank.writeFile('1.xml', createCamtXml({ type, entries: [{ amount: '10' }] }));
    await bank.sync();
    bank.writeFile(
      '2.xml',
      createCamtXml({ opening: '0', closing: '10', entries: [{ amount: '10', details }] }),
    );
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+10.00 EUR CANCELLED', '+4.00 EUR SUCCEEDED', '+6.00 EUR SUCCEEDED']);
    const rows = bank.feed.rows.length;
    bank.writeFile('2 again.xml', readFileSync(join(bank.directory, '2.xml')));
    await bank.sync();
    expect(bank.feed.rows).toHaveLength(rows);
  });

  it('serves a batch that is longer than a page in pages, and resumes within it', async () => {
    const bank = new FakeBank();
    const long = Array.from({ length: 700 }, (_, n) => ({ amount: '1', endToEnd: `E${n}` }));
    bank.writeFile('1.xml', createCamtXml({ type: '052', entries: [{ amount: '700' }] }));
    bank.writeFile(
      '2.xml',
      createCamtXml({
        opening: '0',
        closing: '701',
        entries: [{ amount: '700', details: long }, { amount: '1' }],
      }),
    );
    for (let page = 0; page < 5; page++) await bank.feed.pullStream(bank.createPlugin(), 'transactions', 1);
    expect(Math.max(...bank.feed.pages.map(({ items }) => items.length))).toBeLessThanOrEqual(500);
    expect(bank.feed.pages.length).toBeGreaterThan(2);
    expect(bank.feed.summary.filter((row) => row === '+1.00 EUR SUCCEEDED')).toHaveLength(701);
    expect(bank.feed.summary.filter((row) => row === '+700.00 EUR CANCELLED')).toHaveLength(1);
    expect(bank.feed.rows).toHaveLength(703);
  });

  it('keeps the details that only the notification gave', async () => {
    const bank = new FakeBank();
    bank.writeFile('1.xml', createCamtXml({ type: '054', entries: [{ amount: '10', details }] }));
    bank.writeFile(
      '2.xml',
      createCamtXml({ number: '1', opening: '0', closing: '10', entries: [{ amount: '10' }] }),
    );
    bank.writeFile(
      '3.xml',
      createCamtXml({ number: '2', opening: '10', closing: '20', entries: [{ amount: '10' }] }),
    );
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+10.00 EUR SUCCEEDED', '+4.00 EUR SUCCEEDED', '+6.00 EUR SUCCEEDED']);
    expect(bank.feed.transactions[0]?.metadata?.[`${SPEC}statement`]).toBe('1');
  });
});

describe('what becomes of an entry', () => {
  it('keeps direction, sides, facts, time and kind', async () => {
    const bank = new FakeBank('Europe/Berlin');
    const entries: FakeEntry[] = [
      {
        amount: '-12.50',
        endToEnd: 'E1',
        text: 'Rent',
        name: 'Landlord',
        iban: OTHER,
        valueDay: '2026-03-05',
      },
      { amount: '-1.50', code: 'ACMT/MDOP/CHRG' },
      { amount: '12.50', reversal: true, endToEnd: 'E1' },
      { amount: '0' },
      { amount: '5', status: 'INFO' },
    ];
    bank.writeFile('1.xml', createCamtXml({ opening: '100', closing: '98.50', entries }));
    const { transactions, warnings } = await bank.sync();
    const [rent, fee, reversal, zero, information] = transactions;
    expect(rent).toMatchObject({
      type: 'PAYOUT',
      status: 'SUCCEEDED',
      amount: { amount: 1250n, asset: 'EUR/2' },
      sourceAccountId: IBAN,
      destinationAccountId: OTHER,
      createdAt: '2026-03-03T23:00:00.000Z',
    });
    expect(rent?.metadata).toMatchObject({
      [`${SPEC}remittance`]: 'Rent',
      [`${SPEC}end_to_end_id`]: 'E1',
      [`${SPEC}counterparty_name`]: 'Landlord',
      [`${SPEC}value_date`]: '2026-03-05',
    });
    expect(fee).toMatchObject({ type: 'OTHER', sourceAccountId: IBAN, amount: { amount: 150n } });
    expect(reversal).toMatchObject({ type: 'PAYIN', status: 'SUCCEEDED' });
    expect(reversal?.metadata?.[`${SPEC}reversal`]).toBe('true');
    expect(zero?.amount.amount).toBe(0n);
    expect(information).toMatchObject({ type: 'OTHER', status: 'OTHER' });
    expect(warnings.size).toBe(0);
  });

  it('warns of an own IBAN with wrong check digits, which would be a second account without a word', async () => {
    const bank = new FakeBank();
    const right = createCamtXml({ opening: '0', closing: '10', entries: [{ amount: '10' }] });
    const wrongIban = `${IBAN.slice(0, -1)}${(Number(IBAN.slice(-1)) + 1) % 10}`;
    bank.writeFile('1.xml', right);
    bank.writeFile('2.xml', right.replaceAll(IBAN, wrongIban));
    const { warnings } = await bank.sync();
    expect([...warnings.values()]).toEqual([expect.stringContaining(`account ${wrongIban}`)]);
    expect([...warnings.values()][0]).toContain('wrong check digits');
  });

  it('tells the amount in the other currency of a payment that was exchanged', async () => {
    const bank = new FakeBank();
    const extraXml =
      '<AmtDtls><InstdAmt><Amt Ccy="USD">108.00</Amt><CcyXchg><SrcCcy>USD</SrcCcy><XchgRate>1.08</XchgRate></CcyXchg></InstdAmt></AmtDtls>';
    bank.writeFile('1.xml', createCamtXml({ entries: [{ amount: '-100', extraXml }] }));
    const { transactions } = await bank.sync();
    expect(transactions[0]?.amount).toEqual({ amount: 10000n, asset: 'EUR/2' });
    expect(transactions[0]?.metadata?.[`${SPEC}instructed_amount`]).toBe('108.00 USD');
    expect(transactions[0]?.metadata?.[`${SPEC}exchange_rate`]).toBe('1.08');
  });

  it('refuses an amount that would lose a digit, drops zeros, and says that the statement breaks', async () => {
    const bank = new FakeBank();
    const entries = [{ amount: '8.85000' }, { amount: '1.12345' }];
    bank.writeFile('1.xml', createCamtXml({ opening: '0.000', closing: '9.97', entries }));
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+8.85 EUR SUCCEEDED']);
    expect([...bank.feed.rejected]).toEqual([
      [
        'file:1.xml#1',
        expect.stringMatching(/1\.xml, .*1\.12345 has more than the 2 decimal places of EUR\/2/),
      ],
    ]);
    expect([...bank.feed.warnings.values()]).toEqual([expect.stringContaining('1.12 EUR unexplained')]);
    bank.writeFile(
      '1.xml',
      createCamtXml({ opening: '0.000', closing: '9.97', entries: [entries[0]!, { amount: '1.12' }] }),
    );
    await bank.sync();
    expect(bank.feed.rejected.size + bank.feed.warnings.size).toBe(0);
    expect(bank.feed.summary).toEqual(['+1.12 EUR SUCCEEDED', '+8.85 EUR SUCCEEDED']);
  });

  it('tells of a statement that does not add up, with its figures, and on each of its records', async () => {
    const bank = new FakeBank();
    bank.writeFile(
      '1.xml',
      createCamtXml({ number: '7', opening: '10', closing: '25', entries: [{ amount: '10' }] }),
    );
    await bank.sync();
    expect([...bank.feed.warnings.values()]).toEqual([
      `statement 7 of account ${IBAN} (2026-03-04) does not add up: opening 10.00 EUR + 1 entries of 10.00 EUR = 20.00 EUR, ` +
        'but closing is 25.00 EUR: 5.00 EUR unexplained',
    ]);
    expect(bank.feed.transactions[0]?.metadata?.[`${SPEC}statement_break`]).toBe('5.00 EUR');
  });
});
