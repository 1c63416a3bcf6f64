import { createCamt053Xml, IBAN, createNtryXml } from '../fixtures/sample-files.js';
import {
  selectStatementEnds,
  selectEntries,
  readAll,
  errorMessageOf,
  selectStatementStarts,
} from '../fixtures/read-statement-events.js';

async function entryOf(content: string, amount?: string) {
  const [entry] = selectEntries(await readAll(createCamt053Xml(createNtryXml(content, amount))));
  return entry!;
}

const details = (...contents: string[]) =>
  `<NtryDtls>${contents.map((content) => `<TxDtls>${content}</TxDtls>`).join('')}</NtryDtls>`;

describe('a camt file', () => {
  it('is read in any encoding, with any prefix, with or without a declaration', async () => {
    const entry = createNtryXml('<AddtlNtryInf>Gebühr für Überweisung</AddtlNtryInf>');
    const head = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?>`;
    const files = [
      Buffer.from(createCamt053Xml(entry)),
      Buffer.from(createCamt053Xml(entry, { head: '' })),
      Buffer.from(createCamt053Xml(entry, { prefix: 'ns2' })),
      Buffer.from(createCamt053Xml(entry).replace(/ xmlns="[^"]*"/, '')),
      Buffer.from(`\ufeff${createCamt053Xml(entry)}`),
      Buffer.from(`\ufeff${createCamt053Xml(entry, { head: head('UTF-16') })}`, 'utf16le'),
      Buffer.from(`\ufeff${createCamt053Xml(entry, { head: head('UTF-16') })}`, 'utf16le').swap16(),
      Buffer.from(createCamt053Xml(entry, { head: head('UTF-16') }), 'utf16le'),
      Buffer.from(createCamt053Xml(entry, { head: head('ISO-8859-1') }), 'latin1'),
      Buffer.from(createCamt053Xml(entry, { head: head('windows-1252') }), 'latin1'),
      Buffer.from(createCamt053Xml(entry).replaceAll('\n', '\r\n')),
    ];
    for (const file of files) {
      const parts = await readAll(file, 13);
      expect(selectEntries(parts)[0]).toMatchObject({
        additionalInformation: 'Gebühr für Überweisung',
        amount: '12.50',
      });
    }
  });

  it('ignores elements with the name of a property of every object', async () => {
    const entry = await entryOf(
      details('<Refs><EndToEndId>E1</EndToEndId><constructor>C1</constructor><toString>T1</toString></Refs>'),
    );
    expect(entry.references).toEqual({ endToEndId: 'E1' });
    const xml = createCamt053Xml(createNtryXml(''));
    const parts = await readAll(
      xml.replace('<BkToCstmrStmt>', '<constructor><Stmt/></constructor><BkToCstmrStmt>'),
    );
    expect(parts).toEqual(await readAll(xml));
  });

  it('says what its statement is', async () => {
    const [start] = selectStatementStarts(await readAll(createCamt053Xml('')));
    expect(start).toEqual({
      part: 'start',
      format: 'camt.053',
      kind: 'booked',
      id: 'S1',
      sequence: '7',
      createdAt: '2026-01-16T01:00:00+01:00',
      account: { id: IBAN, isIban: true, currency: 'EUR' },
    });
  });

  it('compares its summary with its entries', async () => {
    const summary = (count: number, sum: string) =>
      `<TxsSummry><TtlNtries><NbOfNtries>${count}</NbOfNtries><Sum>${sum}</Sum></TtlNtries><TtlDbtNtries><NbOfNtries>0</NbOfNtries></TtlDbtNtries></TxsSummry>`;
    const end = async (text: string) =>
      selectStatementEnds(
        await readAll(createCamt053Xml(createNtryXml('') + createNtryXml(''), { summary: text })),
      )[0];
    expect(await end(summary(2, '25'))).toMatchObject({ entryCount: 2 });
    expect(await end(summary(2, '25'))).not.toHaveProperty('inconsistencies');
    expect((await end(summary(3, '25.01')))!.inconsistencies).toEqual([
      'TtlNtries says 3 entries; the statement has 2',
      'TtlNtries says that entries sum up to 25.01; they sum up to 25.00',
    ]);
  });

  it.each([
    ['<!DOCTYPE Document [<!ENTITY a "b">]>', 'document type declaration'],
    ['<!DOCTYPE Document SYSTEM "file:///etc/passwd">', 'document type declaration'],
  ])('with %s is refused', async (doctype, message) => {
    expect(await errorMessageOf(createCamt053Xml(createNtryXml(''), { head: doctype }))).toContain(message);
  });

  it.each([
    [createCamt053Xml(createNtryXml('<AddtlNtryInf>&a;</AddtlNtryInf>')), 'undefined entity'],
    [createCamt053Xml(createNtryXml('')).replace('</Stmt>', ''), 'broken XML'],
    [createCamt053Xml(createNtryXml('')).slice(0, -20), 'unclosed tag'],
    [createCamt053Xml('').replace(/<Stmt>.*<\/Stmt>/, ''), 'a header but no statement in it'],
    [
      '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"><CstmrCdtTrfInitn/></Document>',
      'without a bank statement',
    ],
    [createCamt053Xml('').replace(/<Acct>.*<\/Acct>/, ''), 'Stmt 1 has no <Acct>'],
    [
      createCamt053Xml(createNtryXml('', '<Amt Ccy="EUR">-1</Amt><CdtDbtInd>CRDT</CdtDbtInd>')),
      'line 2: Ntry 1 of Stmt 1: <Amt> is "-1"; expected an amount without a sign',
    ],
    [
      createCamt053Xml(createNtryXml('', '<Amt Ccy="EUR">1e3</Amt><CdtDbtInd>CRDT</CdtDbtInd>')),
      '<Amt> is "1e3"',
    ],
    [
      createCamt053Xml(createNtryXml('', '<Amt Ccy="euro">1</Amt><CdtDbtInd>CRDT</CdtDbtInd>')),
      'the currency "euro"',
    ],
    [createCamt053Xml(createNtryXml('', '<Amt Ccy="EUR">1</Amt>')), '<CdtDbtInd> is missing'],
    [createCamt053Xml(createNtryXml('').replace('2026-01-15', '2026-02-30')), '<BookgDt> is "2026-02-30"'],
    [
      createCamt053Xml(createNtryXml('').replace('BOOK', 'DONE')),
      '<Sts> is "DONE"; expected BOOK, PDNG, INFO or FUTR',
    ],
    [createCamt053Xml(`<Ntry>${'<a>'.repeat(80)}`), 'nested deeper than 64'],
    [
      createCamt053Xml(`<AddtlStmtInf>${'x'.repeat(3_000_000)}</AddtlStmtInf>`),
      'more than 1048576 characters',
    ],
    [createCamt053Xml(`<Ntry>${'<a>x</a>'.repeat(100_000)}</Ntry>`), 'more than 1048576 characters'],
  ])('that is wrong is refused: %#', async (file, message) => {
    expect(await errorMessageOf(file)).toContain(message);
  });

  it('with bytes of another encoding than it declares is read as Windows-1252, and this is reported', async () => {
    const file = Buffer.from(createCamt053Xml(createNtryXml('<AddtlNtryInf>ü</AddtlNtryInf>')), 'latin1');
    for (const size of [1, 1000]) {
      const parts = await readAll(file, size);
      expect(selectEntries(parts)[0]!.additionalInformation).toBe('ü');
      expect(selectStatementEnds(parts)[0]!.unreadable).toEqual([
        expect.stringContaining('read as Windows-1252'),
      ]);
    }
  });

  it('may be followed by another document, with or without a declaration, and by control characters', async () => {
    const one = createCamt053Xml(createNtryXml('')).trimEnd();
    for (const file of [
      one + one,
      `${one}\n${one}\u001a`,
      one + createCamt053Xml(createNtryXml(''), { head: '' }),
      `\u0001\n${one}\n${one}\n\u0003\n`,
    ]) {
      for (const size of [1, 7, 10_000]) expect(selectEntries(await readAll(file, size))).toHaveLength(2);
    }
  });

  it('leaves out values that move no money and cannot be read, and reports them', async () => {
    const parts = await readAll(
      createCamt053Xml(
        createNtryXml(
          '<ValDt><Dt>tomorrow</Dt></ValDt><Chrgs><Rcrd><Amt Ccy="EUR">x</Amt></Rcrd></Chrgs>' +
            '<AmtDtls><InstdAmt><Amt Ccy="?">1</Amt></InstdAmt></AmtDtls>',
        ),
        { summary: '<TxsSummry><TtlNtries><NbOfNtries>one</NbOfNtries></TtlNtries></TxsSummry>' },
      ),
    );
    expect(selectEntries(parts)[0]).not.toHaveProperty('valueAt');
    expect(selectStatementEnds(parts)[0]!.unreadable).toEqual([
      expect.stringContaining('<NbOfNtries> is "one"'),
      expect.stringContaining('<Amt> is "x"'),
      expect.stringContaining('the currency "?"'),
      expect.stringContaining('<ValDt> is "tomorrow"'),
    ]);
  });
});

describe('an entry', () => {
  it('takes over its only detail', async () => {
    const entry = await entryOf(
      '<NtryRef>1</NtryRef><AcctSvcrRef>B1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn><Prtry><Cd>NTRF+166</Cd></Prtry></BkTxCd>' +
        details(
          '<Refs><EndToEndId>E1</EndToEndId><TxId>T1</TxId><MndtId>NOTPROVIDED</MndtId><UETR>255ae394-9965-4438-ac86-f406feada396</UETR><Prtry><Tp>A</Tp><Ref>9</Ref></Prtry></Refs>' +
            '<AmtDtls><InstdAmt><Amt Ccy="USD">13.00</Amt><CcyXchg><XchgRate>1.04</XchgRate></CcyXchg></InstdAmt></AmtDtls>' +
            '<RltdPties><Dbtr><Pty><Nm>Payer</Nm><PstlAdr><StrtNm>Weg</StrtNm><BldgNb>1</BldgNb><PstCd>10115</PstCd><TwnNm>Berlin</TwnNm><Ctry>DE</Ctry></PstlAdr></Pty></Dbtr><DbtrAcct><Id><IBAN>NL91 ABNA 0417 1643 00</IBAN></Id></DbtrAcct><Cdtr><Pty><Nm>We</Nm></Pty></Cdtr></RltdPties>' +
            '<RltdAgts><DbtrAgt><FinInstnId><BICFI>ABNANL2A</BICFI></FinInstnId></DbtrAgt></RltdAgts>' +
            '<Purp><Cd>SALA</Cd></Purp><RmtInf><Ustrd>Invoice</Ustrd><Ustrd>7</Ustrd><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf>',
        ),
    );
    expect(entry).toEqual({
      part: 'entry',
      amount: '12.50',
      currency: 'EUR',
      creditDebit: 'CRDT',
      reversal: false,
      status: 'BOOK',
      bookedAt: '2026-01-15',
      entryReference: '1',
      bankReference: 'B1',
      bankTransactionCode: 'PMNT/RCDT/ESCT',
      proprietaryCode: 'NTRF+166',
      references: {
        endToEndId: 'E1',
        transactionId: 'T1',
        uetr: '255ae394-9965-4438-ac86-f406feada396',
        proprietaryReference: 'A 9',
      },
      instructed: { amount: '13.00', currency: 'USD' },
      exchangeRate: '1.04',
      counterparty: {
        name: 'Payer',
        iban: 'NL91ABNA0417164300',
        bic: 'ABNANL2A',
        country: 'DE',
        city: 'Berlin',
        postalCode: '10115',
        addressLine: 'Weg 1',
      },
      remittance: 'Invoice 7',
      creditorReference: 'RF18',
      purpose: 'SALA',
      details: [],
      position: 'Ntry 1 of Stmt 1 (line 2)',
      raw: expect.stringMatching(/^<Ntry>.*<\/Ntry>$/),
    });
  });

  it('keeps the details of a batch, with their amounts wherever the version has them', async () => {
    const entry = await entryOf(
      `<NtryDtls><Btch><PmtInfId>P1</PmtInfId><NbOfTxs>4</NbOfTxs></Btch></NtryDtls>${details(
        '<Amt Ccy="EUR">1</Amt>',
        '<AmtDtls><InstdAmt><Amt Ccy="USD">9</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">2</Amt></TxAmt></AmtDtls>',
        '<AmtDtls><InstdAmt><Amt Ccy="EUR">3</Amt></InstdAmt></AmtDtls>',
        '<Refs><EndToEndId>E4</EndToEndId></Refs>',
      )}`,
    );
    expect(entry.references).toEqual({ paymentInformationId: 'P1' });
    expect(entry.details.map(({ amount }) => amount)).toEqual(['1', '2', '3', undefined]);
    expect(entry.details[1]!.instructed).toEqual({ amount: '9', currency: 'USD' });
    expect(entry.details[3]!.references).toEqual({ endToEndId: 'E4' });
  });

  it('names the side that is not ours, also in a reversal and in the form of old versions', async () => {
    const parties = '<RltdPties><Dbtr><Nm>Debtor</Nm></Dbtr><Cdtr><Nm>Creditor</Nm></Cdtr></RltdPties>';
    const debit = '<Amt Ccy="EUR">1</Amt><CdtDbtInd>DBIT</CdtDbtInd>';
    const name = async (...entry: [string, string?]) => (await entryOf(...entry)).counterparty?.name;
    expect(await name(details(parties))).toBe('Debtor');
    expect(await name(details(parties), debit)).toBe('Creditor');
    expect(await name(details(parties), `${debit}<RvslInd>true</RvslInd>`)).toBe('Debtor');
    const own = `<RltdPties><Dbtr><Nm>Us</Nm></Dbtr><DbtrAcct><Id><IBAN>${IBAN}</IBAN></Id></DbtrAcct><Cdtr><Nm>Creditor</Nm></Cdtr></RltdPties>`;
    expect(await name(details(own))).toBe('Creditor');
    const bank =
      '<RltdPties><Cdtr><Agt><FinInstnId><BICFI>ABNANL2A</BICFI><Nm>A Bank</Nm></FinInstnId></Agt></Cdtr></RltdPties>';
    expect((await entryOf(details(bank), debit)).counterparty).toEqual({ name: 'A Bank', bic: 'ABNANL2A' });
  });

  it('is booked in its own direction: a reversal does not turn it around', async () => {
    const entry = await entryOf(
      '',
      '<Amt Ccy="EUR">0</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>',
    );
    expect(entry).toMatchObject({ creditDebit: 'DBIT', reversal: true, amount: '0' });
  });

  it('keeps a value date of 30 February, and reads dates in every form', async () => {
    expect(await entryOf('<ValDt><Dt>2026-02-30</Dt></ValDt>')).toMatchObject({
      valueAt: '2026-02-28',
      valueDateAsFound: '2026-02-30',
    });
    expect(await entryOf('<ValDt><Dt>2026-02-28+01:00</Dt></ValDt>')).toMatchObject({
      valueAt: '2026-02-28',
    });
    expect(await entryOf('<ValDt><DtTm>2026-02-28T10:00:00.123Z</DtTm></ValDt>')).toMatchObject({
      valueAt: '2026-02-28T10:00:00.123Z',
    });
    expect(await entryOf('<ValDt><Dt>2026-02-28T10:00:00</Dt></ValDt>')).toMatchObject({
      valueAt: '2026-02-28T10:00:00',
    });
  });

  it('has charges of old and new versions, and why a payment came back', async () => {
    const fresh = await entryOf(
      `<Chrgs><Rcrd><Amt Ccy="EUR">0.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>${details('<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>')}`,
    );
    expect(fresh).toMatchObject({
      charges: [{ amount: '0.50', currency: 'EUR', creditDebit: 'DBIT', included: true }],
      returnReason: 'AC04',
    });
    expect((await entryOf('<Chrgs><Amt Ccy="EUR">1</Amt></Chrgs>')).charges).toEqual([
      { amount: '1', currency: 'EUR' },
    ]);
  });
});
