import { describe, expect, it } from '@jest/globals';
import { FakeBank, createCamtXml } from './bank-statements.fake.js';

const IBAN = 'DE89370400440532013000';
const OTHER = 'NL91ABNA0417164300';

describe('accounts, balances and beneficiaries', () => {
  it('keeps the newest closing balance of each currency, in any order of the statements', async () => {
    const bank = new FakeBank('Europe/Berlin');
    bank.writeFile(
      '2.xml',
      createCamtXml({
        number: '2',
        day: '2026-03-03',
        opening: '5',
        closing: '7',
        entries: [{ amount: '2' }],
      }),
    );
    bank.writeFile(
      '1.xml',
      createCamtXml({
        number: '1',
        day: '2026-03-02',
        opening: '0',
        closing: '5',
        entries: [{ amount: '5' }],
      }),
    );
    bank.writeFile(
      'u.xml',
      createCamtXml({
        number: '1',
        day: '2026-03-01',
        currency: 'USD',
        opening: '0',
        closing: '9',
        entries: [],
      }),
    );
    const { balances, rows } = await bank.sync('accounts');
    expect([...balances.values()]).toEqual([
      {
        accountId: IBAN,
        at: '2026-03-03T22:59:59.999Z',
        amounts: [
          { asset: 'EUR/2', amount: 700n },
          { asset: 'USD/2', amount: 900n },
        ],
      },
    ]);
    await bank.sync('accounts');
    expect(rows.filter(({ item }) => item.id === IBAN).length).toBeLessThanOrEqual(2);
  });

  it('dates a balance of a day that is not over with the time of the statement', async () => {
    const bank = new FakeBank();
    bank.writeFile(
      '1.xml',
      createCamtXml({ createdAt: '2026-03-04T19:00:00Z', opening: '0', closing: '0', entries: [] }),
    );
    await bank.sync('accounts');
    expect(bank.feed.balances.get(IBAN)?.at).toBe('2026-03-04T19:00:00.000Z');
  });

  it('lists whom we paid, and adds what was missing', async () => {
    const bank = new FakeBank();
    const paid = { amount: '-10', iban: OTHER };
    bank.writeFile(
      '1.xml',
      createCamtXml({ number: '1', entries: [paid, { amount: '5', iban: IBAN, name: 'payer' }] }),
    );
    bank.writeFile('2.xml', createCamtXml({ number: '2', entries: [{ ...paid, name: 'Landlord BV' }] }));
    bank.writeFile('3.xml', createCamtXml({ number: '3', entries: [{ ...paid, name: 'LANDLORD B.V.' }] }));
    await bank.sync('beneficiaries');
    const last = bank.feed.rows.at(-1)?.item;
    expect(new Set(bank.feed.rows.map(({ item }) => item.id))).toEqual(new Set([OTHER]));
    expect(last).toMatchObject({
      ownerName: 'Landlord BV',
      metadata: { 'com.formance.spec/owner/iban': OTHER, 'com.formance.spec/owner/country': 'NL' },
    });
  });
});
