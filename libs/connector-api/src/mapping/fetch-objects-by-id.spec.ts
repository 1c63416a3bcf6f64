/** Tests that each object that rows name is requested once. */
import { fetchObjectsById } from './fetch-objects-by-id.js';

it('requests each id once, in the order of the rows, and leaves out what the PSP does not have', async () => {
  const requested: string[] = [];
  const found = await fetchObjectsById(['b', undefined, 'a', 'b', 'c'], async (id) => {
    requested.push(id);
    return id === 'a' ? undefined : id.toUpperCase();
  });
  expect(requested).toEqual(['b', 'a', 'c']);
  expect([...found]).toEqual([
    ['b', 'B'],
    ['c', 'C'],
  ]);
});

it('throws the error of a request', async () => {
  const fail = () => Promise.reject(new Error('unavailable'));
  await expect(fetchObjectsById(['a'], fail)).rejects.toThrow('unavailable');
});
