import { describe, expect, it } from '@jest/globals';
import { FakeBank, createCamtXml } from '../bank-statements.fake.js';
import type { FakeEntry } from '../bank-statements.fake.js';

const PAYMENT: FakeEntry = { amount: '5', endToEnd: 'E2E-4711', text: 'Invoice 4711' };

function notify(id: string, ...entries: FakeEntry[]): string {
  return createCamtXml({ type: '054', id, entries });
}

function report(id: string, ...entries: FakeEntry[]): string {
  return createCamtXml({ type: '052', id, entries });
}

function state(number: number, opening: number, ...entries: FakeEntry[]): string {
  const closing = entries.reduce((sum, { amount }) => sum + Number(amount), opening);
  return createCamtXml({
    id: `S${number}`,
    number: String(number),
    opening: String(opening),
    closing: String(closing),
    entries,
  });
}

const withReference = (reference: string, entry = PAYMENT): FakeEntry => ({ ...entry, reference });
const ROW = '+5.00 EUR SUCCEEDED';

function createMt940(reference: string): string {
  return (
    ':20:STMT\r\n:25:DE89370400440532013000\r\n:28C:1/1\r\n:60F:C260303EUR100,00\r\n' +
    `:61:2603040304C5,00NTRFE2E-4711//${reference}\r\n:86:Invoice\r\n:62F:C260304EUR105,00\r\n-\r\n`
  );
}

function createMt942(reference: string): string {
  return (
    ':20:INTRADAY\r\n:25:DE89370400440532013000\r\n:28C:1/1\r\n:34F:EUR0,\r\n:13D:2603041200+0100\r\n' +
    `:61:2603040304C5,00NTRFE2E-4711//${reference}\r\n:86:Invoice\r\n:90D:0EUR0,\r\n:90C:1EUR5,00\r\n-\r\n`
  );
}

/** Reads the files one after the other, each in its own pull. */
async function read(...files: string[]): Promise<FakeBank['feed']> {
  const bank = new FakeBank();
  for (const [n, file] of files.entries()) {
    bank.writeFile(`file-${n}`, file);
    await bank.sync();
  }
  return bank.feed;
}

describe('a payment that has another reference of the bank in each document', () => {
  const notification = notify('N1', withReference('N54REF00001'));
  const statement = state(1, 0, withReference('S53REF00001'));
  it.each([
    ['camt.054, camt.053', [notification, statement]],
    ['camt.053, camt.054', [statement, notification]],
    ['camt.052, camt.053', [report('R1', withReference('R52REF00001')), statement]],
    ['camt.053, camt.052', [statement, report('R1', withReference('R52REF00001'))]],
    ['MT942, MT940', [createMt942('N942REF01'), createMt940('S940REF01')]],
    ['MT940, MT942', [createMt940('S940REF01'), createMt942('N942REF01')]],
  ])('is one row: %s', async (_, files) => {
    const feed = await read(...files);
    expect(feed.summary).toEqual([ROW]);
    expect(feed.warnings.size).toBe(0);
  });

  it.each([
    ['before the statement', [notification, notify('N1 again', withReference('N54REF00001')), statement]],
    ['after the statement', [notification, statement, notify('N1 again', withReference('N54REF00001'))]],
    ['twice after it', [statement, notification, notify('N1 again', withReference('N54REF00001'))]],
    [
      'first pending and without a reference',
      [report('R1', { ...PAYMENT, status: 'PDNG' }), statement, report('R2', withReference('N54REF00001'))],
    ],
    ['as a report and a notification', [report('R', withReference('N54REF00001')), notification, statement]],
  ])('is one row if the announcement comes again: %s', async (_, files) => {
    const feed = await read(...files);
    expect(feed.summary).toEqual([ROW]);
    expect(feed.warnings.size).toBe(0);
  });
});

describe('a payment whose pending report has another reference of the bank', () => {
  const pending = (id: string, reference = 'PEND00001'): string =>
    report(id, { ...PAYMENT, status: 'PDNG', reference });
  const booked = state(1, 0, withReference('S53REF00001'));
  const late = notify('N1', withReference('N54REF00001'));
  it.each([
    ['then it is booked and reported late', [pending('R1'), booked, late]],
    ['then it is booked and reported late twice', [pending('R1'), booked, late, late.replace('N1', 'N2')]],
    ['and comes again after the booking', [pending('R1'), booked, pending('R2')]],
    ['and comes again after the late report', [pending('R1'), booked, late, pending('R2')]],
    ['and comes again before the late report', [pending('R1'), booked, pending('R2'), late]],
    ['then it is announced and booked', [pending('R1'), late, booked]],
    ['and comes again after the announcement', [pending('R1'), late, pending('R2'), booked]],
    ['and comes again after both', [pending('R1'), late, booked, pending('R2')]],
  ])('is one row: %s', async (_, files) => {
    const feed = await read(...files);
    expect(feed.summary).toEqual([ROW]);
    expect(feed.warnings.size).toBe(0);
  });

  it('is another payment than a payment that is pending after the booking', async () => {
    const feed = await read(pending('R1'), booked, pending('R2', 'PEND00002'));
    expect(feed.summary).toEqual(['+5.00 EUR PENDING', ROW]);
  });

  it('is another payment than a second one that is announced after the late report', async () => {
    const second = notify('N2', withReference('N54REF00002'));
    const feed = await read(pending('R1'), booked, late, second);
    expect(feed.summary).toEqual([ROW, ROW]);
    expect([...feed.warnings.keys()]).toEqual([expect.stringMatching(/^announced:/)]);
  });
});

