/**
 * Tests every type of balance transaction that Mollie's document lists (`balance-transaction-type`), with a positive and a negative amount.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkRows } from '@tributary/connector-api';
import type { FeedReader } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import { toUnlinkedRows } from './mollie.mapper.js';
import { BALANCE_TRANSACTION_KEY } from './mollie.vocabulary.js';

const types = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/balance-transaction-types.json'), 'utf8'),
) as string[];
/** The types that the document names in the description of `type`, but not in the enum. */
const ONLY_IN_PROSE = ['unauthorized-direct-debit', 'canceled-outgoing-transfer'];
const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
const SPEC = join(import.meta.dirname, '../../../../../shared/specs/mollie/specs.yaml');

/** A feed that contains the payment and the transfer to which a row refers, for every row. */
const FEED_READER_WITH_ORIGINALS: FeedReader = {
  findLatest: async () =>
    new Map(['tr_1', 'trf_1'].map((id) => [id, { metadata: { [BALANCE_TRANSACTION_KEY]: 'baltr_0' } }])),
};

/**
 * Returns the type and the status, as served to clients, of an incoming and of an outgoing row. The feed contains the payment and the
 * transfer to which they refer.
 */
async function describeMeanings(type: string): Promise<string> {
  const context = { paymentId: 'tr_1', transferId: 'trf_1' };
  const lines = await Promise.all(
    ['1.00', '-1.00'].map(async (value) => {
      const amount = { currency: 'EUR', value };
      const row = {
        id: 'baltr_1',
        type,
        initialAmount: amount,
        resultAmount: amount,
        createdAt: '2026-01-01T00:00:00+00:00',
        context,
      };
      const rows = toUnlinkedRows(Json.parse(JSON.stringify(row)), 'bal_1');
      const [one] = await linkRows(rows, FEED_READER_WITH_ORIGINALS, BALANCE_TRANSACTION_KEY);
      return `${one?.type} ${one?.status}${one?.relatedTransactionId ? ` of ${one.relatedTransactionId}` : ''}`;
    }),
  );
  return lines.join(' / ');
}

it('all of them, in / out', async () => {
  const all = [...types, ...ONLY_IN_PROSE, 'moon-tax'];
  const lines = await Promise.all(all.map(async (type) => `${type}: ${await describeMeanings(type)}`));
  expect(lines).toMatchSnapshot();
});

it.each([...types, ...ONLY_IN_PROSE])('README tells what becomes of %s', (type) => {
  expect(readme).toContain(`\`${type}\``);
});

it('the list is that of the document', () => {
  let document: string;
  try {
    document = readFileSync(SPEC, 'utf8');
  } catch {
    process.stderr.write(
      'skipped: the list of types against mollie/specs.yaml, because ../shared is absent\n',
    );
    return;
  }
  const list =
    /\n {4}balance-transaction-type:\n {6}type: string\n {6}enum:\n((?: {8}- .*\n)+)/.exec(document)?.[1] ??
    '';
  expect(list.trim().split(/\s*- /).filter(Boolean)).toEqual(types);
});
