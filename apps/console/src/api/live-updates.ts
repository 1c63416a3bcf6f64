/**
 * Reads the data of the open page again when the gateway says by server-sent events that it changed. While there is no connection, the pages
 * read their data regularly.
 */
import type { Query, QueryClient } from '@tanstack/react-query';
import { createApiUrl } from './operator-client';

/** The paths of the operator API whose responses depend on each topic. */
const PATHS_BY_TOPIC: Readonly<Record<string, readonly string[]>> = {
  streams: [
    'overview',
    'attention',
    'connector',
    'runs',
    'records',
    'record',
    'quarantine',
    'orders',
    'order',
    'balances',
    'balance-history',
    'completeness',
  ],
  clients: ['overview', 'connector', 'record', 'clients', 'order'],
  orders: ['orders', 'order', 'attention'],
};
/** Time in ms for which events are collected before the data is read again. */
const COLLECT_MS = 300;
/** The interval in ms at which data is read while events arrive. It is long, because it only covers changes without an event. */
const LIVE_REFETCH_MS = 30_000;

interface Change {
  topic: string;
  connector?: string;
}

let isLive = false;

/** Returns the interval at which a page reads its data: `fallbackMs` without a connection, and a long interval with one. */
export function getRefetchInterval(fallbackMs: number | undefined): number | undefined {
  return fallbackMs !== undefined && isLive ? Math.max(fallbackMs, LIVE_REFETCH_MS) : fallbackMs;
}

/**
 * Opens the connection. The browser opens it again after an interruption, and sends the id of the last event.
 * @returns a function that closes the connection
 */
export function startLiveUpdates(queryClient: QueryClient): () => void {
  const source = new EventSource(createApiUrl('events'));
  let changes: Change[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = () => {
    timer = undefined;
    const collected = changes;
    changes = [];
    void queryClient.invalidateQueries({
      predicate: (query) => collected.some((change) => isAffected(query, change)),
    });
  };
  source.addEventListener('open', () => {
    isLive = true;
  });
  source.addEventListener('error', () => {
    isLive = false;
  });
  source.addEventListener('reset', () => {
    isLive = true;
  });
  source.addEventListener('change', ({ data }: MessageEvent<string>) => {
    changes.push(JSON.parse(data) as Change);
    timer ??= setTimeout(refresh, COLLECT_MS);
  });
  return () => {
    isLive = false;
    clearTimeout(timer);
    source.close();
  };
}

function isAffected({ queryKey }: Query, { topic, connector }: Change): boolean {
  const [path, parameters] = queryKey as [unknown, { connector?: string; filter?: { connector?: string } }?];
  if (typeof path !== 'string' || path === 'session') return false;
  // An operator can change anything, so all data is read again.
  if (topic !== 'audit' && !PATHS_BY_TOPIC[topic]?.includes(path)) return false;
  const shown = parameters?.connector;
  return connector === undefined || shown === undefined || shown === '' || shown === connector;
}
