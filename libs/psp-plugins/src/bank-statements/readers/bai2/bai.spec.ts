import { createBai2Sample } from '../fixtures/sample-files.js';
import {
  selectStatementEnds,
  selectEntries,
  readAll,
  errorMessageOf,
  selectStatementStarts,
} from '../fixtures/read-statement-events.js';

async function entryOf(records: string, options?: Parameters<typeof createBai2Sample>[1]) {
  const [entry] = selectEntries(await readAll(createBai2Sample(records, options)));
  return entry!;
}

describe('a BAI2 file', () => {
  it('says what its statement is', async () => {
    const parts = await readAll(createBai2Sample('', { group: '02,BANK,1234,1,260115,0830,CAD,3/' }));
    expect(selectStatementStarts(parts)).toEqual([
      {
        part: 'start',
        format: 'bai2',
        kind: 'interim',
        id: 'SEND/260116/42',
        sequence: '42',
        createdAt: '2026-01-16T01:00:00',
        account: { id: '555', isIban: false, currency: 'CAD', servicer: '1234' },
      },
    ]);
    expect(selectStatementEnds(parts)).toEqual([
      {
        part: 'end',
        balances: [
          { code: 'OPBD', creditDebit: 'CRDT', amount: '10.00', currency: 'CAD', at: '2026-01-15T08:30:00' },
        ],
      },
    ]);
  });

  it.each([
    ['1', 'interim'],
    ['2', 'booked'],
    ['3', 'interim'],
    ['4', 'booked'],
    ['', 'booked'],
  ])('with the modifier %j is %s', async (modifier, kind) => {
    expect(
      selectStatementStarts(
        await readAll(createBai2Sample('', { group: `02,B,1,1,260115,,USD,${modifier}/` })),
      )[0]!.kind,
    ).toBe(kind);
  });

  it('has balances by their codes, signs and funds types, over continuations', async () => {
    const account =
      '03,555,USD,010,-5000,,,015,+100,,V,260116,,040,7,,S,1,2,3,,,,,060,8,,D,2,0,5,1,3,100,50,1,/\n88,072,9,,/';
    const parts = await readAll(
      createBai2Sample('', { account, total: -5000 + 100 + 7 + 8 + 50 + 9, count: 1 }),
    );
    expect(
      selectStatementEnds(parts)[0]!.balances.map(({ code, creditDebit, amount }) => [
        code,
        creditDebit,
        amount,
      ]),
    ).toEqual([
      ['OPBD', 'DBIT', '50.00'],
      ['CLBD', 'CRDT', '1.00'],
      ['OPAV', 'CRDT', '0.07'],
      ['ITAV', 'CRDT', '0.08'],
      ['072', 'CRDT', '0.09'],
    ]);
    expect(selectStatementEnds(parts)[0]).not.toHaveProperty('inconsistencies');
  });

  it.each([
    ['100', 'CRDT'],
    ['399', 'CRDT'],
    ['400', 'DBIT'],
    ['699', 'DBIT'],
    ['721', 'CRDT'],
    ['760', 'DBIT'],
    ['920', 'CRDT'],
    ['960', 'DBIT'],
  ])('an entry of the type %s is %s', async (type, creditDebit) => {
    expect(await entryOf(`16,${type},125,Z,,,/\n`)).toMatchObject({
      creditDebit,
      amount: '1.25',
      status: 'BOOK',
      proprietaryCode: type,
    });
  });

  it('reads amounts in the precision of the currency', async () => {
    expect(await entryOf('16,100,125,Z,,,/\n', { account: '03,555,JPY/' })).toMatchObject({
      amount: '125',
      currency: 'JPY',
    });
    expect(await entryOf('16,100,5,Z,,,/\n', { account: '03,555,KWD/' })).toMatchObject({
      amount: '0.005',
      currency: 'KWD',
    });
  });

  it('takes 890 for information, and a negative amount for a reversal', async () => {
    expect(await entryOf('16,890,,,,,a note/\n')).toMatchObject({
      status: 'INFO',
      amount: '0.00',
      remittance: 'a note',
    });
    expect(await entryOf('16,142,-125,Z,,,/\n')).toMatchObject({
      creditDebit: 'DBIT',
      reversal: true,
      amount: '1.25',
    });
  });

  it('reads references and text, with commas and slashes, over continuations of every form', async () => {
    const facts = { bankReference: 'B/1', references: { customerReference: 'C/2' }, valueAt: '2026-01-16' };
    expect(
      await entryOf('16,142,125,V,260116,1200,B/1,C/2,one, two/three\n88,four/\n88,five\n'),
    ).toMatchObject({ ...facts, remittance: 'one, two/three four five' });
    expect(await entryOf('16,142,125,V,260116,,B/1,C/2/\n88,text of its own/\n')).toMatchObject({
      ...facts,
      remittance: 'text of its own',
    });
    expect(await entryOf('16,142,125,V,260116,,B/1,C/2,cut in\nthe middle    /\n')).toMatchObject({
      ...facts,
      remittance: 'cut in the middle',
    });
    expect(await entryOf('16,142,125,S,1,2,3,B,C,t/\n')).toMatchObject({
      bankReference: 'B',
      remittance: 't',
    });
    expect(await entryOf('16,142,125,D,2,0,5,1,3,B,C,t/\n')).toMatchObject({
      bankReference: 'B',
      remittance: 't',
    });
    expect(await entryOf('16,142,125,0,B,C,t/\n')).toMatchObject({
      valueAt: '2026-01-15',
      bankReference: 'B',
    });
    expect(await entryOf('16,142,125,,B,,ACH\n88,EREF: E1\n88:REMI: Invoice 7\n')).toMatchObject({
      references: { endToEndId: 'E1' },
      remittance: 'Invoice 7',
      additionalInformation: 'ACH',
    });
  });

  it('finds several records on one line', async () => {
    const parts = await readAll(createBai2Sample('16,142,125,Z,,,A  PPD/ 16,142,50,Z,,,B/\n'));
    expect(selectEntries(parts).map(({ amount, remittance }) => [amount, remittance])).toEqual([
      ['1.25', 'A  PPD'.replace('  ', ' ')],
      ['0.50', 'B'],
    ]);
  });

  it('reports fields that move no money and cannot be read, and reads the entries', async () => {
    const file = createBai2Sample('16,142,125,V,260230,,,/\n', { total: 1125, count: 1 })
      .replace('260116,0100,42', '26x116,9900,42')
      .replace('03,555,,010,1000,,/', '03,555,,010,1000,,,15,1000,,/');
    const parts = await readAll(file);
    expect(selectEntries(parts)[0]).toMatchObject({ amount: '1.25' });
    expect(selectStatementEnds(parts)[0]!.unreadable).toEqual([
      expect.stringContaining('record 01: has the creation date "26x116"'),
      expect.stringContaining('record 01: has the time "9900"'),
      expect.stringContaining('record 03: has the type "15"'),
      expect.stringContaining('record 16: has the value date "260230"'),
    ]);
  });

  it('may end without a slash where its last totals are right', async () => {
    expect(selectStatementEnds(await readAll(createBai2Sample('').slice(0, -2)))).toHaveLength(1);
  });

  it('tells totals that are wrong, and reads the entries', async () => {
    const good = createBai2Sample('16,142,125,Z,,,/\n', {
      account: '03,555,,010,1000,,,100,125,1,/',
      total: 1250,
      count: 1,
    });
    expect(selectStatementEnds(await readAll(good))[0]).not.toHaveProperty('inconsistencies');
    const bad = good
      .replace('49,1250,3', '49,1251,4')
      .replace('98,1250,1,5', '98,1251,2,5')
      .replace('99,1250,1,7', '99,1251,1,8')
      .replace('100,125,1', '100,125,2');
    expect(selectStatementEnds(await readAll(bad))[0]!.inconsistencies).toEqual([
      'the trailer 49 in line 5 has the control total 1251; the records sum up to 1250',
      'the trailer 49 in line 5 says 4 records; there are 3',
      'the trailer 98 in line 6 says 2 accounts; there are 1',
      'the trailer 99 in line 7 says 8 records; there are 7',
      'type 100 says 2 credit entries; the statement has 1',
    ]);
  });

  it.each([
    [createBai2Sample('').replace(/99.*\n/, ''), 'the trailer 99 is missing'],
    [createBai2Sample('').replace(/98[^]*/, ''), 'the trailer 98 is missing'],
    [createBai2Sample('').replace(/49[^]*/, ''), 'the trailer 49 is missing'],
    [createBai2Sample('').slice(0, -3), 'is not ended by a slash'],
    [createBai2Sample('').replace(/49.*\n/, ''), 'record 98: not after 49'],
    [createBai2Sample('').replace(/03.*\n/, '16,142,1,Z,,,/\n'), 'line 3: record 16: outside of an account'],
    [createBai2Sample('16,042,1,Z,,,/\n'), 'line 4: record 16: has the type "042"'],
    [
      createBai2Sample('16,142,1.25,Z,,,/\n'),
      'has the amount "1.25"; expected digits without a decimal point',
    ],
    [createBai2Sample('16,142,,Z,,,/\n'), 'has no amount'],
    [`${createBai2Sample('')}16,142,1,Z,,,/\n`, 'after the end of the file (99)'],
    [createBai2Sample('', { account: '03,555,XXQ/' }), 'has the currency "XXQ"'],
    [createBai2Sample('', { group: '02,B,1,2,260115,,USD,2/' }), 'a group with the status 2 (deletion)'],
    [createBai2Sample('', { group: '02,B,1,4,260115,,USD,2/' }), 'a group with the status 4 (test only)'],
    ['01,A,B,260116,0100,42,,,2/\n99,0,0,2/\n', 'the file has no account in it'],
  ])('that is wrong is refused: %#', async (file, message) => {
    expect(await errorMessageOf(file)).toContain(message);
  });
});
