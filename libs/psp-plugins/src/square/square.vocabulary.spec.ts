/** Checks that the tables contain all words in Square's document. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DISPUTE_STATES, ENTRY_MOVEMENTS, PAYOUT_STATUSES } from './square.vocabulary.js';

const WORDS = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/words.json'), 'utf8')) as Record<
  string,
  string[]
>;

it.each([
  ['ActivityType', ENTRY_MOVEMENTS],
  ['DisputeState', DISPUTE_STATES],
  ['PayoutStatus', PAYOUT_STATUSES],
])('%s', (name, table) => {
  expect(Object.keys(table).toSorted()).toEqual(WORDS[name]?.toSorted());
});
