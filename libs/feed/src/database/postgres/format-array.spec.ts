/** Tests that PostgreSQL reads the text of an array as the same values. */
import pg from 'pg';
import { POSTGRES_STORE, type FreshStore } from '../../testing/stores.js';
import { formatArray } from './format-array.js';

let fresh: FreshStore;
let client: pg.Client;
beforeAll(async () => {
  fresh = await POSTGRES_STORE.create();
  client = new pg.Client(fresh.url);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await fresh.remove();
});

async function readBack(values: readonly unknown[], type: 'text' | 'bigint'): Promise<unknown[]> {
  const { rows } = await client.query<{ value: unknown }>(
    `select value from unnest($1::${type}[]) with ordinality as t (value, place) order by place`,
    [formatArray(values)],
  );
  return rows.map(({ value }) => value);
}

it('PostgreSQL reads every text as it was written', async () => {
  const texts = [
    ...['plain', '', ' ', 'NULL', 'null', '{}', 'a,b', "it's", 'tab\tnew\nline', '\u001f', 'größe 中 😀'],
    ...['"', '\\', '\\"', '"quoted"', 'C:\\dir\\', '$&', '{"a":"b\\"c"}', null],
  ];
  expect(await readBack(texts, 'text')).toEqual(texts);
});

it('PostgreSQL reads every integer as it was written', async () => {
  const integers = [0, -1, Number.MAX_SAFE_INTEGER, 9_223_372_036_854_775_807n, null, undefined];
  const expected = ['0', '-1', '9007199254740991', '9223372036854775807', null, null];
  expect(await readBack(integers, 'bigint')).toEqual(expected);
});

it('an empty array has no elements', async () => {
  expect(await readBack([], 'text')).toEqual([]);
});

it('a value of another type is rejected', () => {
  expect(() => formatArray([{ id: 1 }])).toThrow('cannot write a value of the type object into an array');
});
