import { describeKey, KeyRing, newKey, NO_KEYS, parseConfiguredKey } from './index.js';

const [first, second, foreign] = [newKey(), newKey(), newKey()];
const ring = new KeyRing([parseConfiguredKey(first), parseConfiguredKey(describeKey(second))]);

describe('a key ring', () => {
  it.each([`Bearer ${first}`, `Bearer ${second}`, `bearer ${first}`, `BEARER   ${first} `])(
    'opens for each of its keys',
    (header) => expect(ring.isOpenedBy(header)).toBe(true),
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
  ])('stays shut for %s', (_what, header) => expect(ring.isOpenedBy(header)).toBe(false));

  it('without keys opens for nobody', () => {
    expect(NO_KEYS.isOpenedBy(`Bearer ${first}`)).toBe(false);
    expect(NO_KEYS.isOpenedBy(undefined)).toBe(false);
    expect(new KeyRing([]).isOpenedBy('Bearer ')).toBe(false);
  });
});
