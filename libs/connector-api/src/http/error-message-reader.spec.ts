import { createErrorMessageReader, Json } from './index.js';

const read = (body: unknown, hasMessage = true) =>
  createErrorMessageReader({
    ...(hasMessage && { message: ['error', 'message'] }),
    ...{ details: ['error', 'errors'], properties: ['field', 'message'] },
  })(Json.parse(JSON.stringify(body)));

it.each([
  [
    'both',
    { message: 'Invalid', errors: [{ field: 'a', message: 'is low' }, { message: 'b' }] },
    'Invalid; a is low; b',
  ],
  ['a message only', { message: 'Invalid' }, 'Invalid'],
  ['an empty list', { message: 'Invalid', errors: [] }, 'Invalid'],
  ['a list only', { errors: [{ field: 'a', message: 3 }] }, 'a 3'],
  ['a list of texts, which have no properties', { message: 'Invalid', errors: ['a'] }, 'Invalid'],
  ['a list that is an object', { message: 'Invalid', errors: { a: 1 } }, 'Invalid'],
  ['no text', { message: '', errors: [{}] }, undefined],
])('reads %s', (_, error, expected) => {
  expect(read({ error })).toBe(expected);
});

it('reads a format without a message of the whole error', () => {
  expect(read({ error: { message: 'unused', errors: [{ message: 'x' }] } }, false)).toBe('x');
  expect(read('<html>')).toBeUndefined();
});
