/** Tests that each of the two rows of a conversion contains the id of the other row. */
import { linkConversions } from './link-conversions.js';
import { toOtherMovement } from './movements.js';
import type { Movement } from './movement-kinds.js';

const KEY = 'com.acme.spec/reference';

function createRow(id: string, reference: string | undefined, movement: Movement = 'conversion') {
  const metadata = reference === undefined ? {} : { [KEY]: reference };
  const amount = { amount: 1n, asset: 'EUR/2' };
  const createdAt = '2026-01-01T00:00:00Z';
  return {
    row: toOtherMovement({ id: `row-${id}`, createdAt, accountId: 'a', amount, metadata }, movement),
    preferredId: id,
  };
}

it('links two conversions with one reference, and no others', () => {
  const rows = [
    createRow('1', 'x'),
    createRow('2', 'y', 'payment'),
    createRow('3', 'x'),
    createRow('4', 'y'),
    ...['5', '6', '7'].map((id) => createRow(id, 'z')),
    createRow('8', undefined),
    createRow('9', undefined),
  ];
  const related = linkConversions(rows, KEY).map(
    ({ row }) => row.metadata?.['com.tributary.spec/related_id'],
  );
  expect(related).toEqual(['3', undefined, '1', ...Array<undefined>(6).fill(undefined)]);
});
