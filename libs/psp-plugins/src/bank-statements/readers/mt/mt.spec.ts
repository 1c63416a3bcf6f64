import { createMt940Sample, IBAN } from '../fixtures/sample-files.js';
import {
  selectStatementEnds,
  selectEntries,
  readAll,
  errorMessageOf,
  selectStatementStarts,
} from '../fixtures/read-statement-events.js';

/** Returns the only entry of a statement. */
async function entryOf(line: string, details = '') {
  const [entry] = selectEntries(
    await readAll(createMt940Sample(`:61:${line}\r\n${details === '' ? '' : `:86:${details}\r\n`}`)),
  );
  return entry!;
}

describe('the line :61:', () => {
  it.each([
    ['1409010902DR000000000001,62NTRF0000549855700010//025498557/000001', 'DBIT', false, '000000000001.62'],
    ['110701CN50,00NZ10NONREF', 'CRDT', false, '50.00'],
    ['0709040904RCR204,88NRTINONREF', 'DBIT', true, '204.88'],
    ['0709040904RD204,88NRTINONREF', 'CRDT', true, '204.88'],
    ['131017D114,NCHK16703074', 'DBIT', false, '114.'],
    ['1407290729C500NTRF29-07-2014 10:05//B4G29PGDCK1QFV3E', 'CRDT', false, '500'],
    ['2103310331C50,00 NTRFNONREF//2109025460313532', 'CRDT', false, '50.00'],
  ])('%s is %s, reversal %s, of %s', async (line, creditDebit, reversal, amount) => {
    expect(await entryOf(line)).toMatchObject({ creditDebit, reversal, amount, currency: 'EUR' });
  });

  it('has its references, and none where the bank says NONREF', async () => {
    const entry = await entryOf('1409010902D1,62NTRF0000549855700010//025498557/000001');
    expect(entry).toMatchObject({
      references: { customerReference: '0000549855700010' },
      bankReference: '025498557/000001',
      proprietaryCode: 'NTRF',
      valueAt: '2014-09-01',
      bookedAt: '2014-09-02',
    });
    expect((await entryOf('1409010902D1,62NTRFNONREF')).references).toEqual({});
    expect(await entryOf('1409010902D1,62NTRFNONREF')).not.toHaveProperty('bankReference');
  });

  it('keeps a reference of more than 16 characters whole, and a name behind one apart', async () => {
    const long = await entryOf('2601150115C1,NTRF2026-INVOICE-0000004711//B1');
    expect(long.references).toEqual({ customerReference: '2026-INVOICE-0000004711' });
    const named = await entryOf('2601150115C1,N654NONREF          WILLOW BV');
    expect(named).toMatchObject({ references: {}, additionalInformation: 'WILLOW BV' });
  });

  it.each([
    ['2512311231', '2025-12-31', '2025-12-31'],
    ['2512310102', '2025-12-31', '2026-01-02'],
    ['2601021231', '2026-01-02', '2025-12-31'],
  ])('%s: the booking date is the one next to the value date', async (dates, valueAt, bookedAt) => {
    expect(await entryOf(`${dates}C1,NTRFNONREF`)).toMatchObject({ valueAt, bookedAt });
  });

  it('keeps an entry of 30 February, and says so', async () => {
    expect(await entryOf('2602300227C1,NTRFNONREF')).toMatchObject({
      valueAt: '2026-02-28',
      valueDateAsFound: '260230',
      bookedAt: '2026-02-27',
    });
    expect(await entryOf('2402290229C1,NTRFNONREF')).toMatchObject({ valueAt: '2024-02-29' });
  });

  it.each([
    ['2602320227C1,NTRFNONREF', 'line 5: :61: has the value date 260232'],
    ['2602280230C1,NTRFNONREF', 'line 5: :61: has the booking date 0230'],
    ['260228C1,2,3NTRFNONREF', 'line 5: :61: has the amount "1,2,3"; expected digits with a decimal comma'],
    ['260228X1,NTRFNONREF', 'line 5: :61: is "260228X1,NTRFNONREF"; expected value date'],
  ])('%s is refused', async (line, message) => {
    expect(await errorMessageOf(createMt940Sample(`:61:${line}\r\n`))).toContain(message);
  });

  it('reads instructed amount and charges of the line below', async () => {
    const entry = await entryOf(
      '2006080608D12,35 NRTIKREF+//2016021783252833\r\n/OCMT/EUR11,85//CHGS/EUR0,50/',
    );
    expect(entry).toMatchObject({
      instructed: { amount: '11.85', currency: 'EUR' },
      charges: [{ amount: '0.50', currency: 'EUR', included: true }],
    });
  });
});

