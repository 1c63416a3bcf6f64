import type { SerializedPage } from '@tributary/connector-api';
import { PageCache } from './page-cache.js';

const KILOBYTE = 1024;

function pageOf(text: string, bytes = KILOBYTE) {
  return { rows: 1, body: Buffer.alloc(bytes, text) };
}

/** Sets a page twice, because the cache stores a page only at its second request. */
function keep(cache: PageCache, key: string, page: SerializedPage = pageOf(key)) {
  cache.set(key, page);
  cache.set(key, page);
  return page;
}

describe('PageCache', () => {
  it('keeps a page that was asked for twice, and no page that was asked for once', () => {
    const cache = new PageCache(100 * KILOBYTE);
    const page = pageOf('a');
    cache.set('a', page);
    expect(cache.get('a')).toBeUndefined();
    cache.set('a', page);
    expect(cache.get('a')).toEqual(page);
    expect(cache.get('b')).toBeUndefined();
  });

  it('keeps as bytes what came as text', () => {
    const cache = new PageCache(100 * KILOBYTE);
    keep(cache, 'text', { rows: 1, body: '[{"id":"Zürich"}]' });
    expect(cache.get('text')).toEqual({ rows: 1, body: Buffer.from('[{"id":"Zürich"}]') });
  });

  it('drops what was asked for longest ago when there is no more room', () => {
    const cache = new PageCache(16 * KILOBYTE);
    const first = keep(cache, 'first');
    keep(cache, 'second');
    // The cache has space for ten pages with their keys. A page that is requested again and again must stay in the cache.
    for (let n = 0; n < 20; n++) {
      keep(cache, `page ${n}`);
      expect(cache.get('first')).toEqual(first);
    }
    expect(cache.get('second')).toBeUndefined();
    expect(cache.get('page 0')).toBeUndefined();
    expect(cache.get('page 19')).toBeDefined();
  });

  it('holds no more bytes than it may', () => {
    const cache = new PageCache(16 * KILOBYTE);
    for (let n = 0; n < 50; n++) keep(cache, `page ${n}`);
    const kept = Array.from({ length: 50 }, (_, n) => cache.get(`page ${n}`)).filter(
      (page) => page !== undefined,
    );
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.reduce((sum, page) => sum + page.body.length, 0)).toBeLessThanOrEqual(16 * KILOBYTE);
  });

  it('counts a page once when two requests read it at the same time', () => {
    const cache = new PageCache(16 * KILOBYTE);
    const other = keep(cache, 'other');
    for (let n = 0; n < 100; n++) cache.set('same', pageOf('same'));
    expect(cache.get('other')).toEqual(other);
    expect(cache.get('same')).toBeDefined();
  });

  it('keeps no page so large that it would drive out the others', () => {
    const cache = new PageCache(16 * KILOBYTE);
    const small = keep(cache, 'small');
    keep(cache, 'large', pageOf('large', 4 * KILOBYTE));
    expect(cache.get('large')).toBeUndefined();
    expect(cache.get('small')).toEqual(small);
  });

  it('still knows a page after thousands of others, and forgets it after many more', () => {
    const cache = new PageCache(100 * KILOBYTE);
    const others = (from: number, to: number) => {
      for (let n = from; n < to; n++) cache.set(`other ${n}`, pageOf('o'));
    };
    cache.set('recent', pageOf('r'));
    others(0, 4000);
    cache.set('recent', pageOf('r'));
    expect(cache.get('recent')).toBeDefined();
    cache.set('old', pageOf('x'));
    others(4000, 14_000);
    cache.set('old', pageOf('x'));
    expect(cache.get('old')).toBeUndefined();
  });
});
