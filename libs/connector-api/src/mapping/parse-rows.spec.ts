import { Json } from '../http/json-accessors.js';
import { convertValidRecords, parseRows, takeValidRecords } from './parse-rows.js';
import { requireOrderCurrency } from './order-currency.js';

const rows = Json.parse('[{"id":"a","n":1},{"id":"b","n":"two"},{"id":"c","n":0},{"id":"d","n":2}]').array();
const toRecords = (row: Json) =>
  Array.from({ length: row.integer('n') }, (_, index) => ({ id: `${row.string('id')}-${index}` }));

it('a row becomes one record, several or none; an invalid one is rejected, and the others are not affected', () => {
  const records = parseRows(rows, 'id', toRecords);
  expect(records).toEqual([
    { id: 'a-0' },
    { id: 'b', reason: '[1].n: expected a whole number, found a text', raw: '{"id":"b","n":"two"}' },
    { id: 'd-0' },
    { id: 'd-1' },
  ]);
  expect(takeValidRecords(records)).toEqual([{ id: 'a-0' }, { id: 'd-0' }, { id: 'd-1' }]);
  expect(parseRows(rows.slice(0, 1), 'id', (row) => ({ id: row.string('id') }))).toEqual([{ id: 'a' }]);
});

it('valid records are converted together, and the rejected ones follow', async () => {
  const records = parseRows(rows, 'id', toRecords);
  const converted = await convertValidRecords(records, async (valid) =>
    valid.map(({ id }) => `${id} of ${valid.length}`),
  );
  expect(converted).toEqual(['a-0 of 3', 'd-0 of 3', 'd-1 of 3', records[1]]);
});

it('a defect of the plugin is no invalid row', () => {
  const convert = (): { id: string } => {
    throw new TypeError('a defect');
  };
  expect(() => parseRows(rows, 'id', convert)).toThrow(TypeError);
});

it('an order is paid in a currency of ISO 4217 with its decimal places, or rejected', () => {
  const read = (asset: string) => requireOrderCurrency({ amount: { amount: 1n, asset } }, 'Acme');
  expect(['EUR/2', 'JPY', 'KWD/3'].map(read)).toEqual(['EUR', 'JPY', 'KWD']);
  for (const asset of ['EUR', 'EUR/4', 'BTC/8', 'JPY/2', '']) {
    expect(() => read(asset)).toThrow(`Acme cannot pay in ${asset}: expected a currency like EUR/2`);
  }
});
