import { createHash } from 'node:crypto';
import { formatKeyHash, hashApiKey, InvalidKeyError, generateApiKey, parseKeyOrHash } from './index.js';

describe('API keys', () => {
  it('are 256 random bits behind a prefix that scanners recognise', () => {
    const keys = new Set(Array.from({ length: 100 }, generateApiKey));
    expect(keys.size).toBe(100);
    for (const key of keys) expect(key).toMatch(/^trb_[0-9a-f]{64}$/);
  });

  it('mean the same in the file whether plain or hashed', () => {
    const key = generateApiKey();
    const sha256 = createHash('sha256').update(key).digest();
    expect(hashApiKey(key)).toEqual(sha256);
    expect(parseKeyOrHash(key)).toEqual(sha256);
    expect(parseKeyOrHash(formatKeyHash(key))).toEqual(sha256);
    expect(parseKeyOrHash(`sha256:${sha256.toString('hex').toUpperCase()}`)).toEqual(sha256);
  });

  it.each([
    ['', 'has 0 characters, expected 16 to 512'],
    ['fifteen-chars-x', 'has 15 characters, expected 16 to 512'],
    ['x'.repeat(513), 'has 513 characters'],
    ['a key with spaces in it', 'holds a space'],
    ['schlüssel-mit-umlaut', 'letter outside ASCII'],
    ['sha256:abcdef', '6 characters, expected the 64 hex digits'],
    [`sha256:${'g'.repeat(64)}`, '64 characters, expected the 64 hex digits'],
  ])('are refused when they cannot be used: %j', (text, message) => {
    expect(() => parseKeyOrHash(text)).toThrow(InvalidKeyError);
    expect(() => parseKeyOrHash(text)).toThrow(message);
  });

  it('are not repeated by the error about them', () => {
    for (const secret of ['shortSecret', 'a secret with spaces', 'sha256:deadbeefdeadbeef']) {
      try {
        parseKeyOrHash(secret);
        throw new Error('was accepted');
      } catch (error) {
        expect((error as Error).message).not.toContain(secret.replace('sha256:', ''));
      }
    }
  });
});