describe('the details :86:', () => {
  it('are German subfields, with SEPA keywords that lines and subfields cut anywhere', async () => {
    const entry = await entryOf(
      '2006080608D12,35NRTIKREF+//2016',
      '109?00SEPA-LASTSCHR. RETOURE CORE?109075/629?20EREF+A1.200080779.\r\n400143254?21.4961336 KREF+SEPA-DA202006?2201221740-34972000-P1 MR\r\n' +
        'EF+2?230852HW2723821 CRED+DE41EON0?240000129793 OAMT+11,85 SVWZ+?\r\n25SONSTIGE GRUENDE?30COBADEFFXXX?31DE021203000000002020\r\n51?32TESTER?33EL?34914',
    );
    expect(entry).toMatchObject({
      references: {
        endToEndId: 'A1.200080779.400143254.4961336',
        customerReference: 'SEPA-DA20200601221740-34972000-P1',
        mandateId: '20852HW2723821',
        creditorId: 'DE41EON00000129793',
      },
      remittance: 'SONSTIGE GRUENDE',
      counterparty: { name: 'TESTEREL', iban: 'DE02120300000000202051', bic: 'COBADEFFXXX' },
      proprietaryCode: 'NRTI+109+9075/629+914',
      returnReason: '914',
    });
  });

  it('are Dutch code words', async () => {
    const entry = await entryOf(
      '2601150115D25,NTRFEREF',
      '/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/CONTRA ACCOUN\r\nT HOLDER/REMI/Invoice 7/8/EREF/E2E-1',
    );
    expect(entry).toMatchObject({
      references: { endToEndId: 'E2E-1' },
      counterparty: { name: 'CONTRA ACCOUNT HOLDER', iban: 'NL91ABNA0417164300', bic: 'ABNANL2A' },
      remittance: 'Invoice 7/8',
      additionalInformation: 'SEPA OVERBOEKING',
    });
    const other = await entryOf(
      '2601150115D25,NTRFNONREF',
      '/CNTP/NL91ABNA0417164300/ABNANL2A/A Name/Delft//REMI/USTD//Rent/EREF/NOTPROVIDED',
    );
    expect(other).toMatchObject({ references: {}, remittance: 'Rent' });
    expect(other.counterparty).toEqual({
      iban: 'NL91ABNA0417164300',
      bic: 'ABNANL2A',
      name: 'A Name',
      city: 'Delft',
    });
  });

  it('are plain text otherwise, with any text, and several fields are joined', async () => {
    const entry = await entryOf(
      '2601150115D1,NTRFNONREF',
      'Terugboeking   \r\n-Nr. 5\r\n-\r\n:KO: x\r\n:86:second {4: field',
    );
    expect(entry.remittance).toBe('Terugboeking -Nr. 5 - :KO: x second {4: field');
  });

  it('are UTF-8 or Windows-1252, line by line', async () => {
    const file = Buffer.concat([
      Buffer.from(createMt940Sample(':61:2601150115D1,NTRFNONREF\r\n:86:Müller\r\n').split(':62F:')[0]!),
      Buffer.from('Stra\xdfe \x80\r\n', 'latin1'),
      Buffer.from(':62F:C260115EUR99,00\r\n-\r\n'),
    ]);
    for (const size of [1, 7, 1000]) {
      expect(selectEntries(await readAll(file, size))[0]!.remittance).toBe('Müller Straße €');
    }
  });
});

describe('a line in the text of an entry that looks like a field', () => {
  const LINES = [
    ':60:12',
    ':60F:12',
    ':62:7',
    ':62F: of the contract',
    ':64:30',
    ':90:1',
    ':90C:5',
    ':86:1',
    ':86: of the contract',
    ':61:00',
    ':61: of the contract',
    ':61:1',
    ':63:12',
    ':25:30',
    ':28:30',
    ':28C:1/1',
    ':13:45',
    ':21:00',
    ':34F:x',
  ];
  it.each(LINES)('%s belongs to the text of an MT940', async (line) => {
    const entry = await entryOf('2601150115D1,NTRFNONREF', `The meeting is at\r\n${line}\r\nin room 5`);
    expect(entry.remittance).toBe(`The meeting is at ${line} in room 5`);
  });

  it.each(LINES.filter((line) => !/^:(?:21|28)/.test(line)))(
    '%s belongs to the text of an MT942',
    async (line) => {
      const file = `:20:X\n:25:${IBAN}\n:28C:1\n:34F:EUR0,\n:13D:2601151230+0100\n:61:2601150115D1,NTRFNONREF\n:86:Before\n${line}\nafter\n-\n`;
      expect(selectEntries(await readAll(file)).map(({ remittance }) => remittance)).toEqual([
        `Before ${line} after`,
      ]);
    },
  );

  it.each([
    [':61:260228X1,NTRFNONREF', ':61: is "260228X1,NTRFNONREF"'],
    [':61:2602320227C1,NTRFNONREF', ':61: has the value date 260232'],
    [':61:26O2280227C1,50NTRFNONREF', ':61: is "26O2280227C1,50NTRFNONREF"'],
    [':61:260228', ':61: is "260228"'],
    [':62F:X260115EUR100,00', ':62F: is "X260115EUR100,00"'],
  ])('%s is a damaged field, which is refused', async (line, message) => {
    const file = createMt940Sample(`:61:2601150115D1,NTRFNONREF\r\n:86:Text\r\n${line}\r\n`);
    expect(await errorMessageOf(file)).toContain(message);
  });
});

