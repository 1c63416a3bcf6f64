/** Tests every type and status that Adyen's document lists, and what becomes of each type with either direction. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkRows } from '@tributary/connector-api';
import type { FeedReader } from '@tributary/connector-api';
import { Json } from '@tributary/connector-api/http';
import { toUnlinkedRows } from './adyen-balance-platform.mapper.js';
import { SPLIT_KINDS, TRANSFER_KINDS, TRANSFER_STATUSES } from './adyen-balance-platform.vocabulary.js';

const TYPES = Object.keys(TRANSFER_KINDS);
const STATUSES = Object.keys(TRANSFER_STATUSES);
const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
const DOCUMENT = join(import.meta.dirname, '../../../../../shared/specs/adyen/TransferService-v4.json');

/** A feed that has the payment of every row. */
const FEED_READER_WITH_PAYMENT: FeedReader = {
  findLatest: async () => new Map([['PSP1.BA1', { metadata: {} }]]),
};

/** Returns the rows as served: type, status, and what they are tied to. */
async function describeRows(members: object): Promise<string> {
  const row = {
    ...{ id: 'TR1', category: 'platformPayment', type: 'capture', status: 'booked', direction: 'incoming' },
    ...{ creationDate: '2026-01-01T00:00:00+01:00', balanceAccount: { id: 'BA1' } },
    ...{ amount: { currency: 'EUR', value: 100 }, ...members },
  };
  const rows = await linkRows(
    toUnlinkedRows(Json.parse(JSON.stringify(row))),
    FEED_READER_WITH_PAYMENT,
    'own-id',
  );
  const texts = rows.map(({ type, status, relatedTransactionId: related, metadata }) =>
    [
      type,
      status,
      metadata?.['com.tributary.spec/movement'],
      ...(related === undefined ? [] : ['of', related]),
    ].join(' '),
  );
  return texts.join(' + ') || 'no row';
}

it('maps every type, in / out, of a payment by a shopper and of an account itself', async () => {
  const acquired = { categoryData: { type: 'platformPayment', pspPaymentReference: 'PSP1' } };
  const lines = [...TYPES, 'moonTax'].map(async (type) => {
    const texts = [acquired, { category: 'bank' }].flatMap((category) =>
      ['incoming', 'outgoing'].map((direction) => describeRows({ ...category, type, direction })),
    );
    return `${type}: ${(await Promise.all(texts)).join(' / ')}`;
  });
  expect(await Promise.all(lines)).toMatchSnapshot();
});

it('maps every status of a payout and of a refund that books nothing', async () => {
  const refund = { type: 'refund', direction: 'outgoing', categoryData: { pspPaymentReference: 'PSP1' } };
  const lines = [...STATUSES, 'moonlit'].map(async (status) => {
    const payout = { category: 'bank', type: 'bankTransfer', direction: 'outgoing', status };
    return `${status}: ${await describeRows(payout)} / ${await describeRows({ ...refund, status })}`;
  });
  expect(await Promise.all(lines)).toMatchSnapshot();
});

it.each(TYPES)('README tells what becomes of the type %s', (type) => {
  expect(readme).toContain(`\`${type}\``);
});

it('README tells what becomes of every status', () => {
  const missing = STATUSES.filter((status) => !readme.includes(`\`${status}\``));
  expect(missing.filter((status) => !/Pending$|^authAdjustment/.test(status))).toEqual([]);
});

it('the words are those of the document', () => {
  let text: string;
  try {
    text = readFileSync(DOCUMENT, 'utf8');
  } catch {
    process.stderr.write(
      'skipped: the words of adyen/TransferService-v4.json, because ../shared is absent\n',
    );
    return;
  }
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, Schema> } };
  const read = (schema: string, property: string) =>
    components.schemas[schema]?.properties[property]?.enum ?? [];
  expect(TYPES.toSorted()).toEqual(read('TransferData', 'type').toSorted());
  expect(STATUSES.toSorted()).toEqual(read('TransferData', 'status').toSorted());
  expect(read('PlatformPayment', 'platformPaymentType')).toEqual(
    expect.arrayContaining(['VAT', 'PaymentFee']),
  );
  const splits = Object.keys(SPLIT_KINDS).filter(
    (word) => word !== 'DCCMarkup' && word !== 'AdyenCommission',
  );
  expect(read('PlatformPayment', 'platformPaymentType')).toEqual(expect.arrayContaining(splits));
});

interface Schema {
  properties: Record<string, { enum?: string[] }>;
}
