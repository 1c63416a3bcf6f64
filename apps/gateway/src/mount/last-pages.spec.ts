import { LastPages } from './last-pages.js';

const MINUTE = 60_000;

describe('LastPages', () => {
  let now = 0;
  const lastPages = () => {
    now = 0;
    return new LastPages(() => now);
  };

  it('ends a reading behind the page that was not full, and nowhere before', () => {
    const pages = lastPages();
    pages.note('reading', 1, true);
    pages.note('reading', 2, true);
    expect(pages.isBehindEnd('reading', 3)).toBe(false);
    pages.note('reading', 3, false);
    expect(pages.isBehindEnd('reading', 3)).toBe(false);
    expect(pages.isBehindEnd('reading', 4)).toBe(true);
    expect(pages.isBehindEnd('reading', 5)).toBe(true);
  });

  it('says nothing about other readings', () => {
    const pages = lastPages();
    pages.note('reading', 1, false);
    expect(pages.isBehindEnd('another', 2)).toBe(false);
  });

  it('goes on once the reader has seen that the page has become full', () => {
    const pages = lastPages();
    pages.note('reading', 2, false);
    pages.note('reading', 1, true);
    expect(pages.isBehindEnd('reading', 3)).toBe(true);
    pages.note('reading', 2, true);
    expect(pages.isBehindEnd('reading', 3)).toBe(false);
  });

  it('forgets after a minute, counted from the last page that was not full', () => {
    const pages = lastPages();
    pages.note('reading', 1, false);
    now = MINUTE - 1;
    expect(pages.isBehindEnd('reading', 2)).toBe(true);
    pages.note('reading', 1, false);
    now = MINUTE + 1;
    expect(pages.isBehindEnd('reading', 2)).toBe(true);
    now = 2 * MINUTE;
    expect(pages.isBehindEnd('reading', 2)).toBe(false);
  });

  it('remembers ten thousand readings, the newest ones', () => {
    const pages = lastPages();
    for (let n = 0; n <= 10_000; n++) pages.note(`reading ${n}`, 1, false);
    expect(pages.isBehindEnd('reading 0', 2)).toBe(false);
    expect(pages.isBehindEnd('reading 1', 2)).toBe(true);
    expect(pages.isBehindEnd('reading 10000', 2)).toBe(true);
  });
});
