import { parseJson } from './parse-exact-json';

it('keeps every digit of a number', () => {
  expect(parseJson('{"amounts":[12345678901234567890,12.50,0.1,-7],"id":"12.50"}')).toEqual({
    amounts: ['12345678901234567890', '12.50', 0.1, -7],
    id: '12.50',
  });
});