describe('two payments with the same end-to-end id, amount and day', () => {
  const [n1, n2] = [withReference('N54REF00001'), withReference('N54REF00002')];
  const [s1, s2] = [withReference('S53REF00001'), withReference('S53REF00002')];
  it.each([
    ['one announced, two booked', [notify('N', n1), state(1, 0, s1, s2)]],
    ['two booked, one announced late', [state(1, 0, s1, s2), notify('N', n1)]],
    ['both announced in one document', [notify('N', n1, n2), state(1, 0, s1, s2)]],
    ['both announced separately', [notify('N1', n1), notify('N2', n2), state(1, 0, s1, s2)]],
    ['both announced late', [state(1, 0, s1, s2), notify('N1', n1), notify('N2', n2)]],
    ['booked in two statements', [notify('N1', n1), state(1, 0, s1), state(2, 5, s2), notify('N2', n2)]],
    [
      'booked with the references of the announcement',
      [notify('N', n1, n2), state(1, 0, n2), state(2, 5, n1)],
    ],
    [
      'the second one announced between the statements',
      [notify('N1', n1), state(1, 0, n1), notify('N2', n2)],
    ],
  ])('are two rows without a warning: %s', async (_, files) => {
    const feed = await read(...files);
    expect(feed.summary).toEqual([ROW, ROW]);
    expect(feed.warnings.size).toBe(0);
  });

  it('are two rows if a report omits a reference of each of them, and comes again', async () => {
    const withoutEndToEnd: FakeEntry = { amount: PAYMENT.amount };
    const reports = [PAYMENT, withReference('S53REF00002', withoutEndToEnd)];
    for (const booked of [state(1, 0, s1, s2), state(1, 0, s2, s1)]) {
      const feed = await read(report('R1', ...reports), booked, report('R2', ...reports));
      expect(feed.summary).toEqual([ROW, ROW]);
      expect(feed.warnings.size).toBe(0);
    }
  });

  it.each([
    ['announced in one document', [notify('N', n1, n2), state(1, 0, s1)]],
    ['announced late in one document', [state(1, 0, s1), notify('N', n1, n2)]],
    ['announced before and after the statement', [notify('N1', n1), state(1, 0, s1), notify('N2', n2)]],
  ])('are a warning while only one of them is booked: %s', async (_, files) => {
    const bank = new FakeBank();
    for (const [n, file] of files.entries()) {
      bank.writeFile(`file-${n}`, file);
      await bank.sync();
    }
    expect(bank.feed.summary).toEqual([ROW, ROW]);
    const [id = '', message] = [...bank.feed.warnings][0] ?? [];
    expect(bank.feed.warnings.size).toBe(1);
    expect(id).toMatch(/^announced:/);
    expect(message).toContain('5.00 EUR with the reference E2E-4711');
    expect(message).toContain('may be served twice');
    bank.writeFile('later', state(2, 5, s2));
    await bank.sync();
    expect(bank.feed.summary).toEqual([ROW, ROW]);
    expect(bank.feed.warnings.size).toBe(0);
  });
});

describe('a payment whose reports contradict each other', () => {
  const byAnn = { ...PAYMENT, name: 'Ann', iban: 'NL91ABNA0417164300' };
  const byBob = { ...PAYMENT, name: 'Bob', iban: 'FR1420041010050500013M02606' };
  /** So many other entries that the statement has several pages. */
  const others: FakeEntry[] = Array.from({ length: 600 }, (_, n) => ({ amount: String(n + 100) }));

  it('is a warning also if the gateway stops after the first page of the statement', async () => {
    const bank = new FakeBank();
    bank.writeFile('announced', notify('N', byAnn));
    await bank.sync();
    bank.writeFile('booked', state(1, 0, byBob, ...others));
    await bank.feed.pullStream(bank.createPlugin(), 'transactions', 1);
    expect(bank.feed.summary.filter((row) => row === ROW)).toEqual([ROW, ROW]);
    expect(bank.feed.transactions.length).toBeLessThan(others.length);
    expect(bank.feed.warnings.size).toBe(0);
    await bank.sync();
    expect(bank.feed.transactions).toHaveLength(others.length + 2);
    expect([...bank.feed.warnings.keys()]).toEqual([expect.stringMatching(/^announced:/)]);
    bank.writeFile('later', state(2, 239_705, byAnn));
    await bank.sync();
    expect(bank.feed.warnings.size).toBe(0);
  });

  it.each([
    ['with the reference of the statement', [withReference('BANKREF0001'), withReference('BANKREF0002')]],
    ['without a reference', [{ ...PAYMENT }, { ...PAYMENT }]],
  ])('is no warning if the gateway stops and another payment is announced: %s', async (_, announced) => {
    const bank = new FakeBank();
    bank.writeFile('announced', notify('N', ...announced));
    await bank.sync();
    bank.writeFile('booked', state(1, 0, withReference('BANKREF0001'), ...others));
    await bank.feed.pullStream(bank.createPlugin(), 'transactions', 1);
    await bank.sync();
    expect(bank.feed.summary.filter((row) => row === ROW)).toEqual([ROW, ROW]);
    expect(bank.feed.warnings.size).toBe(0);
  });

  it.each([
    ['in the counterparty', withReference('N54REF00001', byAnn), withReference('S53REF00001', byBob)],
    [
      'in the end-to-end id',
      withReference('BANKREF0001'),
      withReference('BANKREF0001', { ...PAYMENT, endToEnd: 'OTHER-1' }),
    ],
  ])('is a warning in both orders: %s', async (_, announced, booked) => {
    for (const files of [
      [notify('N', announced), state(1, 0, booked)],
      [state(1, 0, booked), notify('N', announced)],
    ]) {
      const feed = await read(...files);
      expect(feed.summary).toEqual([ROW, ROW]);
      expect([...feed.warnings.keys()]).toEqual([expect.stringMatching(/^announced:/)]);
    }
  });
});
