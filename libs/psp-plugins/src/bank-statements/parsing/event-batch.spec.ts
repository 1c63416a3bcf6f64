/** Tests that events are read from the spool as they were written, with every property that an entry can have. */
import { describe, expect, it } from '@jest/globals';
import type { Entry, StatementEvent } from '../statements/statement.types.js';
import { parseEvents, serializeEvents } from './event-batch.js';
import type { ParsedEvent } from './parsed-file.js';

/** An entry with every property. The type requires that a new property of entries is added here. */
const FULL_ENTRY: Required<Entry> = {
  part: 'entry',
  creditDebit: 'DBIT',
  reversal: true,
  status: 'PDNG',
  amount: '12.50',
  currency: 'EUR',
  bookedAt: '2026-03-04',
  valueAt: '2026-02-28',
  valueDateAsFound: '260230',
  ambiguity: 'it may mean two sums',
  entryReference: 'N1',
  bankReference: 'B "1"\\',
  references: { endToEndId: 'E\u001f1\u0000', mandateId: '' },
  counterparty: { name: 'Ä\ud800 😀', iban: 'DE02120300000000202051' },
  remittance: 'line\nbreak',
  creditorReference: 'RF18',
  bankTransactionCode: 'PMNT/RCDT/ESCT',
  proprietaryCode: 'NTRF',
  additionalInformation: '',
  instructed: { amount: '13.00', currency: 'USD' },
  exchangeRate: '1.04',
  charges: [{ amount: '0.50', currency: 'EUR', included: true }],
  returnReason: 'AC04',
  purpose: 'SALA',
  details: [{ references: { uetr: 'U1' }, amount: '12.50', creditDebit: 'CRDT' }],
  position: 'line 7',
  raw: '',
};
const SMALL_ENTRY: Entry = {
  part: 'entry',
  creditDebit: 'CRDT',
  reversal: false,
  status: 'BOOK',
  amount: '1.',
  currency: 'EUR',
  references: {},
  details: [],
  position: 'line 9',
  raw: '',
};
const START: StatementEvent = {
  part: 'start',
  format: 'mt940',
  kind: 'booked',
  id: 'S1',
  account: { id: '1', isIban: false },
};
const END: StatementEvent = { part: 'end', balances: [], inconsistencies: ['wrong'] };

describe('a batch of events is read as it was written', () => {
  it.each<[string, ParsedEvent[]]>([
    ['no event', []],
    ['events without entries', [[START], [END]]],
    ['an entry with every property', [[FULL_ENTRY, 'digests|1']]],
    ['an entry without optional properties', [[SMALL_ENTRY]]],
    ['different entries', [[FULL_ENTRY, 'a'], [SMALL_ENTRY], [FULL_ENTRY, 'b'], [SMALL_ENTRY, 'a']]],
    ['equal entries', [[SMALL_ENTRY], [SMALL_ENTRY], [SMALL_ENTRY]]],
    [
      'entries of several statements',
      [
        [START],
        [FULL_ENTRY, 'a'],
        [FULL_ENTRY, 'b'],
        [END],
        [START],
        [END],
        [START],
        [SMALL_ENTRY, 'c'],
        [END],
      ],
    ],
  ])('%s', (_, events) => {
    expect(parseEvents(serializeEvents(events))).toEqual(events);
  });

  it.each(Object.keys(FULL_ENTRY).filter((name) => !(name in SMALL_ENTRY)))(
    'an entry whose only optional property is %s',
    (name) => {
      const entry = { ...SMALL_ENTRY, [name]: FULL_ENTRY[name as keyof Entry] };
      expect(parseEvents(serializeEvents([[SMALL_ENTRY], [entry]]))).toEqual([[SMALL_ENTRY], [entry]]);
    },
  );
});
