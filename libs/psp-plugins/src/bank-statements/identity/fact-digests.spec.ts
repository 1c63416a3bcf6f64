/**
 * Tests the digests of facts. They are stored in the metadata of records and in cursors, so they must have the same values in every
 * release. With other values, the plugin would no longer recognise the movements that an earlier release stored.
 */
import { describe, expect, it } from '@jest/globals';
import { checkFile } from '../checking/file-check.js';
import { parseDigests, serializeDigests } from '../checking/entry-digests.js';
import type { Entry, EntryFacts, StatementEvent } from '../statements/statement.types.js';
import { digestNormalizedFacts, normalizeFacts } from './fact-digests.js';

const LONG_FACTS: EntryFacts = {
  references: { endToEndId: 'E2E "1"/\\x', mandateId: 'M-1' },
  bankReference: '0047-11 Äß',
  remittance: 'Rechnung Nr. 5 “é” 😀 \ud800',
  creditorReference: 'RF 18',
  counterparty: { iban: 'DE02120300000000202051' },
};
const SHORT_FACTS: EntryFacts = { references: {}, bankReference: '0007', additionalInformation: 'FEE' };
const PLACEHOLDER_FACTS: EntryFacts = { references: { customerReference: 'A' }, bankReference: 'NONREF' };

describe('the digests of facts have the values of earlier releases', () => {
  const absent = {
    reference: '',
    shortReference: '',
    payment: '',
    counterparty: '',
    text: '',
  };
  it.each([
    [
      'all facts, with characters that JSON escapes',
      LONG_FACTS,
      {
        all: 'e0Bc16hcSK7J',
        reference: '7u9F54jo_Wvk',
        shortReference: '',
        payment: 'rY3WUF8ZhsHS',
        counterparty: 'n2b8umVDIr05',
        text: 'YymDPVe_FKxw',
      },
    ],
    [
      'a short reference',
      SHORT_FACTS,
      { ...absent, all: 'UQVbxtrmTScN', shortReference: 'o2QPBwuPRCyz', text: 'OTrreS7XtCUO' },
    ],
    ['a placeholder', PLACEHOLDER_FACTS, { ...absent, all: 'GHuN5De0PCZ1', payment: '0qSzfKwKV-Qr' }],
  ])('%s', (_, facts, digests) => {
    expect(digestNormalizedFacts(normalizeFacts(facts))).toEqual(digests);
  });

  it('the content of a statement', async () => {
    const account = { id: 'DE02120300000000202051', isIban: true };
    const entry: Entry = {
      part: 'entry',
      creditDebit: 'DBIT',
      reversal: false,
      status: 'BOOK',
      amount: '12.5',
      currency: 'EUR',
      bookedAt: '2026-03-04',
      details: [{ references: { uetr: 'U-1' }, counterparty: { accountNumber: '47 11' } }],
      position: 'line 1',
      raw: '',
      ...LONG_FACTS,
    };
    const { bookedAt, ...withoutDay } = entry;
    expect(bookedAt).toBe('2026-03-04');
    async function* events(): AsyncGenerator<StatementEvent> {
      yield { part: 'start', format: 'mt940', kind: 'booked', id: 'S1', sequence: '1', account };
      yield entry;
      yield { ...withoutDay, ...SHORT_FACTS, details: [] };
      yield { part: 'end', balances: [] };
    }
    const { statements } = await checkFile(events());
    expect(statements[0]?.content).toBe('XMa4l5dRX_m2');
  });
});

it.each(['E2E-1', '', ' ', 'a"b', 'a\\b', '\u0000', '\u007f', 'é', '\ud800'])(
  'a single reference %j is serialized as two references are',
  (reference) => {
    const { json } = normalizeFacts({ references: { mandateId: reference } });
    expect(json).toBe(`"","","","",${JSON.stringify(JSON.stringify([['mandateId', reference]]))}`);
  },
);

it('serialized digests are parsed to the same digests', () => {
  const facts = digestNormalizedFacts(normalizeFacts(LONG_FACTS));
  const digests = { amount: 'DBIT 1|2 EUR', groupKey: '26b0c978573d2cdb24360cd3', facts };
  expect(parseDigests(serializeDigests(digests))).toEqual(digests);
  const usual = { ...digests, amount: 'DBIT 1 EUR' };
  expect(parseDigests(serializeDigests(usual))).toEqual(usual);
});
