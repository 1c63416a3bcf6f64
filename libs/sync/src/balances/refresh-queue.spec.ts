import { RefreshQueue } from './refresh-queue.js';

it('runs a waiting account before all others as soon as a client waits for it', async () => {
  const done: string[] = [];
  const queue = new RefreshQueue(async (accountId) => void done.push(accountId));
  const all = Array.from({ length: 30 }, (_, index) => queue.add(`acc${index}`, false));
  await Promise.all([...all, queue.add('acc29', true)]);
  // The ten refreshes that are already running end first.
  expect(done.indexOf('acc29')).toBe(10);
  expect(done).toHaveLength(30);
});

it('keeps a bounded number of accounts waiting, and refuses the others until some are done', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const done: string[] = [];
  const queue = new RefreshQueue(async (accountId) => {
    await released;
    done.push(accountId);
    return accountId;
  });
  const added = Array.from({ length: 10_010 }, (_, index) => queue.add(`acc${index}`, false));
  expect(() => queue.add('one more', true)).toThrow('10000 accounts are waiting already');
  expect(await Promise.race([queue.add('acc5', true), Promise.resolve('no answer yet')])).toBe(
    'no answer yet',
  );
  release();
  await Promise.all(added);
  expect(new Set(done).size).toBe(10_010);
  expect(await queue.add('one more', true)).toBe('one more');
});
