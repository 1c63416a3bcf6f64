import { Json } from '../http/json-accessors.js';
import { findCreatedOrder, type TimeWindowQuery } from './index.js';

const CREATED_AT = '2026-03-01T12:00:00.000Z';
const DAY_MS = 86_400_000;

async function find(pspId?: string) {
  const requests: unknown[] = [];
  const toRow = (id: string) => Json.parse(JSON.stringify({ id, key: `key-${id}` }));
  const result = await findCreatedOrder(
    { createdAt: CREATED_AT, ...(pspId !== undefined && { pspId }) },
    {
      findById: async (id) => {
        requests.push(id);
        return id === 'gone' ? undefined : toRow(id);
      },
      fetchPage: async (window: TimeWindowQuery) => {
        requests.push(window);
        return window.token === undefined ? { rows: [toRow('1')], next: 'n' } : { rows: [toRow('2')] };
      },
      isOrder: (row) => ['key-2', 'key-7'].includes(row.string('key')),
      maxWindowMs: DAY_MS,
      toOrderResult: (row) => ({ id: row.string('id'), status: 'SUCCEEDED' }),
    },
  );
  return { result, requests };
}

it('requests an order by the id of the PSP if it is known', async () => {
  expect(await find('7')).toEqual({ result: { id: '7', status: 'SUCCEEDED' }, requests: ['7'] });
  expect((await find('gone')).result).toBeUndefined();
  await expect(find('8')).rejects.toThrow('which has another key');
});

it('searches the objects since one hour before the order', async () => {
  const from = Date.parse('2026-03-01T11:00:00.000Z');
  const window = { from, to: from + DAY_MS };
  expect(await find()).toEqual({
    result: { id: '2', status: 'SUCCEEDED' },
    requests: [window, { ...window, token: 'n' }],
  });
});
