/** Tests how the connections of a pool are shared between orders, other work and the health check. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionQueue } from './connection-queue.js';

/** Timeout in ms for a connection. The timeout is longer than any test, so it is reached only if a test forgot to end its work. */
const TIMEOUT_MS = 500;
afterAll(() => sleep(TIMEOUT_MS));

/** Starts work that uses a connection until `finish` is called. */
function start(queue: ConnectionQueue, purpose: 'health' | 'orders' | 'other', log: string[], name: string) {
  let finish = () => {};
  const done = queue.acquire(purpose, TIMEOUT_MS).then(
    (release) => {
      log.push(name);
      finish = release;
    },
    () => undefined,
  );
  return { done, finish: () => finish() };
}

describe('a pool of connections', () => {
  it('serves other work next after an order, however many orders wait', async () => {
    const queue = new ConnectionQueue(1);
    const log: string[] = [];
    const orders = ['o1', 'o2', 'o3', 'o4'].map((name) => start(queue, 'orders', log, name));
    const pull = start(queue, 'other', log, 'p1');
    await sleep(0);
    expect(log).toEqual(['o1']);
    orders[0]!.finish();
    await sleep(0);
    pull.finish();
    await sleep(0);
    expect(new Set(log)).toEqual(new Set(['o1', 'p1', 'o2']));
  });

  it('leaves a connection to others when all orders wait for a lock', async () => {
    const queue = new ConnectionQueue(5);
    const log: string[] = [];
    for (let order = 1; order <= 64; order++) start(queue, 'orders', log, `o${order}`);
    await sleep(0);
    expect(log).toEqual(['o1', 'o2', 'o3', 'o4']);
    await start(queue, 'other', log, 'page').done;
    expect(log.at(-1)).toBe('page');
  });

  it('serves the health check before all others', async () => {
    const queue = new ConnectionQueue(1);
    const log: string[] = [];
    const first = start(queue, 'other', log, 'first');
    for (const purpose of ['orders', 'other', 'health'] as const) start(queue, purpose, log, purpose);
    await sleep(0);
    first.finish();
    await sleep(0);
    expect(log).toEqual(['first', 'health']);
  });

  it('gives up after a time, and does not grant a connection to work that gave up', async () => {
    const queue = new ConnectionQueue(1);
    const log: string[] = [];
    const first = start(queue, 'other', log, 'first');
    await expect(queue.acquire('orders', 5)).rejects.toThrow(
      'timeout exceeded when waiting for a free connection',
    );
    first.finish();
    await start(queue, 'other', log, 'second').done;
    expect(log).toEqual(['first', 'second']);
  });
});
