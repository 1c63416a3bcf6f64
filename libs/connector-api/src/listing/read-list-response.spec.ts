/** Tests responses that look like the end of a list and are not. */
import { Json } from '../http/json-accessors.js';
import { readCursorPage, requireSomeRows } from './index.js';

const toJson = (value: unknown) => Json.parse(JSON.stringify(value));

describe('a page with an object of cursors', () => {
  const read = (meta: unknown) =>
    readCursorPage(toJson({ rows: [], meta }), 'rows', { path: ['cursors'], next: 'after' });
  const readAt = (cursors: unknown) =>
    readCursorPage(toJson({ rows: [], meta: { cursors } }), 'rows', {
      path: ['meta', 'cursors'],
      next: 'after',
    });

  it('is the last one if the cursor is null or empty', () => {
    expect(readAt({ before: 'b', after: null })).toEqual({ rows: [] });
    expect(readAt({ after: '' })).toEqual({ rows: [] });
    expect(readAt({ after: 'a' })).toEqual({ rows: [], next: 'a' });
  });

  it.each([{}, { before: null }, [], null, 'text'])(
    'is not the last one if the cursors are %j',
    (cursors) => {
      expect(() => readAt(cursors)).toThrow('has no meta.cursors.after, which says whether it ends here');
    },
  );

  it('is not the last one if the object is absent', () => {
    expect(() => read({})).toThrow('has no cursors.after');
  });
});

it('a list that always has rows is not empty', () => {
  expect(requireSomeRows(toJson({ balances: [1] }), 'balances')).toHaveLength(1);
  expect(() => requireSomeRows(toJson({ balances: [] }), 'balances')).toThrow(
    'the list "balances" is empty, and it always has rows',
  );
});