describe('a message without a closing balance in a file with several messages', () => {
  const withoutClosing = `:20:A\n:25:${IBAN}\n:28C:1\n:60F:C260114EUR100,00\n:61:2601150115C1,NTRFNONREF\n:86:Text of A\n`;
  const entryAndClosing = ':61:2601150115C2,NTRFNONREF\n:86:Text of B\n:62F:C260115EUR52,00\n-\n';
  const ACCOUNT_B = ':25:NL91ABNA0417164300\n';
  const OPENING_B = ':60F:C260114EUR50,00\n';
  it.each([
    ['after -', `-\n:20:B\n${ACCOUNT_B}:28C:1\n${OPENING_B}`, 'line 9: a second :25:'],
    ['after a line of the bank', `-\nBANK\n940\n:20:B\n${ACCOUNT_B}:28C:1\n${OPENING_B}`, 'a second :25:'],
    ['with :21:', `-\n:20:B\n:21:R\n${ACCOUNT_B}:28C:1\n${OPENING_B}`, 'a second :25:'],
    ['with :25P:', `-\n:20:B\n${ACCOUNT_B.replace(':25:', ':25P:')}:28C:1\n${OPENING_B}`, 'a second :25P:'],
    ['without :20:', `-\n${ACCOUNT_B}:28C:1\n${OPENING_B}`, 'line 8: a second :25:'],
    ['without -', `:20:B\n${ACCOUNT_B}:28C:1\n${OPENING_B}`, 'line 8: a second :25:'],
    ['without an opening balance', `-\n:20:B\n${ACCOUNT_B}:28C:1\n`, 'line 9: a second :25:'],
    ['with an account of another form', `-\n:20:B\n:25:17\n:28C:1\n${OPENING_B}`, 'line 11: a second :60F:'],
    ['as a next page', '-\n:20:B\n:28C:1/2\n:60M:D260114EUR50,00 \n', 'line 10: a second :60M:'],
  ])(
    'refuses the file, and no entry of the next message is on its account: next message %s',
    async (_, head, message) => {
      expect(await errorMessageOf(withoutClosing + head + entryAndClosing)).toContain(message);
    },
  );

  it.each(['-\n:20:12\n:25:30', 'Account\n:25:12345678', '-\n:60F:C260114 EUR'])(
    '%j belongs to the text if the closing balance follows',
    async (text) => {
      const entry = await entryOf('2601150115D1,NTRFNONREF', `Before\r\n${text.replaceAll('\n', '\r\n')}`);
      expect(entry.remittance).toBe(`Before ${text.replaceAll('\n', ' ')}`);
    },
  );
});

describe('the Polish form of ING Bank Śląski', () => {
  const IBAN_OF_PAYEE = 'PL02109000750000000108000006';
  const DETAILS = [
    '073\r\n:86:073~00VE02',
    '~20FAKTURA NR 12~21',
    `~3010900075~310000000108000006`,
    '~32FIRMA ABC',
    `~38${IBAN_OF_PAYEE}`,
  ];

  it('has the business code alone in a first :86:', async () => {
    expect(await entryOf('2603020302D25,23S073NONREF//SPR001', DETAILS.join('\r\n'))).toMatchObject({
      counterparty: { iban: IBAN_OF_PAYEE, name: 'FIRMA ABC' },
      remittance: 'FAKTURA NR 12',
    });
  });

  it('has a slash before the IBAN of the account', async () => {
    const [start] = selectStatementStarts(
      await readAll(createMt940Sample('').replace(IBAN, `/${IBAN_OF_PAYEE}`)),
    );
    expect(start?.account).toMatchObject({ id: IBAN_OF_PAYEE, isIban: true });
  });
});

