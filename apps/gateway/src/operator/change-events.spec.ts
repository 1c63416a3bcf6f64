/** Tests server-sent events of idle connections, and of a client that reads nothing. */
import { generateApiKey, hashApiKey } from '@tributary/auth';
import { jest } from '@jest/globals';
import type { ChangeMarkers } from '@tributary/feed';
import type { Readable } from 'node:stream';
import { ChangeEvents, type ChangeSource } from './change-events.js';

const HEARTBEAT = ': heartbeat\n\n';
/** The size above which a connection ends is 256 KiB; the last event may exceed it. */
const MAX_BUFFERED_BYTES = 257 * 1024;
const CHANGES_PER_POLL = 500;

let version = 0;
let markerCount = 0;
let events: ChangeEvents;

/** A store in which every poll finds that `markerCount` connectors have changed. */
const store: ChangeSource = {
  operator: () => ({
    readChangeMarkers: (): Promise<ChangeMarkers> => {
      version += 1;
      const markers = Array.from({ length: markerCount }, (_, index) => {
        const connector = `connector-${index}`;
        return [connector, { topic: 'streams', connector, text: String(version) }] as const;
      });
      return Promise.resolve({ markers: new Map(markers), auditEvents: [], auditSeq: 0 });
    },
    findLiveSessions: () => Promise.resolve(new Set<string>()),
  }),
};

beforeEach(() => {
  jest.useFakeTimers();
  version = 0;
  markerCount = 0;
  events = new ChangeEvents(store, { warn: () => undefined });
});
afterEach(async () => {
  await events.stop();
  jest.useRealTimers();
});

function subscribe(): Readable {
  return events.subscribe({
    operator: { hash: hashApiKey(generateApiKey()), name: 'alice', scopes: ['read'] },
    isVisible: () => true,
  });
}

function collect(stream: Readable): string[] {
  const chunks: string[] = [];
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => chunks.push(chunk));
  return chunks;
}

it('sends a comment every 15 s to an idle connection, so that proxies do not close it', async () => {
  const received = collect(subscribe());
  await jest.advanceTimersByTimeAsync(14_900);
  expect(received.join('')).not.toContain(HEARTBEAT);
  await jest.advanceTimersByTimeAsync(200);
  expect(received.filter((text) => text.includes(HEARTBEAT))).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(30_000);
  expect(received.filter((text) => text.includes(HEARTBEAT))).toHaveLength(3);
});

it('disconnects a client that reads nothing before its events fill the memory, and no other client', async () => {
  markerCount = CHANGES_PER_POLL;
  const slow = subscribe();
  const fast = subscribe();
  const received = collect(fast);
  let maxBufferedBytes = 0;
  for (let second = 0; second < 30; second++) {
    await jest.advanceTimersByTimeAsync(1_000);
    maxBufferedBytes = Math.max(maxBufferedBytes, slow.readableLength);
  }
  expect(slow.destroyed).toBe(true);
  expect(maxBufferedBytes).toBeGreaterThan(100 * 1024);
  expect(maxBufferedBytes).toBeLessThanOrEqual(MAX_BUFFERED_BYTES);
  expect(fast.destroyed).toBe(false);
  expect(received.join('').match(/event: change/g)?.length).toBeGreaterThanOrEqual(20 * CHANGES_PER_POLL);
});
