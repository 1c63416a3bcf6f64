import { rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FakeBank, FakeFeed, createCamtXml } from '../bank-statements.fake.js';
import type { FakeEntry } from '../bank-statements.fake.js';

describe('files', () => {
  const good = (number: string): string =>
    createCamtXml({ number, entries: [{ amount: '10', text: number }] });

  it('refuses a broken file with a reason, goes on, and picks it up when it is repaired', async () => {
    const bank = new FakeBank();
    bank.writeFile('1.xml', good('1'));
    bank.writeFile('2.xml', good('2').slice(0, -60));
    bank.writeFile('3.xml', good('3'));
    bank.writeFile('4.txt', 'a shopping list');
    const feed = await bank.sync();
    expect(feed.summary).toHaveLength(2);
    expect([...feed.rejected.keys()]).toEqual(['file:2.xml', 'file:4.txt']);
    bank.writeFile('2.xml', good('2'));
    unlinkSync(join(bank.directory, '4.txt'));
    await bank.sync();
    expect(feed.summary).toHaveLength(3);
    expect(feed.rejected.size).toBe(0);
  });

  it('leaves out hidden and unfinished files and directories, and links that lead elsewhere', async () => {
    const bank = new FakeBank();
    const elsewhere = new FakeBank();
    elsewhere.writeFile('secret.xml', good('9'));
    bank.writeFile('.hidden.xml', good('1'));
    bank.writeFile('a.xml.part', good('2'));
    bank.writeFile('a.tmp', good('3'));
    await mkdir(join(bank.directory, 'archive'));
    writeFileSync(join(bank.directory, 'archive', 'old.xml'), good('4'));
    symlinkSync(join(elsewhere.directory, 'secret.xml'), join(bank.directory, 'link.xml'));
    await bank.sync();
    expect(bank.feed.summary).toEqual([]);
    expect([...bank.feed.rejected]).toEqual([
      ['file:link.xml', expect.stringContaining('leads out of the directory')],
    ]);
  });

  it('refuses a symbolic link that leads in a circle, and reads the rest', async () => {
    const bank = new FakeBank();
    symlinkSync('loop.xml', join(bank.directory, 'loop.xml'));
    bank.writeFile('1.xml', good('1'));
    const feed = await bank.sync();
    expect(feed.summary).toHaveLength(1);
    expect([...feed.rejected]).toEqual([['file:loop.xml', expect.stringContaining('leads nowhere (ELOOP)')]]);
  });

  it('reads files whose names are not UTF-8 or have control characters, and tells them apart', async () => {
    const bank = new FakeBank();
    const write = (name: Buffer, content: string): void =>
      writeFileSync(Buffer.concat([Buffer.from(`${bank.directory}/`), name]), content);
    write(Buffer.from('m\xe4rz.xml', 'latin1'), good('1'));
    write(Buffer.from('m\xf6rz.xml', 'latin1'), 'no statement');
    write(Buffer.from('two\nlines.xml'), 'no statement');
    const feed = await bank.sync();
    expect(feed.summary).toHaveLength(1);
    expect([...feed.rejected.keys()].sort()).toEqual([
      String.raw`file:m\xf6rz.xml`,
      String.raw`file:two\x0alines.xml`,
    ]);
  });

  it('forgets removed files, and takes nothing back', async () => {
    const bank = new FakeBank();
    for (const number of ['1', '2', '3']) bank.writeFile(`${number}.xml`, good(number));
    await bank.sync();
    const before = bank.feed.cursors.get('transactions')!.length;
    rmSync(join(bank.directory, '1.xml'));
    bank.writeFile('4.xml', good('4'));
    await bank.sync();
    expect(bank.feed.summary).toHaveLength(4);
    expect(bank.feed.cursors.get('transactions')!.length).toBe(before);
  });

  it('says what is wrong with a directory', async () => {
    const bank = new FakeBank();
    rmSync(bank.directory, { recursive: true });
    const failed = bank.sync('transactions');
    await expect(failed).rejects.toMatchObject({ name: 'PspError', kind: 'unavailable' });
    await expect(failed).rejects.toThrow(
      'there is no such directory; create it, or correct settings.directory',
    );
  });

  it('resumes from every position it ever gave, losing and repeating nothing', async () => {
    const bank = new FakeBank();
    const equal: FakeEntry = { amount: '10', text: 'equal' };
    const many = Array.from({ length: 400 }, (_, n) => ({ amount: `${(n % 20) + 1}`, text: `t${n % 45}` }));
    bank.writeFile('1.xml', createCamtXml({ type: '052', entries: [...many.slice(0, 300), equal] }));
    bank.writeFile('2.xml', createCamtXml({ number: '1', entries: [...many, equal, equal] }));
    bank.writeFile('3.xml', createCamtXml({ number: '2', entries: many.toReversed() }));
    bank.writeFile('4.xml', createCamtXml({ type: '052', id: 'late', entries: many.slice(0, 100) }));
    await bank.sync('transactions');
    const expected = bank.feed.summary;
    expect(expected).toHaveLength(802);
    const pages = bank.feed.pages.length;
    expect(pages).toBeGreaterThan(3);
    const done = bank.feed.pages.map(({ progress }) => progress?.done ?? 0);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(bank.feed.pages.at(-1)?.progress?.done).toBe(bank.feed.pages[0]?.progress?.total);
    expect(done[0]).toBeGreaterThan(0);
    for (let stop = 1; stop < pages; stop++) {
      const feed = new FakeFeed();
      await feed.pullStream(bank.createPlugin(feed), 'transactions', stop);
      await feed.pullStream(bank.createPlugin(feed), 'transactions');
      expect(feed.summary).toEqual(expected);
      expect(feed.rows.map(({ serialized }) => serialized.content).sort()).toEqual(
        bank.feed.rows.map(({ serialized }) => serialized.content).sort(),
      );
    }
    const interrupted = new FakeFeed();
    for (let page = 0; page < pages + 2; page++)
      await interrupted.pullStream(bank.createPlugin(interrupted), 'transactions', 1);
    expect(interrupted.summary).toEqual(expected);
    expect(Math.max(...bank.feed.pages.map(({ items }) => items.length))).toBeLessThanOrEqual(500);
  });

  it('tells when a file arrives, until it is aborted', async () => {
    const bank = new FakeBank();
    const abort = new AbortController();
    const changes = bank.createPlugin().watch(abort.signal)[Symbol.asyncIterator]();
    const next = changes.next();
    setTimeout(() => bank.writeFile('1.xml', good('1')), 50);
    expect(await next).toEqual({ done: false, value: ['accounts', 'beneficiaries', 'transactions'] });
    const last = changes.next();
    abort.abort();
    expect(await last).toEqual({ done: true, value: undefined });
  });
});
