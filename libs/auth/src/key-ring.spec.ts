import { describeKey, KeyRing, newKey, NO_KEYS, parseConfiguredKey } from './index.js';

const [first, second, foreign] = [newKey(), newKey(), newKey()];
const ring = new KeyRing([
  { hash: parseConfiguredKey(first), scopes: ['read'] },
  { hash: parseConfiguredKey(describeKey(second)), scopes: ['read', 'pay'] },
]);

describe('a key ring', () => {
  it.each([
    [`Bearer ${first}`, ['read']],
    [`Bearer ${second}`, ['read', 'pay']],
    [`bearer ${first}`, ['read']],
    [`BEARER   ${second} `, ['read', 'pay']],
  ])('opens for each of its keys, and knows what it may do', (header, scopes) =>
    expect(ring.scopesOf(header)).toEqual(scopes),
  );

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'Bearer'],
    ['an empty key', 'Bearer '],
    ['another key', `Bearer ${foreign}`],
    ['a key without scheme', first],
    ['another scheme', `Basic ${first}`],
    ['the hash instead of the key', `Bearer ${describeKey(second)}`],
    ['the beginning of a key', `Bearer ${first.slice(0, -1)}`],
    ['a key with something behind it', `Bearer ${first}0`],
    ['two keys', `Bearer ${first} ${second}`],
    ['a key of a megabyte', `Bearer ${'x'.repeat(1_000_000)}`],
  ])('stays shut for %s', (_what, header) => expect(ring.scopesOf(header)).toBeUndefined());

  it('without keys opens for nobody', () => {
    expect(NO_KEYS.scopesOf(`Bearer ${first}`)).toBeUndefined();
    expect(NO_KEYS.scopesOf(undefined)).toBeUndefined();
    expect(new KeyRing([]).scopesOf('Bearer ')).toBeUndefined();
  });
});
