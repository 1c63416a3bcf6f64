/** Tests that the numbers of equal movements have no gap. After a gap, the next payment would get a number that was never stored. */
import { expect, it } from '@jest/globals';
import { FakeBank, createCamtXml } from '../bank-statements.fake.js';

const payment = { amount: '1', text: 'equal' };

it('a counterparty whose account number is too long for an id loses no payment', async () => {
  const bank = new FakeBank();
  const longNumber = { ...payment, iban: '9'.repeat(2000) };
  const first = [payment, longNumber, payment];
  bank.writeFile('1.xml', createCamtXml({ number: '1', opening: '0', closing: '3', entries: first }));
  bank.writeFile(
    '2.xml',
    createCamtXml({ number: '2', opening: '3', closing: '5', entries: [payment, payment] }),
  );
  await bank.sync();
  expect(bank.feed.summary).toEqual(Array(5).fill('+1.00 EUR SUCCEEDED'));
  expect([...bank.feed.rejected, ...bank.feed.warnings]).toEqual([]);
});

it('an entry that the gateway would refuse gets no number', async () => {
  const bank = new FakeBank();
  const late = { ...payment, day: '9999-12-31T20:00:00Z' };
  const statement = (number: string, opening: string, closing: string, count: number): string =>
    createCamtXml({ number, opening, closing, entries: [late, ...Array(count).fill(payment)] });
  bank.writeFile('1.xml', statement('1', '0', '3', 2));
  await bank.sync();
  expect([...bank.feed.rejected.keys()]).toEqual(['file:1.xml#1']);
  expect(bank.feed.summary).toHaveLength(2);
});

it('an account whose number is too long for an id is refused entry by entry', async () => {
  const bank = new FakeBank();
  bank.writeFile('1.xml', createCamtXml({ number: '1', account: 'X'.repeat(2000), entries: [payment] }));
  await bank.sync('transactions');
  expect(bank.feed.rows).toEqual([]);
  expect([...bank.feed.rejected]).toEqual([['file:1.xml#1', expect.stringContaining('2000 characters')]]);
});
