import fc from 'fast-check';
import { InvalidRecordError } from './errors.js';
import { decodeId, encodeId } from './id-encoding.js';

/** Generates any well-formed string, with characters of all Unicode planes. */
const ids = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 });

test('every id comes back, and is served in letters that no path, proxy or client changes', () => {
  fc.assert(
    fc.property(ids, (id) => {
      const encoded = encodeId(id);
      expect(encoded).toMatch(/^[A-Za-z0-9._~-]+$/);
      expect(encoded).not.toMatch(/^\.{1,2}$/);
      expect(new URL(`http://psp/accounts/${encoded}/balances`).pathname).toBe(
        `/accounts/${encoded}/balances`,
      );
      expect(decodeId(encoded)).toBe(id);
    }),
    { numRuns: 500 },
  );
});

test('no two ids are served as one', () => {
  fc.assert(
    fc.property(ids, ids, (one, other) => {
      expect(encodeId(one) === encodeId(other)).toBe(one === other);
    }),
  );
  const alike = [
    'a',
    'A',
    'á',
    'a\u0301',
    'a~',
    '~61',
    '~',
    '~7E',
    '%7E',
    'a ',
    'a\u0000',
    'a\ufffd',
    '.',
    '..',
    '~2E',
  ];
  expect(new Set(alike.map(encodeId)).size).toBe(alike.length);
});

test.each([
  ['acc_1.2-3', 'acc_1.2-3'],
  ['.', '~2E'],
  ['..', '~2E~2E'],
  ['...', '...'],
  ['.a', '.a'],
  ['a/b', 'a~2Fb'],
  ['~', '~7E'],
  ['%2F', '~252F'],
  ['a b', 'a~20b'],
  ['é', '~C3~A9'],
  ['😀', '~F0~9F~98~80'],
  ['\u0000', '~00'],
  ['__proto__', '__proto__'],
])('%j is served as %s', (id, encoded) => {
  expect(encodeId(id)).toBe(encoded);
  expect(decodeId(encoded)).toBe(id);
});

test('what cannot be served is refused: nothing, half a character, too much', () => {
  for (const id of [
    '',
    '\ud800',
    'a\udc00b',
    '😀'.slice(0, 1),
    'x'.repeat(1025),
    'é'.repeat(200),
    '/'.repeat(400),
  ]) {
    expect(() => encodeId(id)).toThrow(InvalidRecordError);
  }
  expect(encodeId('x'.repeat(1024))).toHaveLength(1024);
  expect(() => encodeId('/'.repeat(10_000_000))).toThrow(/^.{1,200}$/);
  expect(() => encodeId('\ud800'.repeat(1000))).toThrow(/^.{1,500}$/);
});

test.each([
  ...['', '.', '..', '~', '~2', '~2f', '~ZZ', '~41', '~2E', '~2E~2E', 'a/b', 'a b', 'a%20b', 'é', 'a~7Eb~'],
  ...['~C3', '~C0~80', '~ED~A0~80', '~F5~80~80~80', '~2E~2E~2E', 'a\n', 'x'.repeat(1025)],
])('%j is decoded only if it is what encodeId writes', (encoded) => {
  const id = decodeId(encoded);
  if (id !== undefined) expect(encodeId(id)).toBe(encoded);
  expect([undefined, '.', '..']).toContain(id);
});

test('nothing else is decoded', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9._~%/-]{1,12}$/), (text) => {
      const id = decodeId(text);
      if (id !== undefined) expect(encodeId(id)).toBe(text);
    }),
    { numRuns: 1000 },
  );
});
