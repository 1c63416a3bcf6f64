/** Tests a bank that sends a second, slightly different version of a statement. */
import { describe, expect, it } from '@jest/globals';
import { FakeBank, createCamtXml } from '../bank-statements.fake.js';
import type { FakeEntry, FakeStatement } from '../bank-statements.fake.js';

function statement(entries: FakeEntry[], more: Partial<FakeStatement> = {}): string {
  return createCamtXml({ number: '5', opening: '100.00', closing: '120.00', entries, ...more });
}

async function receive(...files: string[]): Promise<FakeBank> {
  const bank = new FakeBank();
  for (const [n, content] of files.entries()) {
    bank.writeFile(`${n}.xml`, content);
    await bank.sync();
  }
  return bank;
}

describe('a statement that comes again', () => {
  it.each([
    ['a text', { text: 'M?ller' }, { text: 'Mueller' }],
    ['a reference that was missing', {}, { reference: 'BANK12345', endToEnd: 'E1' }],
    ['another name of the payer', { iban: 'NL91ABNA0417164300' }, { iban: 'DE02120300000000202051' }],
  ])('in other words (%s) counts its money once', async (_what, first, second) => {
    const { feed } = await receive(
      statement([{ amount: '20.00', ...first }]),
      statement([{ amount: '20.00', ...second }]),
    );
    expect(feed.summary).toEqual(['+20.00 EUR SUCCEEDED']);
    expect(feed.warnings.size).toBe(0);
  });

  it('keeps equal entries apart when one of them is worded anew', async () => {
    const entry = (text: string): FakeEntry => ({ amount: '10.00', text });
    const { feed } = await receive(
      statement([entry('a'), entry('a')]),
      statement([entry('b'), entry('a')]),
      statement([entry('c'), entry('b')]),
    );
    expect(feed.summary).toEqual(['+10.00 EUR SUCCEEDED', '+10.00 EUR SUCCEEDED']);
    expect(
      feed.transactions.map(({ metadata }) => metadata?.['com.bank-statements.spec/remittance']),
    ).toEqual(expect.arrayContaining(['b', 'c']));
  });

  it('with a batch worded anew takes the details over', async () => {
    const batch = (text: string): FakeEntry => ({
      amount: '20.00',
      reference: text,
      details: [
        { amount: '5.00', name: text },
        { amount: '15.00', name: text },
      ],
    });
    const { feed } = await receive(statement([batch('FIRST-1')]), statement([batch('SECOND-2')]));
    expect(feed.summary).toEqual(['+15.00 EUR SUCCEEDED', '+5.00 EUR SUCCEEDED']);
  });

  it.each([
    ['with a reference', 'BATCH-1'],
    ['without a reference', undefined],
  ])('that gives a batch as one which it gave in details keeps the details: %s', async (_what, reference) => {
    const details = [{ amount: '5.00' }, { amount: '15.00' }];
    const batch: FakeEntry = { amount: '20.00', ...(reference && { reference }) };
    const { feed } = await receive(statement([{ ...batch, details }]), statement([batch]));
    expect(feed.summary).toEqual(['+15.00 EUR SUCCEEDED', '+5.00 EUR SUCCEEDED']);
    expect(feed.rejected.size).toBe(0);
  });

  it('under a new id is known by its balances where it has no number', async () => {
    const again = (id: string): string =>
      statement([{ amount: '20.00', text: 'a' }], { number: undefined, id });
    const { feed } = await receive(again('A1'), again('A2'));
    expect(feed.summary).toEqual(['+20.00 EUR SUCCEEDED']);
  });

  it('is another one when its balances do not tell: nothing is lost of two that sum up to nothing', async () => {
    const entries = [{ amount: '20.00' }, { amount: '-20.00' }];
    const none = (id: string): string => statement(entries, { number: undefined, id, closing: '100.00' });
    const { feed } = await receive(none('A1'), none('A2'));
    expect(feed.summary).toHaveLength(4);
  });

  it('with another amount tells that the former one is still served', async () => {
    const { feed } = await receive(statement([{ amount: '21.00' }]), statement([{ amount: '20.00' }]));
    expect(feed.summary).toEqual(['+20.00 EUR SUCCEEDED', '+21.00 EUR SUCCEEDED']);
    expect([...feed.warnings.values()]).toEqual([
      expect.stringContaining(
        'statement 5 of account DE89370400440532013000 (2026-03-04) came before and said',
      ),
    ]);
  });

  it('without an entry that it had tells so', async () => {
    const kept = { amount: '20.00' };
    const { feed } = await receive(
      statement([kept, { amount: '7.00' }], { closing: '127.00' }),
      statement([kept], { closing: '120.00' }),
    );
    expect([...feed.warnings.values()]).toEqual([
      expect.stringContaining('its closing balance is another, 1 entries are as they were, 0 are new'),
    ]);
  });

  it('with the entry that was missing clears the break, and is no change', async () => {
    const { feed } = await receive(
      statement([{ amount: '19.00' }]),
      statement([{ amount: '19.00' }]),
      statement([{ amount: '19.00' }, { amount: '1.00' }]),
    );
    expect(feed.summary).toEqual(['+1.00 EUR SUCCEEDED', '+19.00 EUR SUCCEEDED']);
    expect(feed.warnings.size).toBe(0);
  });
});
