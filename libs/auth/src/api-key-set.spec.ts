import { formatKeyHash, ApiKeySet, generateApiKey, EMPTY_KEY_SET, parseKeyOrHash } from './index.js';

const [first, second, foreign] = [generateApiKey(), generateApiKey(), generateApiKey()];
const keySet = new ApiKeySet([
  { hash: parseKeyOrHash(first), scopes: ['read'] },
  { hash: parseKeyOrHash(formatKeyHash(second)), scopes: ['read', 'pay'] },
]);

describe('a key ring', () => {
  it.each([
    [`Bearer ${first}`, ['read']],
    [`Bearer ${second}`, ['read', 'pay']],
    [`bearer ${first}`, ['read']],
    [`BEARER   ${second} `, ['read', 'pay']],
  ])('opens for each of its keys, and knows what it may do', (header, scopes) =>
    expect(keySet.findScopes(header)).toEqual(scopes),
  );

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'Bearer'],
    ['an empty key', 'Bearer '],
    ['another key', `Bearer ${foreign}`],
    ['a key without scheme', first],
    ['another scheme', `Basic ${first}`],
    ['the hash instead of the key', `Bearer ${formatKeyHash(second)}`],
    ['the beginning of a key', `Bearer ${first.slice(0, -1)}`],
    ['a key with something behind it', `Bearer ${first}0`],
    ['two keys', `Bearer ${first} ${second}`],
    ['a key of a megabyte', `Bearer ${'x'.repeat(1_000_000)}`],
  ])('stays shut for %s', (_what, header) => expect(keySet.findScopes(header)).toBeUndefined());

  it('without keys accepts no request', () => {
    expect(EMPTY_KEY_SET.findScopes(`Bearer ${first}`)).toBeUndefined();
    expect(EMPTY_KEY_SET.findScopes(undefined)).toBeUndefined();
    expect(new ApiKeySet([]).findScopes('Bearer ')).toBeUndefined();
  });
});
