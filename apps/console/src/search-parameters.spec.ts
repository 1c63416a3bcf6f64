import { parseSearch, pickParameters, stringifySearch } from './search-parameters';

it.each([{ id: '007' }, { id: 'true', text: 'a&b=c "x" ü' }, {}])('reads what it wrote: %j', (search) => {
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

it('takes only the parameters of the page', () => {
  expect(pickParameters(['id', 'stream'])({ id: '1', stream: '', other: 'x' })).toEqual({ id: '1' });
});