describe('an amount with a comma before three digits', () => {
  const readInterim = async (amount: string, currency: string) => {
    const text = `:20:X\r\n:25:${IBAN}\r\n:28C:1\r\n:34F:${currency}0,\r\n:13D:2603021330+0100\r\n:61:2603020302C${amount}NTRFNONREF\r\n-\r\n`;
    return selectEntries(await readAll(text))[0]!;
  };

  it('is ambiguous in an interim report, which has no balances that decide it', async () => {
    expect((await readInterim('1,250', 'EUR')).ambiguity).toMatch(/may mean 1\.250 or 1250/);
  });

  it.each([
    ['1,250', 'KWD'],
    ['0,500', 'EUR'],
    ['1250,000', 'EUR'],
  ])('is clear as %s %s', async (amount, currency) => {
    expect((await readInterim(amount, currency)).ambiguity).toBeUndefined();
  });
});

describe('a statement', () => {
  it('is framed by SWIFT blocks or bare, and several follow each other with or without a separator', async () => {
    const block = (text: string) =>
      `\u0001{1:F01BANKDEFFXXXX}{2:I940BANKDEFFXXXXN}{4:\r\n${text}-}{5:{MAC:0}}\u0003`;
    const bare = createMt940Sample('', undefined, '');
    for (const file of [
      block(bare) + block(bare),
      bare + bare,
      `${bare}-\r\n${bare}`,
      `:940:\r\n${bare}\r\n${bare}`,
      `BANK\n940\n${bare}-\nBANK\n940\n${bare}`,
    ]) {
      expect(selectStatementEnds(await readAll(file)).map(({ balances }) => balances)).toEqual(
        Array(2).fill([
          { code: 'OPBD', creditDebit: 'CRDT', amount: '100.00', currency: 'EUR', at: '2026-01-14' },
          { code: 'CLBD', creditDebit: 'CRDT', amount: '100.00', currency: 'EUR', at: '2026-01-15' },
        ]),
      );
    }
  });

  it('goes on over pages, and a page that does not carry over is told', async () => {
    const page = (number: string, open: string, close: string) =>
      `:20:X\n:25:1\n:28C:00004/${number}\n:${open}\n:61:2601150115C1,NTRFNONREF\n:${close}\n-\n`;
    const first = page('1', '60F:C260114EUR1,', '62M:C260115EUR2,');
    const whole = await readAll(first + page('2', '60M:C260115EUR2,', '62F:C260115EUR3,'));
    expect(selectStatementStarts(whole)).toHaveLength(1);
    expect(selectEntries(whole)).toHaveLength(2);
    expect(selectStatementEnds(whole)).toEqual([
      {
        part: 'end',
        balances: [
          { code: 'OPBD', creditDebit: 'CRDT', amount: '1.', currency: 'EUR', at: '2026-01-14' },
          { code: 'CLBD', creditDebit: 'CRDT', amount: '3.', currency: 'EUR', at: '2026-01-15' },
        ],
      },
    ]);
    const broken = await readAll(first + page('2', '60M:C260115EUR5,', '62F:C260115EUR6,'));
    expect(selectStatementEnds(broken)[0]!.inconsistencies).toEqual([
      'page 00004/2 opens with 5.00; the page before it closed with 2.00',
    ]);
    const alone = selectStatementEnds(await readAll(first))[0]!;
    expect(alone.balances[1]).toMatchObject({ code: 'CLBD', intermediate: true });
  });

  it('is interim with :34F: and :13D:, and its totals are compared', async () => {
    const file = (total: string) =>
      `:20:X\n:25:12345678/4711EUR\n:28C:1\n:34F:EUR0,\n:13D:2601151230+0100\n:61:2601150115D1,50NTRFNONREF\n:61:260116ED2,NTRFNONREF\n:90D:${total}\n:90C:0EUR0,\n`;
    const parts = await readAll(file('2EUR3,5'));
    expect(selectStatementStarts(parts)).toEqual([
      {
        part: 'start',
        format: 'mt942',
        kind: 'interim',
        id: 'X',
        sequence: '1',
        createdAt: '2026-01-15T12:30:00+01:00',
        account: { id: '12345678/4711', isIban: false, currency: 'EUR', servicer: '12345678' },
      },
    ]);
    expect(selectEntries(parts).map(({ status, creditDebit }) => [status, creditDebit])).toEqual([
      ['BOOK', 'DBIT'],
      ['PDNG', 'DBIT'],
    ]);
    expect(selectStatementEnds(parts)).toEqual([{ part: 'end', balances: [], entryCount: 2 }]);
    expect(selectStatementEnds(await readAll(file('3EUR4,')))[0]!.inconsistencies).toEqual([
      ':90D: in line 8 says 3 debit entries; the statement has 2',
      ':90D: in line 8 says that debit entries sum up to 4.; they sum up to 3.50',
    ]);
  });

  it('has forward and available balances, negative ones, and the currency of its account taken off', async () => {
    const parts = await readAll(
      createMt940Sample(
        '',
        'D260115EUR5,1',
        ':64:D260115EUR5,10\r\n:65:C260116EUR1,\r\n:86:info\r\n-\r\n',
      ).replace(IBAN, `${IBAN}EUR`),
    );
    expect(selectStatementStarts(parts)[0]!.account).toEqual({ id: IBAN, isIban: true, currency: 'EUR' });
    expect(
      selectStatementEnds(parts)[0]!.balances.map(({ code, creditDebit, amount }) => [
        code,
        creditDebit,
        amount,
      ]),
    ).toEqual([
      ['OPBD', 'CRDT', '100.00'],
      ['CLBD', 'DBIT', '5.1'],
      ['CLAV', 'DBIT', '5.10'],
      ['FWAV', 'CRDT', '1.'],
    ]);
  });

  it.each([
    [':60F:C260114EUR1,\n', 'line 1: :60F: outside of a statement; expected :20:'],
    [':25:1\n', 'which begins in line 1, ends without a closing balance'],
    [createMt940Sample('', 'C260115EUR1.250'), 'line 5: :62F: the amount 1.250 may mean 1.250 or 1250'],
    [':20:X\n:25:1\n:25:2\n', 'line 3: a second :25: in the statement "X"'],
    [
      ':20:X\n:60F:C260114EUR1,\n:61:260115C1,NTRF\n',
      'line 3: the statement "X", which begins in line 1, has no account (:25:)',
    ],
    [':20:X\n:25:1\n:61:260115C1,NTRF\n', 'no opening balance (:60F: or :60M:)'],
    [createMt940Sample('').replace(':62F:C260115EUR100,00\r\n', ''), 'ends without a closing balance'],
    [createMt940Sample('', undefined, ':61:260115C1,NTRF\n'), 'line 6: :61: after the closing balance'],
    [createMt940Sample('', 'C260230EUR1,'), 'line 5: :62F: has the date 260230'],
    ['{1:F01BANKDEFF}{2:I103BANKDEFFN}{4:\n:20:X\n-}', 'line 1: a message MT103; expected MT940 or MT942'],
    [`{1:F01BANKDEFF}{4:\n${createMt940Sample('', undefined, '')}`, 'is not closed; expected "-}"'],
    [createMt940Sample('', 'C260115EUR10', '').trimEnd(), 'the last line "C260115EUR10" has no line break'],
    [
      ':20:X\n:25:1\n:28C:1\n:34F:EUR0,\n:61:260115C1,NTRF\n',
      'nothing shows that the statement "X" is complete',
    ],
  ])('%j is refused', async (file, message) => {
    expect(await errorMessageOf(file)).toContain(message);
  });

  it.each([
    ['1.250,00', '1250.00'],
    ['1,250.00', '1250.00'],
    ['1.250.000', '1250000'],
    ['12.5', '12.5'],
    ['1,250', '1.250'],
  ])('the amount %s is %s', async (text, amount) => {
    expect(await entryOf(`260115C${text}NTRFNONREF`)).toMatchObject({ amount });
  });

  it('may end within an available balance, which is then left out', async () => {
    const [end] = selectStatementEnds(await readAll(createMt940Sample('', undefined, ':64:C260115EUR10')));
    expect(end!.balances.map(({ code }) => code)).toEqual(['OPBD', 'CLBD']);
    expect(end!.unreadable).toEqual(['line 6: the file ends within :64:, so it is left out']);
  });

  it('reports a field that moves no money and cannot be read', async () => {
    const [end] = selectStatementEnds(
      await readAll(createMt940Sample('', undefined, ':64:C2601EUR10,\r\n:90C:x\r\n-\r\n')),
    );
    expect(end!.unreadable).toEqual([
      expect.stringContaining('line 6: :64: is "C2601EUR10,"'),
      expect.stringContaining('line 7: :90C: is "x"'),
    ]);
  });

  it('may end without a line break where the sum proves that nothing was cut', async () => {
    expect(selectStatementEnds(await readAll(createMt940Sample('', undefined, '').trimEnd()))).toHaveLength(
      1,
    );
  });
});
