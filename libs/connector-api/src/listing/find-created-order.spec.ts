/** Tests that only the object with the key and the amount of an order is taken as its object. */
import { Json } from '../http/json-accessors.js';
import { findCreatedOrder, findOrderInPages, type TimeWindowQuery } from './index.js';

const CREATED_AT = '2026-03-01T12:00:00.000Z';
const DAY_MS = 86_400_000;
const AMOUNT = { amount: 1250n, asset: 'EUR/2' };

/** @param rows the objects of the PSP, as `id key amount`, one page each */
async function find(pspId: string | undefined, rows = ['1 key-1 9', '2 mine -1250', '3 key-3 1250']) {
  const requests: unknown[] = [];
  const objects = rows.map((row) => {
    const [id, key, amount] = row.split(' ');
    return Json.parse(JSON.stringify({ id, key, amount }));
  });
  const result = await findCreatedOrder(
    { idempotencyKey: 'mine', createdAt: CREATED_AT, amount: AMOUNT, ...(pspId !== undefined && { pspId }) },
    {
      findById: async (id) => {
        requests.push(id);
        return objects.find((row) => row.string('id') === id);
      },
      fetchPage: async (window: TimeWindowQuery) => {
        requests.push(window);
        const page = Number(window.token ?? 0);
        return {
          rows: objects.slice(page, page + 1),
          ...(page + 1 < objects.length && { next: String(page + 1) }),
        };
      },
      getKey: (row) => row.string('key'),
      getAmount: (row) =>
        row.string('amount') === 'other' ? undefined : { ...AMOUNT, amount: BigInt(row.string('amount')) },
      maxWindowMs: DAY_MS,
      toOrderResult: (row) => ({ id: row.string('id'), status: 'SUCCEEDED' }),
    },
  );
  return { result, requests };
}

it('requests an order by the id of the PSP if it is known', async () => {
  expect(await find('2')).toEqual({ result: { id: '2', status: 'SUCCEEDED' }, requests: ['2'] });
  expect((await find('gone')).result).toBeUndefined();
  await expect(find('1')).rejects.toThrow('which has another key');
});

it('searches the objects since one hour before the order', async () => {
  const from = Date.parse('2026-03-01T11:00:00.000Z');
  const window = { from, to: from + DAY_MS };
  expect(await find(undefined)).toEqual({
    result: { id: '2', status: 'SUCCEEDED' },
    requests: [window, { ...window, token: '1' }, { ...window, token: '2' }],
  });
});

it.each([
  ['two objects have the key', undefined, ['1 mine 1250', '2 mine 1250'], 'has 2 objects with the key'],
  ['one of two has another amount', undefined, ['1 mine 999', '2 mine 1250'], 'has 2 objects with the key'],
  ['the object that was found has another amount', undefined, ['1 mine 1251'], 'it is 1251 of EUR/2'],
  ['the object with the id has another amount', '1', ['1 mine 0'], 'it is 0 of EUR/2'],
])('the result is not known if %s', async (_name, pspId, rows, message) => {
  await expect(find(pspId, rows)).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining(message),
  });
});

it('the key is recognised in capital letters, and with blanks', async () => {
  expect((await find(undefined, ['1 MINE 1250'])).result).toMatchObject({ id: '1' });
  expect((await find('1', ['1 Mi\u00a0ne 1250'])).result).toMatchObject({ id: '1' });
});

it('an object that two pages contain is one object, and an amount that is not known is not compared', async () => {
  expect((await find(undefined, ['1 mine 1250', '1 mine 1250'])).result).toMatchObject({ id: '1' });
  expect((await find('1', ['1 mine other'])).result).toMatchObject({ id: '1' });
});

it('a search ends at a row that can only come after the order, or at the end of the list', async () => {
  const search = async (wanted: number, isPast?: (row: Json) => boolean) => {
    let requestCount = 0;
    const fetchPage = async (token = '9') => {
      requestCount += 1;
      const numbers = [Number(token), Number(token) - 1];
      const rows = numbers.map((id) => Json.parse(JSON.stringify({ id: String(id) })));
      return numbers.includes(0) ? { rows } : { rows, next: `${Number(token) - 2}` };
    };
    const order = { idempotencyKey: String(wanted), amount: AMOUNT };
    const getKey = (row: Json) => row.string('id');
    const found = await findOrderInPages(fetchPage, order, { getKey }, isPast);
    return [found?.string('id'), requestCount];
  };
  const isPast = (row: Json) => Number(row.string('id')) < 6;
  expect(await search(8)).toEqual(['8', 5]);
  expect(await search(0.5, isPast)).toEqual([undefined, 3]);
  expect(await search(5, isPast)).toEqual(['5', 3]);
});
