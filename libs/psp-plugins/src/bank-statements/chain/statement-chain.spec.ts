/** Tests which warnings are reported if statements are missing, duplicated, corrected, overlapping, late or in another order. */
import { describe, expect, it } from '@jest/globals';
import { FakeBank, createCamtXml } from '../bank-statements.fake.js';
import type { FakeEntry, FakeStatement } from '../bank-statements.fake.js';

type Day = Partial<FakeStatement> & { entries: FakeEntry[] };

const dayOf = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);

/** Returns one statement per day. Each statement opens with the closing balance of the statement before. */
function statements(days: readonly FakeEntry[][], account?: string): Day[] {
  let balance = 100;
  return days.map((entries, n) => {
    const opening = balance;
    balance += entries.reduce((sum, { amount }) => sum + Number(amount), 0);
    return {
      number: String(n + 1),
      day: dayOf(n),
      createdAt: `${dayOf(n + 1)}T06:00:00Z`,
      opening: opening.toFixed(2),
      closing: balance.toFixed(2),
      entries: entries.map((entry) => ({ ...entry, day: dayOf(n) })),
      ...(account !== undefined && { account }),
    };
  });
}

const [first, second, third] = statements([
  [{ amount: '10.00', reference: 'BANKREF-1' }],
  [{ amount: '20.00', reference: 'BANKREF-2' }],
  [{ amount: '30.00', reference: 'BANKREF-3' }],
]) as [Day, Day, Day];

/** Pulls several times. Each array contains the files that arrive before one of the pulls. */
async function receive(...pulls: string[][]): Promise<FakeBank> {
  const bank = new FakeBank();
  let count = 0;
  for (const files of pulls) {
    for (const content of files) bank.writeFile(`${++count}.xml`, content);
    await bank.sync();
  }
  return bank;
}

const findings = ({ feed }: FakeBank): string[] => [...feed.warnings.values()];

describe('the chain of statements', () => {
  it('is silent in any order within one pull, and when all comes again', async () => {
    const files = [third, first, second].map((day) => createCamtXml(day));
    expect(findings(await receive(files, files.toReversed()))).toEqual([]);
  });

  it('reports a missing statement, and takes it back when the statement comes late', async () => {
    const bank = await receive([createCamtXml(first)], [createCamtXml(third)]);
    expect(findings(bank)).toEqual([expect.stringContaining('The numbers 2 to 2 are missing')]);
    bank.writeFile('late.xml', createCamtXml(second));
    await bank.sync();
    expect(findings(bank)).toEqual([]);
    expect(bank.feed.summary).toHaveLength(3);
  });

  it('reports a copy under another number', async () => {
    const bank = await receive([createCamtXml(first)], [createCamtXml({ ...first, number: '2' })]);
    expect(findings(bank)).toEqual([expect.stringContaining('Both open with the same balance')]);
  });

  it('connects statements of one day by their balances if they have no numbers', async () => {
    const morning = { ...first, number: '', id: 'x', closing: '110.00' };
    const evening = { ...second, number: '', id: 'x', day: dayOf(0), opening: '110.00', closing: '130.00' };
    for (const files of [
      [morning, evening],
      [evening, morning],
    ])
      expect(findings(await receive(files.map((day) => createCamtXml(day))))).toEqual([]);
  });

  it('computes an opening balance that the bank does not state', async () => {
    const withoutOpening: Day = { ...second };
    delete withoutOpening.opening;
    expect(findings(await receive([createCamtXml(first)], [createCamtXml(withoutOpening)]))).toEqual([]);
    const missing = await receive(
      [createCamtXml(first)],
      [createCamtXml({ ...withoutOpening, closing: '135.00' })],
    );
    expect(findings(missing)).toEqual([expect.stringContaining('opens with 115.00 EUR')]);
  });

  it('keeps the chain of each account and currency apart', async () => {
    const dollars = { ...second, currency: 'USD', number: '1', opening: '7.00', closing: '27.00' };
    const other = { ...second, account: 'NL91ABNA0417164300' };
    expect(findings(await receive([first, dollars, other].map((day) => createCamtXml(day))))).toEqual([]);
  });
});

describe('a corrected statement', () => {
  const corrected = {
    ...first,
    createdAt: '2026-01-03T06:00:00Z',
    closing: '111.00',
    entries: [{ amount: '11.00', reference: 'BANKREF-1', day: dayOf(0) }],
  };

  it('that arrives before the older version wins', async () => {
    const bank = await receive([createCamtXml(corrected)], [createCamtXml(first)]);
    expect(bank.feed.summary).toEqual(['+11.00 EUR SUCCEEDED']);
    expect(findings(bank)).toEqual([]);
  });

  it('stays when the older version is sent again', async () => {
    // Both versions have the same creation time, so the order of arrival decides which is newer.
    const [old, renewed] = [first, { ...corrected, createdAt: first.createdAt ?? '' }];
    const bank = await receive(
      [createCamtXml(old)],
      [createCamtXml(renewed)],
      [createCamtXml(old)],
      [createCamtXml(renewed)],
    );
    expect(bank.feed.summary).toEqual(['+10.00 EUR CANCELLED', '+11.00 EUR SUCCEEDED']);
  });

  it('without references is reported, also when its total is the same and nothing is as it was', async () => {
    const two = (a: string, b: string): string =>
      createCamtXml({ ...first, closing: '130.00', entries: [{ amount: a }, { amount: b }] });
    const bank = await receive([two('10.00', '20.00')], [two('14.00', '16.00')]);
    expect(findings(bank)).toEqual([
      expect.stringMatching(/came before and said something else.*is still served: compare both versions/),
    ]);
  });

  it('whose former file is gone is reported, and nothing is cancelled', async () => {
    const bank = new FakeBank();
    bank.writeFile('1.xml', createCamtXml(first));
    await bank.sync();
    bank.writeFile('1.xml', createCamtXml(corrected));
    await bank.sync();
    expect(bank.feed.summary).toEqual(['+10.00 EUR SUCCEEDED', '+11.00 EUR SUCCEEDED']);
    expect(findings(bank)).toEqual([expect.stringContaining('is still served: compare both versions')]);
  });

  it('of BAI2, as a correction under another file number, replaces the entry', async () => {
    const bai = (file: string, status: string, units: number): string =>
      `01,B,C,260303,0400,${file},80,,2/\n02,C,021000021,${status},260302,2359,USD,2/\n` +
      `03,5550001,USD,010,10000,,,015,${10000 + units},,/\n16,165,${units},,BANKREF-1,,TEXT/\n` +
      `49,${20000 + 2 * units},3/\n98,${20000 + 2 * units},1,5/\n99,${20000 + 2 * units},1,7/\n`;
    const bank = await receive([bai('1', '1', 1250)], [bai('2', '3', 1350)]);
    expect(bank.feed.summary).toEqual(['+12.50 USD CANCELLED', '+13.50 USD SUCCEEDED']);
    expect(findings(bank)).toEqual([expect.stringContaining('came before and said something else')]);
  });
});
